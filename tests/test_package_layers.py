"""The layers of the package, and which way their imports run."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "donkey_activations"

# From the top layer down; each may import what stands below it.
LAYERS = [
    {"__main__", "cli"},
    {"demo"},
    {"drive", "films", "planning"},
    {"recorded"},
    {"pilots", "export"},
    {"tubs", "car"},
    {"mosaic"},
    {"extractors"},
    {"graphs"},
    {"images"},
    {"errors", "extensions", "files", "formatting", "resolution"},
]
LAYER_OF = {package: number for number, layer in enumerate(LAYERS) for package in layer}


def imported_packages(file: Path) -> set[str]:
    packages = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            words = name.split(".")
            if words[0] == PACKAGE.name and len(words) > 1:
                packages.add(words[1])
    return packages


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE))
)
def test_imports_run_downwards(file: Path) -> None:
    package = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if package in {"__init__", "donkey_hook"}:
        return
    above = {other for other in imported_packages(file) if LAYER_OF[other] < LAYER_OF[package]}
    assert not above, f"{file} imports from above"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {_module_name(file): _imported_modules(file) for file in PACKAGE.rglob("*.py")}
    TopologicalSorter(graph).prepare()


def _module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported_modules(file: Path) -> set[str]:
    """Every import counts: at the top, in functions, and for the annotations only."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                path = PACKAGE.parent / name.replace(".", "/")
                is_module = path.is_dir() or path.with_suffix(".py").is_file()
                found.add(name if is_module else str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == PACKAGE.name}


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
