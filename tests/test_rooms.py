"""The rooms of the package, and which way their imports run."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "donkey_activations"

# From the top floor down; a room may import what stands below it.
FLOORS = [
    {"__main__", "commands", "stock_command"},
    {"demo"},
    {"drive", "films", "offline", "planning"},
    {"tubs", "transformations"},
    {"pictures"},
    {"mosaic"},
    {"extractors"},
    {"workloads"},
    {"graphs"},
    {"images"},
    {"frames", "image_limits", "maps_file", "targets"},
    {"donkeycar_release", "resolution"},
    {"errors", "flags", "progress", "safe_json", "silence", "wording", "tables"},
]
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}


def imported_rooms(file: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            words = name.split(".")
            if words[0] == PACKAGE.name and len(words) > 1:
                rooms.add(words[1])
    return rooms


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE))
)
def test_imports_run_downwards(file: Path) -> None:
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room in {"__init__", "donkey_hook"}:
        return
    above = {other for other in imported_rooms(file) if FLOOR_OF[other] < FLOOR_OF[room]}
    assert not above, f"{file} imports from above"


@pytest.mark.parametrize("module", ["donkey_activations", "donkey_activations.drive.attach"])
def test_what_every_car_imports_loads_nothing_heavy_and_prints_nothing(module: str) -> None:
    heavy = {"numpy", "cv2", "tensorflow", "ai_edge_litert", "donkeycar", "yaml"}
    program = f"import sys, {module}\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_every_public_name_can_be_had_and_no_other() -> None:
    import donkey_activations

    for name in donkey_activations.__all__:
        assert getattr(donkey_activations, name) is not None
        assert name in dir(donkey_activations)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = donkey_activations.no_such_name
