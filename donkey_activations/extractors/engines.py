"""Chooses the engine that runs a graph, at its own size or at another."""

from functools import cache
from typing import Any

from ai_edge_litert.interpreter import Interpreter

from donkey_activations.errors import ModelError
from donkey_activations.extractors.converter import import_tensorflow, silent_stderr
from donkey_activations.extractors.graph_operators import is_unsafe
from donkey_activations.extractors.litert import LiteRTExtractor
from donkey_activations.graphs.resizing import tensor_shapes, with_shapes
from donkey_activations.graphs.tflite import Graph, read_graph, write_part


def run(cut_graph: bytes, size: tuple[int, int] | None, threads: int) -> LiteRTExtractor:
    """Open a cut graph with LiteRT, or with TensorFlow where only that can run it.

    Args:
        cut_graph: What ``graph.cut`` returns.
        size: ``(height, width)`` in pixels to run the filters at; None is the pilot's own.
        threads: Threads that the network may use, 1 or more.

    Raises:
        SizeError: It cannot be run at that size.
        ModelError: Neither can run it.
    """
    graph = read_graph(cut_graph)
    try:
        interpreter_class, engine = engine_of(graph)
    except TensorFlowMissingError as error:
        shown = ", ".join(_layers_without_foreign_operators(cut_graph)) or "none"
        raise ModelError(
            f"{error}; without it, choose of these layers (--layers, ACTIVATIONS_LAYERS): {shown}"
        ) from error
    return LiteRTExtractor(
        cut_graph, graph, size, threads, interpreter_class=interpreter_class, engine=engine
    )


class TensorFlowMissingError(ModelError):
    """A graph that only TensorFlow can run, which is not installed."""


def engine_of(graph: Graph) -> tuple[Any, str]:
    """Return the class of interpreter that can run a graph, and its name.

    Args:
        graph: The graph, whole or cut.

    Raises:
        TensorFlowMissingError: Only TensorFlow can, and it is not installed.
        ModelError: The graph reaches out of the network.
    """
    foreign = graph.custom_operators()
    if not foreign:
        return Interpreter, "litert"
    unsafe = [name for name in foreign if is_unsafe(name.removeprefix("Flex"))]
    if unsafe:
        raise ModelError(
            f"the operator {unsafe[0]} reaches out of the network (files, Python code); "
            "train the pilot again, or give the file that donkey train wrote"
        )
    try:
        tf = import_tensorflow(f"the operator {foreign[0]}")
    except ModelError as error:
        raise TensorFlowMissingError(str(error)) from error
    return _quiet(tf.lite.Interpreter), "tensorflow"


@cache
def _quiet(interpreter_class: Any) -> Any:
    """Return a class of interpreter whose C++ announces nothing when it sets a graph up."""

    class QuietInterpreter(interpreter_class):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            with silent_stderr():
                super().__init__(**options)

        def allocate_tensors(self) -> None:
            with silent_stderr():
                super().allocate_tensors()

    return QuietInterpreter


def resize(cut_graph: bytes, size_hw: tuple[int, int]) -> bytes:
    """Return a cut graph that has another size of the image as its own.

    Args:
        cut_graph: What ``graph.cut`` returns.
        size_hw: ``(height, width)`` in pixels.

    Raises:
        SizeError: It cannot be run at that size.
        ModelError: It cannot be run.
    """
    opened = run(cut_graph, size_hw, 1)
    if not opened.size_changed:
        return cut_graph
    graph = read_graph(cut_graph)
    interpreter_class, _ = engine_of(graph)
    shapes = tensor_shapes(cut_graph, graph, opened.resized, interpreter_class)
    return with_shapes(graph, shapes)


def _layers_without_foreign_operators(cut_graph: bytes) -> list[str]:
    names = []
    for output in sorted(read_graph(cut_graph).outputs):
        graph = read_graph(cut_graph)
        label = graph.tensor_name(output)
        if not read_graph(write_part(graph, {output: label})).custom_operators():
            names.append(label.partition(":")[2])
    return names
