"""What a mosaic looks like."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.colours import check_colormap
from donkey_activations.mosaic.panels import other_panel_names, panel_names

# Shown unless the layout says otherwise.
PANELS = ("camera", "saliency", "controls", "layers")

# Of float32.
_LARGEST_VALUE = 3.4e38

Scaling = Literal["layer", "filter", "run"] | tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class LayerStyle:
    """How the maps of one layer are drawn.

    Attributes:
        scaling: What full brightness is. ``layer``: the layer's largest value in this frame, so
            that its tiles can be compared; ``filter``: each filter's own largest value in this
            frame; ``run``: the layer's largest values over many frames, so that frames can be
            compared; ``(low, high)``: these values, always.
        order: Of the tiles. ``network``: as the network has them, the same in every frame;
            ``energy``: the largest mean of squares first; ``variance``: the largest variance first.
        hide_dead: Leave out filters that are dead in this frame.
        top: The number of tiles shown, the first of the order; None is all of them.
        filters: The filters shown, counted from 0, in this order; None is all of them.
    """

    scaling: Scaling = "layer"
    order: Literal["network", "energy", "variance"] = "network"
    hide_dead: bool = False
    top: int | None = None
    filters: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            LayoutError: A value is not what it may be; the message begins with its key.
        """
        if self.scaling not in ("layer", "filter", "run"):
            object.__setattr__(self, "scaling", _checked_range("scaling", self.scaling))
        _check_choice("order", self.order, ("network", "energy", "variance"))
        _check_bool("hide_dead", self.hide_dead)
        if self.top is not None:
            _check_whole("top", self.top, 1, 65536)
        if self.filters is not None:
            _check_filters(self.filters)


@dataclass(frozen=True, kw_only=True)
class Layout(LayerStyle):
    """The look of a mosaic; its ``LayerStyle`` is that of every layer without one of its own.

    Attributes:
        panels: What is shown, in this order: ``camera``, ``saliency``, ``controls`` (steering and
            throttle, where known), ``layers``, or the name of any other panel.
        layers: Names of the layers shown, in this order; ``all`` is all that the pilot was opened
            with; None is that, too, or a choice of them where there is no room for so many.
        per_layer: Styles of single layers, by the layer's name.
        arrangement: ``stacked``: upright, for a phone; ``beside``: the layers to the right of the
            camera, for a screen or a film.
        width_px: Width of the picture in pixels, 160 to 4096.
        height_px: Height of the picture in pixels, 90 to 4096; None is what the panels need, or
            9/16 of the width where they are beside each other.
        layers_height_px: What the tiles of all layers together may take in height where
            ``height_px`` leaves it open, in pixels, 16 to 4096; more, where they would not be
            legible.
        gap_px: Space between two tiles in pixels, 0 to 16.
        gamma: 1.0 draws values in proportion; below 1, down to 0.2, shows faint ones brighter; None
            is for each layer what shows its usual values.
        colormap: Colours of the values from 0 up: an OpenCV colormap by its name, such as
            ``viridis``, or ``gray``; with ``_r`` behind it the other way round.
        signed_colormap: Colours of values on both sides of 0, which is in the middle:
            ``blue_orange`` or as ``colormap``.
        theme: ``dark`` or ``light``.
        captions: Write names and numbers.
        dead_threshold: A filter whose values are all between this and its negative is dead in this
            frame; 0 or more.
    """

    panels: tuple[str, ...] = PANELS
    layers: tuple[str, ...] | Literal["all"] | None = None
    per_layer: Mapping[str, LayerStyle] = field(default_factory=dict)
    arrangement: Literal["stacked", "beside"] = "stacked"
    width_px: int = 664
    height_px: int | None = None
    layers_height_px: int = 620
    gap_px: int = 2
    gamma: float | None = None
    colormap: str = "inferno"
    signed_colormap: str = "blue_orange"
    theme: Literal["dark", "light"] = "dark"
    captions: bool = True
    dead_threshold: float = 0.0

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            LayoutError: A value is not what it may be; the message begins with its key.
        """
        super().__post_init__()
        _check_names("panels", self.panels)
        choices = tuple(dict.fromkeys((*PANELS, *panel_names())))
        # Others' panels are only looked for where one of them may be meant.
        if not set(self.panels) <= set(choices):
            choices += other_panel_names()
        for panel in self.panels:
            _check_choice("panels", panel, choices)
        if self.layers not in (None, "all"):
            _check_names("layers", self.layers, ", or all")
        object.__setattr__(self, "per_layer", _checked_styles(self.per_layer))
        _check_choice("arrangement", self.arrangement, ("stacked", "beside"))
        _check_whole("width_px", self.width_px, 160, 4096)
        if self.height_px is not None:
            _check_whole("height_px", self.height_px, 90, 4096)
        _check_whole("layers_height_px", self.layers_height_px, 16, 4096)
        _check_whole("gap_px", self.gap_px, 0, 16)
        if self.gamma is not None:
            gamma = _as_float(self.gamma)
            if gamma is None or not 0.2 <= gamma <= 1:
                raise LayoutError(f"gamma: expected a number from 0.2 to 1, got {self.gamma!r}")
            object.__setattr__(self, "gamma", gamma)
        check_colormap("colormap", self.colormap)
        check_colormap("signed_colormap", self.signed_colormap)
        _check_choice("theme", self.theme, ("dark", "light"))
        _check_bool("captions", self.captions)
        threshold = _as_float(self.dead_threshold)
        if threshold is None or threshold < 0:
            raise LayoutError(
                f"dead_threshold: expected a number, 0 or more, got {self.dead_threshold!r}"
            )
        object.__setattr__(self, "dead_threshold", threshold)

    def __hash__(self) -> int:
        """Go with equality, which a mapping alone would not have."""
        values = (getattr(self, f.name) for f in fields(self) if f.name != "per_layer")
        return hash((*values, frozenset(self.per_layer.items())))

    def style_of(self, layer_name: str) -> LayerStyle:
        """Return how a layer is drawn."""
        return self.per_layer.get(layer_name, self)

    def scales_over_runs(self) -> bool:
        """Return whether full brightness depends on more than the frame that is drawn."""
        return any(style.scaling == "run" for style in (self, *self.per_layer.values()))

    def as_json(self) -> dict[str, Any]:
        """Return every value, as JSON can hold it."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["per_layer"] = {
            name: {f.name: getattr(style, f.name) for f in fields(style)}
            for name, style in sorted(self.per_layer.items())
        }
        return values


