"""The layout file that is installed with the package."""

import re
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import get_type_hints

import pytest
import yaml
from layout_files import load, refusal

from donkey_activations.mosaic.layout import LayerStyle, Layout
from donkey_activations.mosaic.panels import panel_names

TEMPLATE = files("donkey_activations.templates").joinpath("activations.yaml").read_text("ascii")
LAYOUT_KEYS = [field.name for field in fields(Layout)]
STYLE_KEYS = [field.name for field in fields(LayerStyle)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "activations.yaml"


def comment_of(key: str) -> str:
    """The comment in the template above a key, in one line."""
    (comment,) = re.findall(rf"((?:^#.*\n)+){key}:", TEMPLATE, re.MULTILINE)
    return " ".join(comment.replace("#", " ").split())


def test_the_template_is_the_default_layout_with_every_key(file: Path) -> None:
    assert load(file, TEMPLATE) == Layout()
    assert sorted(yaml.safe_load(TEMPLATE)) == sorted(LAYOUT_KEYS)


@pytest.mark.parametrize("taken_away", ["#", "# "])
def test_the_templates_examples_are_valid(taken_away: str, file: Path) -> None:
    """Whether an editor takes the blank behind the # away or leaves it."""
    start = TEMPLATE.index("per_layer:")
    examples = re.sub(f"^{taken_away}", "", TEMPLATE[start:], flags=re.MULTILINE)
    assert load(file, TEMPLATE[:start] + examples).per_layer == {
        "conv2d_1": LayerStyle(scaling="filter", filters=(0, 7, 3)),
        "conv2d_5": LayerStyle(scaling=(0, 2.5), order="energy", hide_dead=True, top=16),
    }
    assert all(key in examples for key in STYLE_KEYS)


@pytest.mark.parametrize("key", [key for key in LAYOUT_KEYS if key != "per_layer"])
def test_the_template_says_what_a_key_takes(key: str, file: Path) -> None:
    said = refusal(file, f"{key}: -1")
    comment = comment_of(key)
    assert all(limits in comment for limits in re.findall(r"\d+ to \d+", said))
    for word in ("all", "auto", "true or false"):
        assert f" {word}," not in said or word in comment
    for choices in re.findall(r"Literal\[(.*?)\]", str(get_type_hints(Layout)[key])):
        assert set(re.findall(r"\w+", choices)) <= set(re.findall(r"\w+", comment))


def test_the_templates_other_values_are_valid(file: Path) -> None:
    maps = re.findall(r"\w+", comment_of("colormap").partition(":")[2].partition(" or another")[0])
    for name in [*maps, "gray_r"]:
        load(file, f"colormap: {name}")
    for key, value in re.findall(r"(\w+): (\[.*\])", TEMPLATE):
        load(file, f"{key}: {value}")
    assert set(panel_names()) <= set(re.findall(r"\w+", comment_of("panels")))
