"""Finds the layers in a ``.tflite`` graph, by its operators and by the names of its tensors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from donkey_activations.extractors.graph_factors import with_factor
from donkey_activations.extractors.graph_maps import behind_activation
from donkey_activations.extractors.keras3_names import (
    ConvolutionNames,
    Keras3Names,
    is_keras_3,
)
from donkey_activations.extractors.naming import LayerNames
from donkey_activations.graphs.tflite import Graph

# The operators that make feature maps, and the Keras layer each stands for.
KINDS = {
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "TRANSPOSE_CONV": "Conv2DTranspose",
    "CONV_3D": "Conv3D",
    "CONV_3D_TRANSPOSE": "Conv3DTranspose",
}


@dataclass(frozen=True)
class FoundLayer:
    """A layer in a graph.

    Attributes:
        scope: Where its operators stand in the graph, None where the names do not tell. Each call
            of a layer may have a scope of its own.
        path: The layer's path with the names that its author gave.
        kind: The Keras name of its class.
        tensor: The tensor of its maps.
    """

    scope: str | None
    path: str | None
    kind: str
    tensor: int


class GraphLayers:
    """The layers of a graph.

    Attributes:
        convolutions: Those that make feature maps, in the graph's order.
    """

    def __init__(self, graph: Graph) -> None:
        """Read a graph."""
        self._graph = graph
        subgraphs = range(len(graph.model.subgraphs))
        self._tensor_names = {graph.tensor_name(one) for one in range(len(graph.tensors))}
        convolutions = (names for n in subgraphs for names in _convolutions_in(graph, n))
        self._keras_3 = is_keras_3(convolutions, self._tensor_names)
        self._names = Keras3Names() if self._keras_3 else LayerNames()
        self.convolutions = self._in_one_piece() if self._keras_3 else self._find()

    def others(self) -> dict[str, FoundLayer]:
        """Find the last spatial output of every layer that left its name in the graph."""
        others: dict[str, FoundLayer] = {}
        for operator in self._graph.operators:
            output = int(operator.outputs[0])
            if self._graph.rank(output) < 4:
                continue
            for scope, _ in self._names.scopes_of(self._graph.tensor_name(output)):
                kind = self._graph.operator_name(operator)
                layer = self._layer(scope, kind, output)
                others[(layer.path or scope).rsplit("/", maxsplit=1)[-1]] = layer
        return others

    def _layer(self, scope: str | None, kind: str, tensor: int) -> FoundLayer:
        path = None if scope is None else self._names.author_path(scope)
        return FoundLayer(scope, path, kind, tensor)

    def _find(self) -> list[FoundLayer]:
        graph = self._graph
        found: list[FoundLayer] = []
        for operator in graph.operators:
            recurrent = self._recurrent_layer(operator)
            if recurrent is not None:
                if recurrent not in found:
                    found.append(recurrent)
                continue
            kind = KINDS.get(graph.operator_name(operator))
            if kind is None:
                continue
            kernel, output = int(operator.inputs[1]), int(operator.outputs[0])
            scope = self._names.convolution_scope(
                graph.tensor_name(kernel), graph.tensor_name(output)
            )
            maps = behind_activation(graph, output, self._names)
            layer = self._layer(scope, kind, with_factor(graph, maps) if self._keras_3 else maps)
            depthwise = self._layer(scope, "DepthwiseConv2D", found[-1].tensor) if found else None
            is_1x1 = kind == "Conv2D" and list(graph.tensors[kernel].shape[1:3]) == [1, 1]
            if scope is not None and is_1x1 and found[-1:] == [depthwise]:
                found[-1] = replace(layer, kind="SeparableConv2D")
            else:
                found.append(layer)
        return found

    def _in_one_piece(self) -> list[FoundLayer]:
        """Find layers that compute step by step, as in Keras 3's ``TimeDistributed``.

        A layer that it calls itself does so in one scope, those of a model that it calls in one of
        their own at each step.
        """
        steps: dict[str | int | None, list[FoundLayer]] = {}
        for number, layer in enumerate(self._find()):
            wrapper, _, _ = (layer.scope or "").rpartition("/")
            # It stacks the steps, which a model does by no operation of this name.
            is_step = "/" in wrapper and f"{wrapper}/stack" in self._tensor_names
            key = layer.path if is_step else layer.scope
            steps.setdefault(number if layer.scope is None else key, []).append(layer)
        return [
            replace(of[-1], tensor=self._joined([s.tensor for s in of])) for of in steps.values()
        ]

    def _joined(self, steps: list[int]) -> int:
        """Return the tensor that joins those of all steps; where there is none, the newest."""
        readers = self._graph.readers.get(steps[-1], [])
        joined = len(steps) > 1 and len(readers) == 1 and list(readers[0].inputs) == steps
        return int(readers[0].outputs[0]) if joined else steps[-1]

    def _recurrent_layer(self, operator: Any) -> FoundLayer | None:
        """Return the layer that an operator is a gate of, or whose loop it is.

        Its maps are what it writes last.
        """
        for names in _convolutions_of(self._graph, operator):
            scope = self._names.recurrent_scope(names.kernel, names.output)
            maps = [] if scope is None else list(self._maps_in(scope))
            if maps:
                return self._layer(scope, "ConvLSTM2D", maps[-1])
        return None

    def _maps_in(self, scope: str) -> Iterator[int]:
        for operator in self._graph.operators:
            # A loop gives the sequence first, then its own state.
            spatial = (int(t) for t in operator.outputs if self._graph.rank(int(t)) >= 4)
            output = next(spatial, None)
            if output is not None and self._graph.tensor_name(output).startswith(f"{scope}/"):
                yield output


def _convolutions_of(graph: Graph, operator: Any) -> list[ConvolutionNames]:
    """Return what the convolutions in a loop are called, or the operator itself if it is one."""
    if graph.operator_name(operator) == "WHILE":
        return list(_convolutions_in(graph, int(operator.builtinOptions.bodySubgraphIndex)))
    if graph.operator_name(operator) in KINDS:
        return [_named(graph, 0, operator)]
    return []


def _convolutions_in(graph: Graph, number: int) -> Iterator[ConvolutionNames]:
    for operator in graph.model.subgraphs[number].operators or ():
        if graph.operator_name(operator) in KINDS:
            yield _named(graph, number, operator)


def _named(graph: Graph, number: int, operator: Any) -> ConvolutionNames:
    tensors = graph.model.subgraphs[number].tensors
    kernel, output = int(operator.inputs[1]), int(operator.outputs[0])
    return ConvolutionNames(
        *((tensors[number].name or b"").decode(errors="replace") for number in (kernel, output))
    )
