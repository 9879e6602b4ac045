"""Goes through a ``.tflite`` graph, with the loops in it, and counts what each operator does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from donkey_activations.graphs.tflite import Graph
from donkey_activations.graphs.workload.loops import carried, trips
from donkey_activations.graphs.workload.operations import macs
from donkey_activations.graphs.workload.parameters import Parameter, parameters
from donkey_activations.graphs.workload.shape_values import output_values
from donkey_activations.graphs.workload.shapes import output_shape
from donkey_activations.graphs.workload.tensors import Operation, Tensor, declared_tensor

# Tensors and operators gone through, those of a loop in a loop again and again. Pilots have
# hundreds; a damaged file may have loops that call each other without end.
_MOST_STEPS = 200_000

_MAIN = 0

# They put a dilated convolution's parts together, and crop what made all parts the same size.
_JOINS = {"BATCH_TO_SPACE_ND", "FlexBatchToSpaceND"}


@dataclass
class Share:
    """What a part of a graph does for one frame.

    Attributes:
        macs: Multiply-accumulate operations.
        activation_bytes: Bytes of the tensors that are written.
        parameters: The parameters that are read.
        uncounted: Names of the operators that are missing in a sum, because nobody knows how much.
    """

    macs: int = 0
    activation_bytes: int = 0
    parameters: list[Parameter] = field(default_factory=list)
    uncounted: list[str] = field(default_factory=list)

    def add(self, other: "Share", times: int = 1) -> None:
        """Adds what another part does, which runs so many times for one frame."""
        self.macs += times * other.macs
        self.activation_bytes += times * other.activation_bytes
        self.parameters += other.parameters
        self.uncounted += other.uncounted

    def add_all(self, others: Iterable["Share"], times: int = 1) -> None:
        """Adds what several other parts do."""
        for other in others:
            self.add(other, times)


@dataclass
class _Scope:
    """What is known of a subgraph's tensors so far, by their number.

    Attributes:
        tensors: Their shapes and values.
        kernels: The buffer of the last kernel ahead of them.
        writers: What their operators do.
    """

    tensors: list[Tensor]
    kernels: dict[int, int] = field(default_factory=dict)
    writers: dict[int, Share] = field(default_factory=dict)


class Counter:
    """Counts the operators of one graph."""

    def __init__(self, graph: Graph) -> None:
        """Prepares for a graph, which is left as it is."""
        self._graph = graph
        self._model = graph.model
        self._steps = 0

    def count(self) -> list[Share]:
        """Returns what each operator of the main graph does, in their order.

        Raises:
            ValueError: The graph is damaged. IndexError, KeyError, TypeError, AttributeError and
                RecursionError mean the same: its numbers point anywhere.
        """
        main = self._model.subgraphs[_MAIN]
        inputs = [_of_one_frame(self._declared(main.tensors[number])) for number in main.inputs]
        shares, _ = self._run(_MAIN, inputs)
        return shares

    def _declared(self, tensor: Any) -> Tensor:
        return declared_tensor(self._model, tensor)

    def _run(self, number: int, inputs: Sequence[Tensor]) -> tuple[list[Share], list[Tensor]]:
        """Counts the operators of a subgraph, and returns what is known of its outputs."""
        subgraph = self._model.subgraphs[number]
        operators = _list(subgraph.operators)
        self._steps += len(subgraph.tensors) + len(operators)
        if self._steps > _MOST_STEPS:
            raise ValueError(f"more than {_MOST_STEPS} tensors and operators in its loops")
        scope = _Scope([self._declared(tensor) for tensor in subgraph.tensors])
        for place, tensor in zip(_list(subgraph.inputs), inputs, strict=True):
            scope.tensors[place] = replace(tensor, open_axes=scope.tensors[place].open_axes)
        shares = [self._operator(operator, scope) for operator in operators]
        return shares, [scope.tensors[place] for place in _list(subgraph.outputs)]

    def _operator(self, operator: Any, scope: _Scope) -> Share:
        """Counts one operator, and notes what it tells of its outputs."""
        numbers = [int(number) for number in _list(operator.inputs)]
        outputs = [int(number) for number in _list(operator.outputs)]
        inputs = tuple(scope.tensors[number] if number >= 0 else None for number in numbers)
        name = self._graph.operator_name(operator)
        operation = Operation(name, operator.builtinOptions, inputs)
        declared = [scope.tensors[number] for number in outputs]
        count = self._loop if name == "WHILE" else self._single
        share, results = count(operation, declared)
        _add_written(share, name, results)
        ahead = next((scope.kernels[number] for number in numbers if number in scope.kernels), None)
        read = parameters(operation, ahead)
        share.parameters += read
        if name in _JOINS and numbers[0] in scope.writers:
            _crop(scope.writers[numbers[0]], operation.input(0), results[0])
        own = (parameter.buffer for parameter in read if parameter.role == "kernel")
        kernel = next(own, ahead)
        for number, result in zip(outputs, results, strict=True):
            scope.tensors[number] = result
            scope.writers[number] = share
            if kernel is not None:
                scope.kernels[number] = kernel
        return share

    def _single(
        self, operation: Operation, declared: Sequence[Tensor]
    ) -> tuple[Share, list[Tensor]]:
        source = operation.inputs[0] if operation.inputs else None
        if operation.name == "DEQUANTIZE" and source is not None and source.buffer is not None:
            # Weights that are stored in float16. They are unpacked once, before the first frame.
            return Share(), [replace(tensor, buffer=source.buffer) for tensor in declared]
        values = output_values(operation)
        results = [
            replace(tensor, shape=output_shape(operation, tensor.shape), values=values, buffer=None)
            for tensor in declared
        ]
        count = macs(operation, results[0].shape if results else ())
        if count is None:
            return Share(uncounted=[operation.name]), results
        return Share(macs=count), results

    def _loop(self, loop: Operation, declared: Sequence[Tensor]) -> tuple[Share, list[Tensor]]:
        options, subgraphs = loop.options, self._model.subgraphs
        condition, body = subgraphs[options.condSubgraphIndex], subgraphs[options.bodySubgraphIndex]
        first = _without_constants(body, [loop.input(number) for number in range(len(loop.inputs))])
        kept = carried(body)
        step = [
            tensor if number in kept else replace(tensor, values=None)
            for number, tensor in enumerate(first)
        ]
        tests, _ = self._run(options.condSubgraphIndex, step)
        steps, after = self._run(options.bodySubgraphIndex, step)
        times = trips(condition, body, first, self._graph.operator_name, self._declared)
        share = Share()
        if times is None or any(map(_changed, step, after)):
            share.uncounted.append(loop.name)
            share.parameters += [parameter for part in steps for parameter in part.parameters]
        else:
            if any(part.uncounted for part in steps) and self._may_run(body, times):
                steps, after = self._each_step(options.bodySubgraphIndex, first, times)
                share.add_all(steps)
            else:
                share.add_all(steps, times)
            share.add_all(tests, times + 1)
        ends = zip(declared, after, strict=True)
        return share, [replace(end, open_axes=tensor.open_axes) for tensor, end in ends]

    def _may_run(self, body: Any, times: int) -> bool:
        one = len(body.tensors) + len(_list(body.operators))
        return self._steps + times * one <= _MOST_STEPS

    def _each_step(
        self, number: int, variables: list[Tensor], times: int
    ) -> tuple[list[Share], list[Tensor]]:
        """Counts the steps of a loop one by one, and returns what is known of its variables.

        How much a step writes may depend on its number: Keras 3 writes a sequence row by row, with
        the rows before and behind cut out of what there was.
        """
        body, shares = self._model.subgraphs[number], []
        for _ in range(times):
            step, variables = self._run(number, _without_constants(body, variables))
            shares += step
        return shares, variables


def _without_constants(body: Any, variables: Sequence[Tensor]) -> list[Tensor]:
    """Returns a loop's variables at a step: only those that all steps share are constants."""
    kept = carried(body)
    return [
        tensor if number in kept else replace(tensor, buffer=None)
        for number, tensor in enumerate(variables)
    ]


def _of_one_frame(tensor: Tensor) -> Tensor:
    """Fills the batch of an input, if the file leaves it open."""
    if tensor.open_axes[:1] != (0,):
        return tensor
    return replace(tensor, shape=(1, *tensor.shape[1:]))


def _add_written(share: Share, name: str, results: Iterable[Tensor]) -> None:
    """Adds the bytes of what an operator writes."""
    for tensor in results:
        if tensor.buffer is not None:
            continue  # a constant, that it only hands on
        if tensor.bytes is not None:
            share.activation_bytes += tensor.bytes
        elif name not in share.uncounted:
            share.uncounted.append(name)


def _crop(convolution: Share, parts: Tensor, joined: Tensor) -> None:
    """Takes back what a dilated convolution computes of cells that are cropped again."""
    if parts.elements and joined.elements is not None:
        convolution.macs = convolution.macs * joined.elements // parts.elements


def _changed(before: Tensor, after: Tensor) -> bool:
    """Tells whether a step of a loop gives a variable another size than it had."""
    if len(before.shape) != len(after.shape):
        return True
    pairs = zip(before.shape, after.shape, strict=True)
    return any(None not in (old, new) and old != new for old, new in pairs)


def _list(values: Any) -> Any:
    return () if values is None else values
