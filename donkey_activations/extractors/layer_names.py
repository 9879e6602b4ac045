"""The names that layers are shown and asked for by."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

from donkey_activations.errors import ModelError

Layer = TypeVar("Layer")


def without_all(layers: Sequence[str] | None) -> Sequence[str] | None:
    """Return the wanted names; None, which is every convolution, also for the one word ``all``."""
    return None if layers is not None and list(layers) == ["all"] else layers


def display_names(scopes: list[str | None]) -> list[str]:
    """Return the names to show: the layer's own, with as much of its path as makes it unique.

    Args:
        scopes: Paths such as ``linear/conv2d_1``; None where it is unknown.

    Raises:
        ModelError: There is none.
    """
    if not scopes:
        raise ModelError(
            "expected a pilot with at least one convolution, found none; "
            "a network of dense layers alone has no feature maps to show"
        )
    paths = [scope or "conv" for scope in scopes]
    shortest = [path.rsplit("/", maxsplit=1)[-1] for path in paths]
    names = [
        name if shortest.count(name) == 1 else path
        for name, path in zip(shortest, paths, strict=True)
    ]
    taken: dict[str, int] = {}
    for i, name in enumerate(names):
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            names[i] = f"{name}_{taken[name]}"
    return names


def _unknown_layers(
    missing: Sequence[str], known: Sequence[str], convolutions: Sequence[str]
) -> str:
    """Return what to say about wanted layers that a pilot does not have.

    Args:
        missing: The wanted names.
        known: The names of all layers that could be shown.
        convolutions: The names of those that are shown unless others are wanted.
    """
    near = [name for word in missing for name in get_close_matches(word, known, 1)]
    guess = f"did you mean {', '.join(near)}? " if near else ""
    return (
        f"no layer with feature maps is named {', '.join(missing)}; {guess}"
        f"the convolutions are {', '.join(convolutions)}"
    )


def chosen_layers(
    wanted: Sequence[str],
    paths: Sequence[str | None],
    convolutions: Mapping[str, Layer],
    others: Mapping[str, Layer],
) -> dict[str, Layer]:
    """Return the layers that are asked for, by the names that are shown.

    Args:
        wanted: What was asked for.
        paths: The path of each convolution, as ``display_names`` takes them.
        convolutions: The convolutions by what ``display_names`` returns for them, in that order.
        others: All other layers with maps, by their names.

    Raises:
        ModelError: There is none of a name, or it may be one of several.
    """
    names = list(convolutions)
    chosen, missing = {}, []
    for word in wanted:
        index = _named_convolution(word, paths, names)
        if index is not None:
            chosen[names[index]] = convolutions[names[index]]
        elif word in others:
            chosen[word] = others[word]
        else:
            missing.append(word)
    if missing:
        raise ModelError(_unknown_layers(missing, [*names, *others], names))
    return chosen


def _named_convolution(word: str, paths: Sequence[str | None], names: Sequence[str]) -> int | None:
    """Return which convolution a word means.

    It is the name that is shown; or the end of a path, such as ``conv1/conv`` of
    ``densenet/conv1/conv``; or what stands around a single convolution, such as the
    ``TimeDistributed`` that calls it at each step.

    Args:
        word: What was asked for.
        paths: The path of each convolution, as ``display_names`` takes them.
        names: What ``display_names`` returns for them.

    Returns:
        The convolution's index; None where none is meant.

    Raises:
        ModelError: It may be several.
    """
    if word in names:
        return names.index(word)
    levels = [(path or "").split("/") for path in paths]
    asked = word.split("/")
    for end in (0, 1):
        ends = [one[: len(one) - end] for one in levels]
        meant = [index for index, one in enumerate(ends) if one[-len(asked) :] == asked]
        if len(meant) > 1:
            choices = ", ".join(names[index] for index in meant)
            raise ModelError(f"the layer {word} may be one of several; give one of {choices}")
        if meant:
            return meant[0]
    return None
