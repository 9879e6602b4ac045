"""What the fuzzing would find, it finds: a configuration that does all that must not be."""

from pathlib import Path

from fuzzing.campaign import run
from fuzzing.misdeeds import MISDEEDS


def test_each_misdeed_is_found_and_nothing_else_is_complained_about(materials: Path) -> None:
    campaign = run("misdeeds", materials, len(MISDEEDS) + 1)
    found = {int(text.split()[1].strip(":")): text for text in campaign.complaints}
    assert set(found) == set(range(len(MISDEEDS)))
    for number, (misdeed, complaint) in enumerate(MISDEEDS.items()):
        assert complaint in found[number], f"{misdeed}: {found[number]}"
    assert campaign.deaths == 1
