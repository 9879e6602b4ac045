import numpy as np
import pytest
from donkeycar.utils import normalize_image

from donkey_activations.images.frame import scale_into


def every_value() -> np.ndarray:
    return np.arange(256, dtype=np.uint8).reshape(8, 16, 2)


@pytest.mark.parametrize(
    "view",
    [
        lambda frame: frame,
        lambda frame: frame[::-1, ::2],
        lambda frame: frame.transpose(1, 0, 2),
        lambda frame: frame[:, :, :1],
    ],
)
def test_a_frame_is_scaled_to_the_bits_that_donkeycars_float64_has_when_it_is_cast(view) -> None:
    frame = view(every_value())
    before = frame.copy()
    scaled = np.full(frame.shape, np.nan, np.float32)
    scale_into(frame, scaled)
    assert scaled.tobytes() == normalize_image(frame).astype(np.float32).tobytes()
    np.testing.assert_array_equal(frame, before)
