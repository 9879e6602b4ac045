from donkey_activations.cli.tables import aligned


def test_words_stand_on_the_left_and_numbers_on_the_right() -> None:
    rows = [("layer", "kind", "maps"), ("a", "Conv2D", "7"), ("conv2d_1", "C", "1234")]
    assert aligned(rows, words=2) == [
        "layer     kind    maps",
        "a         Conv2D     7",
        "conv2d_1  C       1234",
    ]


def test_a_long_name_gets_a_line_of_its_own() -> None:
    name = "a_name_of_more_than_twenty_letters"
    assert aligned([("layer", "maps"), (name, "12")]) == ["layer  maps", name, "         12"]


def test_a_row_that_ends_in_nothing_has_no_blanks_at_its_end() -> None:
    assert aligned([("layer", "maps"), ("a", "")]) == ["layer  maps", "a"]
