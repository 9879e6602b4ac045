"""Reads the layers' names out of the names that a converter gave to a graph's tensors.

A converted Keras layer leaves its path in them: its kernel is ``linear/conv2d_1/Conv2D``, its
output ``linear/conv2d_1/Relu;linear/conv2d_1/BiasAdd;…``, with the paths of whatever else was fused
into the operator, which may be those of other layers.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches

# The path's end is the operation inside the layer, mostly of one step. The digits make equal names
# unique.
_LAYER_AND_OPERATION = re.compile(
    r"(?P<layer>.+?)/(?P<operation>separable_conv2d/depthwise\d*"
    r"|[^/]+/(?:ReadVariableOp|SpaceToBatchND|BatchToSpaceND)\d*"
    r"|[^/]+)"
)
_CONVOLUTION = re.compile(
    r"(Conv2D|Conv3D|depthwise|conv2d_transpose|conv3d_transpose|separable_conv2d)(\d*|/.*)"
)


def scopes_of(tensor_name: str) -> list[tuple[str, bool]]:
    """Splits a tensor's name into the paths of layers.

    Args:
        tensor_name: Such as ``linear/conv2d_1/Relu;linear/conv2d_1/BiasAdd``.

    Returns:
        Each layer's path with the author's names only (``linear/conv2d_1``), and whether the
        operation named there is a convolution.
    """
    found = map(_LAYER_AND_OPERATION.fullmatch, tensor_name.split(";"))
    return [
        (match["layer"], bool(_CONVOLUTION.fullmatch(match["operation"])))
        for match in found
        if match is not None
    ]


def is_gate(kernel_name: str) -> bool:
    """Tells whether a kernel belongs to a gate inside of a recurrent convolution."""
    return kernel_name.rpartition("/")[2].startswith("convolution")


def convolution_scope(kernel_name: str, output_name: str) -> str | None:
    """Returns the path of a convolution's layer, or None where the names do not tell.

    Args:
        kernel_name: Name of its weights' tensor.
        output_name: Name of the tensor that it writes.
    """
    votes: dict[str, int] = {}
    for name, weight in ((kernel_name, 3), (output_name, 1)):
        for scope, is_convolution in scopes_of(name):
            votes[scope] = votes.get(scope, 0) + (2 * weight if is_convolution else weight)
    return max(votes, key=lambda scope: votes[scope]) if votes else None


def display_names(scopes: list[str | None]) -> list[str]:
    """Returns the names to show: the layer's own, with as much of its path as makes it unique.

    Args:
        scopes: Paths such as ``linear/conv2d_1``; None where it is unknown.
    """
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


def unknown_layers(
    missing: Sequence[str], known: Sequence[str], convolutions: Sequence[str]
) -> str:
    """Returns what to say about wanted layers that a pilot does not have.

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
