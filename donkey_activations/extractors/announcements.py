"""What LiteRT prints by itself: one line a process, on stderr, by its C++."""

import flatbuffers
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from donkey_activations.extractors.converter import silent_stderr


def withhold() -> None:
    """Have LiteRT announce its delegate now, where nobody sees it, and so not later.

    It does so when the first graph of a process is set up, and offers no switch.
    """
    with silent_stderr():
        Interpreter(model_content=_smallest_graph()).allocate_tensors()


def _smallest_graph() -> bytes:
    """Return a ``.tflite`` file that computes the absolute value of a number."""
    tensors = []
    for name in (b"given", b"computed"):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, [1], schema.TensorType.FLOAT32
        tensors.append(tensor)
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = [0], [1]
    graph = schema.SubGraphT()
    graph.tensors, graph.operators, graph.inputs, graph.outputs = tensors, [operator], [0], [1]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.ABS
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
