"""Copies of `.tflite` graphs in which something was changed."""

from collections.abc import Callable
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """A copy of a graph whose model was changed."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    change(model)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def spread_biases(model: Any) -> None:
    """Has every 3D convolution add a bias of its map's size, as TensorFlow 2.9 converts it.

    The constant goes through BROADCAST_TO, whose size BROADCAST_ARGS has from SHAPE.
    """
    main = model.subgraphs[0]
    convolutions = [op for op in main.operators if _code(model, op) == "CONV_3D"]
    assert convolutions
    for convolution in convolutions:
        (maps,) = map(int, convolution.outputs)
        add = next(op for op in main.operators if maps in op.inputs)
        assert _code(model, add) == "ADD"
        (bias,) = (int(tensor) for tensor in add.inputs if int(tensor) != maps)
        rank, bias_shape = len(main.tensors[maps].shape), list(main.tensors[bias].shape)
        integers = schema.TensorType.INT32
        own = _constant(model, np.array(bias_shape, np.int32))
        shape, common = (_tensor(model, [rank], integers) for _ in range(2))
        spread = _tensor(model, list(main.tensors[maps].shape), main.tensors[bias].type)
        options = schema.ShapeOptionsT()
        options.outType = integers
        place = main.operators.index(add)
        main.operators[place:place] = [
            _operator(model, "SHAPE", [maps], [shape], options),
            _operator(model, "BROADCAST_ARGS", [shape, own], [common]),
            _operator(model, "BROADCAST_TO", [bias, common], [spread]),
        ]
        add.inputs = [spread if int(tensor) == bias else int(tensor) for tensor in add.inputs]


def _code(model: Any, operator: Any) -> str:
    names = {code: name for name, code in vars(schema.BuiltinOperator).items()}
    return str(names[model.operatorCodes[operator.opcodeIndex].builtinCode])


def _tensor(model: Any, shape: list[int], kind: int, buffer: int = 0) -> int:
    tensor = schema.TensorT()
    tensor.shape, tensor.type, tensor.buffer, tensor.name = shape, kind, buffer, b""
    model.subgraphs[0].tensors.append(tensor)
    return len(model.subgraphs[0].tensors) - 1


def _constant(model: Any, values: Any) -> int:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    model.buffers.append(buffer)
    kind = schema.TensorType.INT32
    return _tensor(model, list(values.shape), kind, len(model.buffers) - 1)


def _operator(
    model: Any, name: str, inputs: list[int], outputs: list[int], options: Any = None
) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 2 if name == "BROADCAST_TO" else 1
    model.operatorCodes.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = inputs, outputs
    if options is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        operator.builtinOptions = options
    return operator
