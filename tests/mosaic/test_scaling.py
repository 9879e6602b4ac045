import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations.mosaic.scaling import brightest, to_brightness

any_maps = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=3, max_dims=3, max_side=6),
    elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
)


def test_zero_is_dark_and_the_largest_value_is_full_brightness() -> None:
    maps = np.array([[[0.0, 1.0, 2.0, -3.0]]], np.float32)
    assert to_brightness(maps, 2.0).ravel().tolist() == [0, 128, 255, 0]
    assert to_brightness(maps, 2.0, 254).ravel().tolist() == [0, 127, 254, 0]


def test_a_layer_that_does_not_fire_is_dark() -> None:
    maps = np.zeros((2, 3, 4), np.float32)
    assert brightest(maps) == 0.0
    assert not to_brightness(maps, 0.0).any()


def test_nan_is_dark_and_infinity_is_bright_and_neither_sets_the_scale() -> None:
    maps = np.array([[[np.nan, np.inf, -np.inf, 4.0, 2.0]]], np.float32)
    assert brightest(maps) == 4.0
    assert to_brightness(maps, 4.0).ravel().tolist() == [0, 255, 0, 255, 128]


@given(any_maps)
def test_brightness_never_falls_where_the_value_rises(maps: np.ndarray) -> None:
    before = maps.copy()
    brightness = to_brightness(maps, brightest(maps)).ravel().astype(int)
    values = maps.ravel()
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(brightness[known][order]) >= 0).all()
    assert not brightness[~known].any()
    np.testing.assert_array_equal(maps, before)
