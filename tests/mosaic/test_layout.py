import json
from types import MappingProxyType
from typing import Any

import pytest

from donkey_activations import LayoutError
from donkey_activations.mosaic.layout import PANELS, LayerStyle, Layout

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scaling", "layer"),
        ("scaling", "filter"),
        ("scaling", "run"),
        ("scaling", (0, 1)),
        ("scaling", (-2.5, -2.4)),
        ("order", "network"),
        ("order", "energy"),
        ("order", "variance"),
        ("hide_dead", True),
        ("top", None),
        ("top", 1),
        ("top", 65536),
        ("filters", None),
        ("filters", (0,)),
        ("filters", (7, 0, 3)),
    ],
)
@pytest.mark.parametrize("kind", [LayerStyle, Layout])
def test_a_style_takes(kind: type[LayerStyle], key: str, value: Any) -> None:
    assert getattr(kind(**{key: value}), key) == value


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("scaling", "global", "layer, filter, run"),
        ("scaling", None, r"layer, filter, run or \[low, high\]"),
        ("scaling", 1.0, "low below high"),
        ("scaling", (1, 1), "low below high"),
        ("scaling", (2, 1), "low below high"),
        ("scaling", (1,), "low below high"),
        ("scaling", (0, 1, 2), "low below high"),
        ("scaling", [0, 1], "low below high"),
        ("scaling", (0, NAN), "low below high"),
        ("scaling", (0, INF), "low below high"),
        ("scaling", (0, 3.5e38), "within 3.4e38"),
        ("scaling", (-INF, 0), "low below high"),
        ("scaling", (False, True), "low below high"),
        ("scaling", ("0", "1"), "low below high"),
        ("order", "size", "network, energy, variance"),
        ("order", None, "network, energy, variance"),
        ("hide_dead", 1, "true or false"),
        ("hide_dead", None, "true or false"),
        ("top", 0, "1 to 65536"),
        ("top", 65537, "1 to 65536"),
        ("top", 2.0, "1 to 65536"),
        ("top", True, "1 to 65536"),
        ("filters", (), "a list of filters, counted from 0"),
        ("filters", [0], "a list of filters, counted from 0"),
        ("filters", (-1,), "a list of filters, counted from 0"),
        ("filters", (0.0,), "a list of filters, counted from 0"),
        ("filters", (True,), "a list of filters, counted from 0"),
        ("filters", (1, 2, 1), "each filter once"),
    ],
)
@pytest.mark.parametrize("kind", [LayerStyle, Layout])
def test_a_style_refuses(kind: type[LayerStyle], key: str, value: Any, expected: str) -> None:
    with pytest.raises(LayoutError, match=f"^{key}: expected .*{expected}.*, got ") as raised:
        kind(**{key: value})
    assert str(raised.value).endswith(f", got {value!r}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("panels", PANELS),
        ("panels", ("layers",)),
        ("layers", None),
        ("layers", ("conv2d_5", "conv2d_1")),
        ("arrangement", "stacked"),
        ("arrangement", "beside"),
        ("width_px", 160),
        ("width_px", 4096),
        ("height_px", None),
        ("height_px", 90),
        ("height_px", 4096),
        ("layers_height_px", 16),
        ("layers_height_px", 4096),
        ("gap_px", 0),
        ("gap_px", 16),
        ("colormap", "viridis"),
        ("colormap", "gray_r"),
        ("signed_colormap", "blue_orange"),
        ("signed_colormap", "twilight_shifted_r"),
        ("theme", "dark"),
        ("theme", "light"),
        ("captions", False),
        ("dead_threshold", 0),
        ("dead_threshold", 1e-3),
    ],
)
def test_a_layout_takes(key: str, value: Any) -> None:
    assert getattr(Layout(**{key: value}), key) == value


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("panels", (), "a list of names, each once"),
        ("panels", ["layers"], "a list of names, each once"),
        ("panels", ("layers", "layers"), "a list of names, each once"),
        ("panels", "layers", "a list of names, each once"),
        ("layers", (), "a list of names, each once"),
        ("layers", "conv2d_1", "a list of names, each once"),
        ("layers", (1,), "a list of names, each once"),
        ("layers", ("a", "a"), "a list of names, each once"),
        ("arrangement", "side", "stacked, beside"),
        ("width_px", 159, "160 to 4096"),
        ("width_px", 4097, "160 to 4096"),
        ("width_px", 640.0, "160 to 4096"),
        ("width_px", None, "160 to 4096"),
        ("height_px", 89, "90 to 4096"),
        ("height_px", 4097, "90 to 4096"),
        ("layers_height_px", 15, "16 to 4096"),
        ("layers_height_px", 4097, "16 to 4096"),
        ("gap_px", -1, "0 to 16"),
        ("gap_px", 17, "0 to 16"),
        ("gap_px", True, "0 to 16"),
        ("colormap", "viridi", "viridis"),
        ("colormap", "Viridis", "viridis"),
        ("colormap", "gray_r_r", "gray"),
        ("colormap", None, "gray"),
        ("signed_colormap", "", "blue_orange"),
        ("theme", "grey", "dark, light"),
        ("captions", 0, "true or false"),
        ("dead_threshold", -0.1, "a number, 0 or more"),
        ("dead_threshold", NAN, "a number, 0 or more"),
        ("dead_threshold", INF, "a number, 0 or more"),
        ("dead_threshold", True, "a number, 0 or more"),
        ("dead_threshold", "0", "a number, 0 or more"),
    ],
)
def test_a_layout_refuses(key: str, value: Any, expected: str) -> None:
    with pytest.raises(LayoutError, match=f"^{key}: expected .*{expected}.*, got ") as raised:
        Layout(**{key: value})
    assert str(raised.value).endswith(f", got {value!r}")


