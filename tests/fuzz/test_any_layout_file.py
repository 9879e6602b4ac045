"""Whatever stands in a layout file, it loads or is refused in one line."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from layout_files import load, refusal

from donkey_activations import LayoutError
from donkey_activations.mosaic.layout import PANELS, LayerStyle, Layout

TEMPLATE = (Path(__file__).parents[2] / "templates" / "activations.yaml").read_text("ascii")

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
unique_names = st.lists(names, min_size=1, max_size=4, unique=True).map(tuple)
ranges = st.lists(st.floats(-3.4e38, 3.4e38), min_size=2, max_size=2, unique=True).map(
    lambda pair: tuple(sorted(pair))
)
a_style: dict[str, st.SearchStrategy[Any]] = {
    "scaling": st.sampled_from(["layer", "filter", "run"]) | ranges,
    "order": st.sampled_from(["network", "energy", "variance"]),
    "hide_dead": st.booleans(),
    "top": st.none() | st.integers(1, 65536),
    "filters": st.none()
    | st.lists(st.integers(0, 999), min_size=1, max_size=9, unique=True).map(tuple),
}
styles = st.fixed_dictionaries({}, optional=a_style).map(lambda values: LayerStyle(**values))
layouts = st.fixed_dictionaries(
    {},
    optional={
        **a_style,
        "panels": st.lists(st.sampled_from(PANELS), min_size=1, unique=True).map(tuple),
        "layers": st.none() | unique_names,
        "per_layer": st.dictionaries(names, styles, max_size=3),
        "arrangement": st.sampled_from(["stacked", "beside"]),
        "width_px": st.integers(160, 4096),
        "height_px": st.none() | st.integers(90, 4096),
        "layers_height_px": st.integers(16, 4096),
        "gap_px": st.integers(0, 16),
        "colormap": st.sampled_from(["viridis", "gray", "jet_r"]),
        "signed_colormap": st.sampled_from(["blue_orange", "gray_r"]),
        "theme": st.sampled_from(["dark", "light"]),
        "captions": st.booleans(),
        "dead_threshold": st.floats(0, allow_infinity=False),
    },
).map(lambda values: Layout(**values))

scalars = st.none() | st.booleans() | st.integers() | st.floats() | names | st.dates() | st.binary()
any_value = st.recursive(
    scalars | st.sampled_from(["all", "auto", "layer", "network", "dark", "gray"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(scalars, inner, max_size=3),
    max_leaves=8,
)
any_style = st.dictionaries(st.sampled_from([*a_style]), any_value, max_size=3)
any_content = st.fixed_dictionaries(
    {},
    optional={
        **{field.name: any_value for field in fields(Layout)},
        "per_layer": any_value | st.dictionaries(scalars, any_value | any_style, max_size=2),
    },
)
yaml_signs = st.text("ab:-?[]{},&*!|>'\"%@`#~<=.0123456789eExX_+ \t\r\n\\U\ufeff\u2028\0")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layouts") / "look.yaml"


def load_or_refuse(file: Path, content: str | bytes) -> None:
    try:
        load(file, content)
    except LayoutError:
        refusal(file, content)


class NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


@settings(deadline=None)
@given(layouts)
def test_a_layout_written_as_yaml_is_read_as_the_same(file: Path, layout: Layout) -> None:
    assert load(file, yaml.dump(layout.as_json(), Dumper=NoAliases)) == layout


@settings(deadline=None)
@given(any_content)
def test_any_values_load_or_are_refused_in_one_line(file: Path, content: dict[str, Any]) -> None:
    load_or_refuse(file, yaml.safe_dump(content))


@settings(deadline=None)
@given(st.binary() | yaml_signs.map(str.encode))
def test_any_bytes_load_or_are_refused_in_one_line(file: Path, content: bytes) -> None:
    load_or_refuse(file, content)


@settings(deadline=None)
@given(st.integers(0, len(TEMPLATE)), st.integers(0, 30), yaml_signs)
def test_a_damaged_template_loads_or_is_refused_in_one_line(
    file: Path, start: int, removed: int, put_in: str
) -> None:
    load_or_refuse(file, TEMPLATE[:start] + put_in + TEMPLATE[start + removed :])
