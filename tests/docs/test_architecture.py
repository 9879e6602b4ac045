"""What docs/architecture.md says of the package, held against the package."""

import ast
import re
import runpy
from pathlib import Path

from markdown_blocks import REPOSITORY

PAGE = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = REPOSITORY / "donkey_activations"


def test_the_page_has_every_package_once_and_from_top_to_bottom() -> None:
    layers = runpy.run_path(str(REPOSITORY / "tests" / "test_package_layers.py"))["LAYERS"]
    layer_of = {package: number for number, layer in enumerate(layers) for package in layer}
    table = PAGE.partition("| package |")[2].partition("\n\n")[0]
    told = re.findall(r"^\| `(\w+)` \| \S", table, re.MULTILINE)
    assert sorted(told) == sorted(layer_of)
    assert [layer_of[package] for package in told] == sorted(layer_of.values())


def test_the_page_names_every_module_and_folder_at_the_top_of_the_package() -> None:
    packages = [path for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()]
    names = {path.stem for path in packages} - {"__pycache__"}
    assert {name for name in names if f"`{name}" not in PAGE} == set()


def test_the_files_that_the_page_names_are_there() -> None:
    named = re.findall(r"`([\w/]+/(?:\w+\.py)?)`", PAGE)
    assert len(named) > 10
    for name in named:
        if not name.startswith(("images", "data")):
            assert (REPOSITORY / name).exists() or any(PACKAGE.glob(f"**/{name}")), name


def test_tensorflow_is_imported_in_one_file_and_a_part_of_it_in_another() -> None:
    importing = {file.name for file in PACKAGE.rglob("*.py") if _imports(file, "tensorflow")}
    assert importing == {"converter.py", "saved_models.py"}


def _imports(file: Path, module: str) -> bool:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if any(name.split(".")[0] == module for name in names):
            return True
    return False
