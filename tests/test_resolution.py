import pytest

from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution


@pytest.mark.parametrize("text", ["640x360", "640X360", " 640 x 360 "])
def test_width_comes_before_height(text):
    resolution = Resolution.parse(text)
    assert (resolution.width_px, resolution.height_px) == (640, 360)
    assert resolution.image_hw == (360, 640)
    assert str(resolution) == "640x360"


@pytest.mark.parametrize(
    "text",
    ["", "640", "640*360", "640x", "640x360x3", "-640x360", "6.4x36", "\u0666\u0664x\u0663\u0666"],
)
def test_a_text_that_is_no_resolution_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match="give it like 640x360"):
        Resolution.parse(text)


@pytest.mark.parametrize("text", ["16x16", "4096x4096"])
def test_the_ends_of_the_range_are_in_it(text):
    assert str(Resolution.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("15x16", 15), ("16x15", 15), ("4097x16", 4097), ("0x0", 0), ("16x999999999", 999999999)],
)
def test_a_side_out_of_range_is_named(text, value):
    with pytest.raises(ConfigError, match=rf"16 to 4096 pixels, got {value}\b"):
        Resolution.parse(text)