def _as_float(value: Any) -> float | None:
    """Return a finite number as such, so that equal layouts are equal in writing, too."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _check_whole(key: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise LayoutError(f"{key}: expected a whole number from {low} to {high}, got {value!r}")


def _check_bool(key: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise LayoutError(f"{key}: expected true or false, got {value!r}")


def _check_choice(key: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise LayoutError(f"{key}: expected one of {', '.join(choices)}, got {value!r}")


def _check_names(key: str, value: Any, alternative: str = "") -> None:
    named = isinstance(value, tuple) and value and all(isinstance(name, str) for name in value)
    if not named or len(set(value)) < len(value):
        raise LayoutError(f"{key}: expected a list of names, each once{alternative}, got {value!r}")


def _checked_range(key: str, value: Any) -> tuple[float, float]:
    pair = value if isinstance(value, tuple) and len(value) == 2 else (None, None)
    low, high = map(_as_float, pair)
    if low is None or high is None or not -_LARGEST_VALUE <= low < high <= _LARGEST_VALUE:
        raise LayoutError(
            f"{key}: expected layer, filter, run or [low, high] with low below high, "
            f"both within 3.4e38, got {value!r}"
        )
    return low, high


def _checked_styles(value: Any) -> dict[str, LayerStyle]:
    styles = isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(style, LayerStyle) for name, style in value.items()
    )
    if not styles:
        raise LayoutError(f"per_layer: expected styles by the layer's name, got {value!r}")
    return dict(value)


def _check_filters(value: Any) -> None:
    numbers = isinstance(value, tuple) and value
    if not numbers or any(not isinstance(n, int) or isinstance(n, bool) or n < 0 for n in value):
        raise LayoutError(f"filters: expected a list of filters, counted from 0, got {value!r}")
    if len(set(value)) < len(value):
        raise LayoutError(f"filters: expected each filter once, got {value!r}")
