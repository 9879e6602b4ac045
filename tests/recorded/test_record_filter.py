from typing import Any

import pytest

from donkey_activations.recorded.record_filter import FilterError, record_filter

RECORD: dict[str, Any] = {
    "_index": 8,
    "user/angle": -0.25,
    "user/angle/trim": 2.0,
    "user/throttle": 0.5,
    "user/mode": "user",
    "imu/on": True,
    "imu/accel": [0.5, -1.0, 9.8],
}
KEYS = [*RECORD, "pilot/angle"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user/angle > -0.3", True),
        ("user/angle > 0", False),
        ("-user/angle == 0.25", True),
        ("user/angle/2 == -0.125", True),
        ("user/angle/user/throttle == -0.5", True),
        ("user/angle/trim == 2", True),
        ("(user/angle + user/throttle) * 4 == 1", True),
        ("0 < user/throttle < 0.5", False),
        ("user/mode == 'user'", True),
        ("user/mode != 'user/mode'", True),
        ("user/mode == 'user' and not user/angle > 0", True),
        ("user/angle > 0 or _index % 4 == 0", True),
        ("_index // 3 == 2", True),
        ("imu/on", True),
        (" \n user/angle < 0", True),
        ("imu/accel[0] > 0.25", True),
        ("imu/accel[-1] - imu/accel[1] * 2 > 11 and _index > 1", True),
        ("imu/accel[_index - 7] > 0", False),
        ("imu/accel == imu/accel", True),
    ],
)
def test_a_filter_says_what_python_says_of_the_same_values(text: str, expected: bool) -> None:
    assert record_filter(text, KEYS)(RECORD) is expected


@pytest.mark.parametrize(
    "text",
    [
        *("pilot/angle > 0", "not pilot/angle > 0", "1 / (_index - 8) > 0", "_index % 0 == 1"),
        *("imu/accel[3] > 0", "pilot/angle[0] > 0"),
    ],
)
def test_a_record_of_which_it_cannot_be_told_is_not_wanted(text: str) -> None:
    assert record_filter(text, KEYS)(RECORD) is False


def test_what_is_decided_already_needs_no_more_keys() -> None:
    assert record_filter("user/angle < 0 or pilot/angle > 0", KEYS)(RECORD)
    assert not record_filter("user/angle > 0 and pilot/angle > 0", KEYS)(RECORD)


@pytest.mark.parametrize(
    "text",
    [
        *("__import__('os').system('true')", "open('x')", "(lambda: True)()", "user/mode.upper"),
        *("[1][0] == 1", "{1: 2} == 1", "f'{_index}' == '8'", "(yield)", "x := 1", "9 ** 9 > 1"),
        *("True if _index else False", "_index in (8,)", "_index << 9 > 1", "~_index > 1"),
        *("None == 1", "b'a' == 1", "1j == 1", "...", "_index > 1;", "import os", "", "   ", "(("),
        *("'", "_key_0 > 1", "(" * 150 + "1" + ")" * 150, "-" * 2000 + "1", "_index > 1 #" * 200),
        *("imu/accel[0:1] == 1", "imu/accel[0, 1] > 1", "imu/accel[] > 1"),
    ],
)
def test_all_that_is_no_expression_over_a_record_is_an_error(text: str) -> None:
    with pytest.raises(FilterError, match=r"^filter"):
        record_filter(text, KEYS)(RECORD)


@pytest.mark.parametrize(
    "text",
    [
        "user/mode > 1",
        "'a' * 3 == 'aaa'",
        "_index",
        "not _index",
        "imu/accel > 0",
        "user/angle[0] > 0",
        "user/mode[0] == 'u'",
        "imu/accel[0.5] > 0",
        "imu/accel['x'] > 0",
        "imu/accel[0]",
    ],
)
def test_a_filter_of_the_wrong_type_is_an_error_that_says_so(text: str) -> None:
    with pytest.raises(FilterError, match=r"expected|does not fit the records"):
        record_filter(text, KEYS)(RECORD)


def test_an_unknown_key_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(FilterError, match=r"no record has user/angel; did you mean user/angle\?"):
        record_filter("user/angel > 0", KEYS)
    with pytest.raises(
        FilterError, match="no record has speed; they have _index, imu/accel, imu/on"
    ):
        record_filter("speed > 0", KEYS)


def test_a_column_of_lists_is_named_as_one() -> None:
    record = {"imu/accel": [0.1, 0.2], "user/angle": 0.5}
    wanted = record_filter("imu/accel > 0.5 and user/angle > 0", record)
    with pytest.raises(FilterError, match="where imu/accel is a list, which no filter can compare"):
        wanted(record)
