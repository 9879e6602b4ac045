"""Whatever a user hands to a command: it is worked on, passed over and counted, or refused.

``FUZZ_INPUTS=5000 pytest tests/fuzz`` tries so many inputs of each subject instead of a few.
"""

import os
from pathlib import Path

import pytest
from fuzzing.campaign import run

pytestmark = pytest.mark.timeout(1200)

# Those that are always tried come first; the rest are the same in every run, by their number.
INPUTS = {
    "command_lines": 80,
    "layouts": 65,
    "images": 50,
    "tubs": 45,
    "mosaic_sets": 45,
    "car_configs": 85,
    "tflites": 70,
    "keras_pilots": 62,
}


@pytest.mark.parametrize("subject", INPUTS)
def test_bad_input_is_one_line_and_costs_and_touches_nothing_that_it_must_not(
    subject: str, materials: Path
) -> None:
    campaign = run(subject, materials, int(os.environ.get("FUZZ_INPUTS", INPUTS[subject])))
    print(campaign)
    assert not campaign.complaints, "\n\n".join([*campaign.complaints[:10], str(campaign)])
    # Neither would say much if all were refused, or nothing.
    assert campaign.codes[2] > campaign.tried // 20
    assert campaign.codes[0] + campaign.codes[1] > campaign.tried // 20