def test_a_panel_that_there_is_not_is_named_alone() -> None:
    with pytest.raises(LayoutError, match=r"^panels: expected one of camera, .*, got 'sound'$"):
        Layout(panels=("camera", "sound"))


def test_layouts_are_equal_by_value_and_hash_alike() -> None:
    first, second = LayerStyle(top=4), LayerStyle(scaling="run")
    layout = Layout(width_px=800, per_layer=MappingProxyType({"a": first, "b": second}))
    same = Layout(width_px=800, per_layer={"b": second, "a": LayerStyle(top=4)})
    assert layout == same
    assert hash(layout) == hash(same)
    assert layout not in {Layout(width_px=800), Layout(width_px=800, per_layer={"a": first})}


def test_a_layer_has_its_own_style_or_that_of_all() -> None:
    own = LayerStyle(order="energy")
    layout = Layout(top=3, per_layer={"a": own})
    assert layout.style_of("a") is own
    other = layout.style_of("b")
    assert (other.top, other.order) == (3, "network")


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (Layout(), False),
        (Layout(scaling=(0, 1)), False),
        (Layout(per_layer={"a": LayerStyle(scaling="filter")}), False),
        (Layout(scaling="run"), True),
        (Layout(per_layer={"a": LayerStyle(scaling="run")}), True),
    ],
)
def test_a_run_matters_where_a_layer_is_scaled_over_it(layout: Layout, expected: bool) -> None:
    assert layout.scales_over_runs() is expected


def test_a_layout_can_be_kept_as_json() -> None:
    style = LayerStyle(scaling=(0, 1), filters=(2, 1))
    layout = Layout(layers=("b", "a"), per_layer=MappingProxyType({"b": style, "a": LayerStyle()}))
    kept = json.loads(json.dumps(layout.as_json()))
    assert kept["layers"] == ["b", "a"]
    assert list(kept["per_layer"]) == ["a", "b"]
    assert kept["per_layer"]["b"] == {
        "scaling": [0, 1],
        "order": "network",
        "hide_dead": False,
        "top": None,
        "filters": [2, 1],
    }
    assert {*kept} == {*Layout.__dataclass_fields__}


def test_equal_layouts_are_the_same_json_whatever_the_order_of_their_layers() -> None:
    a, b = LayerStyle(top=1), LayerStyle(top=2)
    one, other = Layout(per_layer={"a": a, "b": b}), Layout(per_layer={"b": b, "a": a})
    assert json.dumps(one.as_json()) == json.dumps(other.as_json())
