"""Goes through the operators of a ``.tflite`` graph, and counts what each does for one frame."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from donkey_activations.errors import ModelError
from donkey_activations.graphs.tflite import Graph
from donkey_activations.graphs.workload.flattening import FlatGraph, Step
from donkey_activations.graphs.workload.operations import Operation, Tensor, macs
from donkey_activations.graphs.workload.parameters import Parameter, parameters
from donkey_activations.graphs.workload.running import check_indices, run

# They put a dilated convolution's parts together, and crop what made all parts the same size.
_JOINS = {"BATCH_TO_SPACE_ND", "FlexBatchToSpaceND"}


@dataclass
class Share:
    """What a part of a graph does for one frame.

    Attributes:
        macs: Multiply-accumulate operations.
        activation_bytes: Bytes of the tensors that are written.
        parameters: The parameters that are read.
        uncounted: Names of the operators that are missing in a sum, because their cost is unknown.
    """

    macs: int = 0
    activation_bytes: int = 0
    parameters: list[Parameter] = field(default_factory=list)
    uncounted: list[str] = field(default_factory=list)

    def add(self, other: "Share") -> None:
        """Add what another part does."""
        self.macs += other.macs
        self.activation_bytes += other.activation_bytes
        self.parameters += other.parameters
        self.uncounted += other.uncounted


def shares(tflite: bytes, graph: Graph, interpreter_class: Any) -> list[Share]:
    """Return what each operator of the main graph does, in their order.

    Args:
        tflite: A ``.tflite`` file.
        graph: ``content``, read; left unchanged.
        interpreter_class: ``Interpreter`` of LiteRT, or TensorFlow's for a graph with operators of
            TensorFlow ("Flex").

    Raises:
        ModelError: It cannot be run, or runs at any size.
    """
    check_indices(graph.model)
    for number in graph.model.subgraphs[0].inputs:
        signature = graph.tensors[number].shapeSignature
        if signature is not None and min(signature[1:], default=0) < 0:
            raise ModelError("expected a network of one size of image, got one of any size")
    flat = FlatGraph(graph, interpreter_class)
    content = tflite if len(flat.steps) == len(graph.operators) else flat.content()
    written = [int(number) for step in flat.steps for number in step.operator.outputs]
    engine = run(content, interpreter_class, None if graph.custom_operators() else written)
    # The engine adds tensors of its own.
    tensors = {
        int(detail["index"]): _tensor(detail, flat.buffer(int(detail["index"])))
        for detail in engine.get_tensor_details()
        if detail["index"] < len(flat.tensors)
    }
    used = {n for step in flat.steps for n in (*step.operator.inputs, *step.operator.outputs)}
    if not used <= {-1, *tensors}:
        raise ModelError("the .tflite file is damaged (a tensor of no known type); copy it again")
    counted = _Counter(graph, tensors).count(flat.steps)
    result = [Share() for _ in graph.operators]
    for step, share in zip(flat.steps, counted, strict=True):
        result[step.origin].add(share)
    for origin in flat.uncounted:
        result[origin] = Share(parameters=result[origin].parameters, uncounted=["WHILE"])
    return result


class _Counter:
    """Counts operators one after another.

    Attributes:
        tensors: The tensors by their number.
        kernels: The buffer of the last kernel ahead of a tensor.
        writers: What the operator that writes a tensor does.
    """

    def __init__(self, graph: Graph, tensors: dict[int, Tensor]) -> None:
        self._graph = graph
        self._tensors = tensors
        self._kernels: dict[int, int] = {}
        self._writers: dict[int, Share] = {}

    def count(self, steps: Iterable[Step]) -> list[Share]:
        return [self._operator(step.operator) for step in steps]

    def _operator(self, operator: Any) -> Share:
        numbers = [int(number) for number in operator.inputs]
        outputs = [int(number) for number in operator.outputs]
        operation = Operation(
            self._graph.operator_name(operator),
            operator.builtinOptions,
            tuple(self._tensors[number] if number >= 0 else None for number in numbers),
            tuple(self._tensors[number] for number in outputs),
        )
        source = operation.inputs[0] if operation.inputs else None
        if operation.name == "DEQUANTIZE" and source is not None and source.buffer is not None:
            # Weights that are stored in float16. They are unpacked once, before the first frame.
            unpacked = replace(operation.outputs[0], buffer=source.buffer)
            self._tensors[outputs[0]] = unpacked
            return Share()
        ahead = next((self._kernels[number] for number in numbers if number in self._kernels), None)
        read = parameters(operation, ahead)
        count = macs(operation)
        share = Share(
            macs=count or 0,
            activation_bytes=sum(one.elements * one.item_bytes for one in operation.outputs),
            parameters=read,
            uncounted=[] if count is not None else [operation.name],
        )
        if operation.name in _JOINS and numbers[0] in self._writers:
            _crop(self._writers[numbers[0]], operation)
        own = (parameter.buffer for parameter in read if parameter.role == "kernel")
        kernel = next(own, ahead)
        for number in outputs:
            self._writers[number] = share
            if kernel is not None:
                self._kernels[number] = kernel
        return share


def _tensor(detail: Any, buffer: int | None) -> Tensor:
    kind = np.dtype(detail["dtype"])
    shape = tuple(int(size) for size in detail["shape"])
    # Texts, lists of tensors and handles have no size of their own.
    item_bytes = kind.itemsize if kind.kind in "biufc" else 0
    return Tensor(shape, item_bytes, kind.kind == "i" and item_bytes >= 4, buffer)


def _crop(convolution: Share, join: Operation) -> None:
    """Take back what a dilated convolution computes of cells that are cropped again."""
    parts = join.input(0).elements
    if parts:
        convolution.macs = convolution.macs * join.outputs[0].elements // parts
