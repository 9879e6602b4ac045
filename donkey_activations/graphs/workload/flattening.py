"""A ``.tflite`` graph without its loops: the operators that run for one frame, one after another.

Each step of a loop becomes operators of its own, with the loop's variables as the tensors between
them. So LiteRT, which knows the shapes inside of a loop only while it runs, gives a shape to the
tensors of every step, and no loop runs without end.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.graphs.tflite import Graph, entries, packed
from donkey_activations.graphs.workload.loops import carried, constant, integer, trips
from donkey_activations.graphs.workload.running import run

# Operators that a loop becomes, such as a thousand steps of an LSTM.
_MOST_OF_A_LOOP = 30_000

# Tensors and operators gone through. Pilots have hundreds; a damaged file may have loops that call
# each other again and again.
_MOST = 200_000


@dataclass(frozen=True, eq=False)
class Step:
    """An operator as it runs in the graph without loops.

    Attributes:
        operator: The operator, with the tensors that it reads and writes there.
        origin: The number of the main graph's operator that it is, or that is the loop around it.
    """

    operator: Any
    origin: int


class FlatGraph:
    """A graph whose loops are written out.

    Attributes:
        tensors: Its tensors; those of the main graph come first.
        steps: Its operators in the order in which they run.
        uncounted: The numbers of the main graph's operators with a loop of which only the first
            step is here, because its end is unknown or too far.
    """

    def __init__(self, graph: Graph, interpreter_class: Any) -> None:
        """Write the loops of a graph out; the graph is left as it is.

        Args:
            graph: A graph whose indices are checked.
            interpreter_class: What runs it.

        Raises:
            ModelError: The loops have no body or no end, or what is ahead of them cannot be run.
        """
        self._graph = graph
        self._interpreter_class = interpreter_class
        self.tensors = list(graph.tensors)
        self.steps: list[Step] = []
        self.uncounted: set[int] = set()
        # Constants at a loop's first step, which are other tensors at the next.
        self._variables: set[int] = set()
        self._gone_through = 0
        main = graph.model.subgraphs[0]
        self._within = [main]
        flat = {number: number for number in range(len(main.tensors))}
        for origin, operator in enumerate(main.operators):
            self._add(operator, flat, origin)
        self._outputs = [flat[int(number)] for number in main.outputs]

    def content(self) -> bytes:
        """Return it as a ``.tflite`` file."""
        return self._with_outputs(self._outputs)

    def buffer(self, number: int) -> int | None:
        """Return the buffer of a constant; None for a tensor that is not the same at all steps."""
        tensor = self.tensors[number]
        if number in self._variables or constant(self._graph.model, tensor) is None:
            return None
        return int(tensor.buffer)

    def _add(self, operator: Any, flat: dict[int, int], origin: int) -> None:
        """Add an operator of a subgraph.

        Args:
            operator: The operator.
            flat: The numbers of the subgraph's tensors in the flat graph, changed behind a loop.
            origin: As in ``Step``.
        """
        inputs = [flat.get(int(number), -1) for number in entries(operator.inputs)]
        outputs = [int(number) for number in entries(operator.outputs)]
        if self._graph.operator_name(operator) == "WHILE":
            flat |= zip(outputs, self._loop(operator, inputs, origin), strict=True)
            return
        added = copy(operator)
        added.inputs, added.outputs = inputs, [flat[number] for number in outputs]
        added.intermediates = [flat[int(number)] for number in entries(operator.intermediates)]
        self.steps.append(Step(added, origin))

    def _loop(self, loop: Any, variables: list[int], origin: int) -> list[int]:
        """Add the steps of a loop, and return its variables after the last one."""
        condition = self._called(loop, "condSubgraphIndex", len(variables), 1)
        body = self._called(loop, "bodySubgraphIndex", len(variables), len(variables))
        times = trips(self._graph, condition, body, lambda n: self._entry(variables[n]))
        length = 1 + len(entries(body.operators)) + len(entries(condition.operators))
        if times is None or times * length > _MOST_OF_A_LOOP:
            self.uncounted.add(origin)
            times = 1  # for its parameters, and the shapes of what follows
        kept = carried(body)
        now = variables
        for _ in range(times):
            now = [number if n in kept else self._variable(number) for n, number in enumerate(now)]
            self._inline(condition, now, origin)
            now = self._inline(body, now, origin)
        self._inline(condition, now, origin)
        return now

    def _called(self, loop: Any, key: str, inputs: int, outputs: int) -> Any:
        """Return a subgraph that a loop calls, checked as LiteRT does only when it runs."""
        number, subgraphs = getattr(loop.builtinOptions, key, -1), self._graph.model.subgraphs
        if 0 <= number < len(subgraphs):
            found = subgraphs[number]
            if (len(entries(found.inputs)), len(entries(found.outputs))) == (inputs, outputs):
                return found
        raise ModelError("the .tflite file is damaged (a loop without its body); copy it again")

    def _inline(self, subgraph: Any, given: Sequence[int], origin: int) -> list[int]:
        """Add the operators of a subgraph for these inputs, and return its outputs."""
        self._gone_through += 1 + len(subgraph.tensors) + len(entries(subgraph.operators))
        if self._gone_through > _MOST or subgraph in self._within:
            raise ModelError("the .tflite file is damaged (loops without end); copy it again")
        self._within.append(subgraph)
        flat = dict(zip(map(int, entries(subgraph.inputs)), given, strict=True))
        for number, tensor in enumerate(subgraph.tensors):
            if number not in flat:
                flat[number] = len(self.tensors)
                self.tensors.append(tensor)
        for operator in entries(subgraph.operators):
            self._add(operator, flat, origin)
        self._within.pop()
        return [flat[int(number)] for number in entries(subgraph.outputs)]

    def _variable(self, number: int) -> int:
        """Return a tensor itself, or of a constant a copy that is no parameter."""
        if constant(self._graph.model, self.tensors[number]) is None:
            return number
        self.tensors.append(self.tensors[number])
        self._variables.add(len(self.tensors) - 1)
        return len(self.tensors) - 1

    def _entry(self, number: int) -> int | None:
        """Return an integer that a loop begins with; None unless it depends on shapes alone."""
        found = integer(self._graph.model, self.tensors[number])
        if found is not None or self.uncounted or not self._depends_on_shapes(number):
            return found
        content = self._with_outputs([number])
        values = run(content, self._interpreter_class, None).get_tensor(number)
        return int(values.reshape(-1)[0]) if values.size == 1 else None

    def _depends_on_shapes(self, number: int) -> bool:
        writers = {int(n): step.operator for step in self.steps for n in step.operator.outputs}
        waiting, seen = [number], {-1}
        while waiting:
            one = waiting.pop()
            if one in seen or constant(self._graph.model, self.tensors[one]) is not None:
                continue
            if one not in writers:
                return False
            seen.add(one)
            if self._graph.operator_name(writers[one]) != "SHAPE":
                waiting += writers[one].inputs
        return True

    def _with_outputs(self, outputs: list[int]) -> bytes:
        model = copy(self._graph.model)
        main = copy(model.subgraphs[0])
        main.tensors, main.outputs = self.tensors, outputs
        main.operators = [step.operator for step in self.steps]
        model.subgraphs = [main, *model.subgraphs[1:]]
        model.signatureDefs = None
        return packed(model)
