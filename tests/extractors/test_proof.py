import re
import sys
from pathlib import Path

import numpy as np
import pytest
from json_programs import run_program
from keras_zoo import KerasZoo

from donkey_activations.extractors.proof import relative_difference


def test_a_conversion_with_another_weight_is_refused_and_not_kept(
    keras_zoo: KerasZoo, tmp_path: Path
) -> None:
    pilot = keras_zoo.folder / "plain.h5"
    outcome = run_program("wrong_conversions", pilot, "other", cache=tmp_path)
    assert re.search(
        r"those of conv2d_2 differ by \d\S* times .* nothing was kept", outcome["error"]
    )
    assert outcome["kept"] == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Donkeycar 5.3 cannot save with Keras 3")
def test_a_conversion_whose_variables_are_unset_is_refused_and_not_kept(
    keras_3_folder: Path, tmp_path: Path
) -> None:
    outcome = run_program(
        "wrong_conversions", keras_3_folder / "plain.keras", "unset", cache=tmp_path
    )
    assert re.search("nothing was kept|weights that nobody has put into it", outcome["error"])
    assert outcome["kept"] == []


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("expected", "given", "difference"),
    [
        ([1.0, -4.0], [1.0, -4.0], 0.0),
        ([1.0, -4.0], [1.0, -3.0], 0.25),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([0.0, 2.0], [NAN, 2.0], INF),
        ([0.0, 2.0], [INF, 2.0], INF),
        ([NAN, 2.0], [NAN, 2.0], 0.0),
        ([NAN, 2.0], [0.0, 2.0], INF),
        ([INF, 2.0], [-INF, 2.0], INF),
        ([NAN, NAN], [NAN, NAN], 0.0),
        ([1.0], [1.0, 1.0], INF),
    ],
)
def test_a_difference_is_a_share_of_the_largest_value(
    expected: list[float], given: list[float], difference: float
) -> None:
    assert relative_difference(np.array(expected), np.array(given)) == difference
