"""Layout files, and what is said against them."""

from pathlib import Path

import pytest

from donkey_activations import LayoutError
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.layout_file import load_layout


def load(file: Path, content: str | bytes) -> Layout:
    """Writes a layout file and reads it."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_layout(file)


def refusal(file: Path, content: str | bytes) -> str:
    """What is said against a file, in one short line, without the file's name in front."""
    with pytest.raises(LayoutError) as raised:
        load(file, content)
    said = str(raised.value)
    assert said.startswith(str(file))
    assert len(said.splitlines()) == 1
    assert len(said) < len(str(file)) + 600
    return said.removeprefix(str(file)).lstrip(", ")
