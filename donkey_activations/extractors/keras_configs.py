"""Finds in a Keras network's configuration what would run code or open other files on loading.

A configuration is read as plain JSON: nothing of it is made into an object.
"""

import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors import graph_operators

_TRUST = (
    "loading it can do anything on this computer; if you trust where it comes from, open it with "
    "--trust-model, ACTIVATIONS_TRUST_MODEL = True or trust_model=True"
)

_STORED_CODE = {
    "Lambda": "a Lambda: Python code stored in the file",
    "__lambda__": "made with a function stored in the file as Python code",
}
_OTHER_FILES = {"TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "FileLayer"}
_CALLS_BY_NAME = {"ClassMethod", "__typespec__"}

# Where Keras itself may be asked to look a class up by its name. Its utilities, savers and
# back ends are left out: they download, read and write.
_CLASS_MODULES = re.compile(
    r"((tensorflow\.python\.|tf_keras\.|tensorflow\.)?keras|tf_keras)(\.src)?"
    r"(\.(layers|activations|initializers|regularizers|constraints|losses|metrics|optimizers|"
    r"models|engine|dtype_policies|mixed_precision|random|ops)(\.\w+)*)?"
)
# Functions are looked up among all that a module has imported, so only in the public ones.
_FUNCTION_MODULES = re.compile(
    r"(builtins|(tf_)?keras\.(activations|initializers|regularizers|constraints|losses|metrics))"
)
_PLAIN_NAME = re.compile(r"(\w+>)?\w+")

# TensorFlow's functions, as layers made of plain operations (x / 255, tf.reshape(x, …)) name them.
_FAMILIES = (
    "__operators__.", "bitwise.", "image.", "linalg.", "math.", "nn.", "quantization.", "random.",
    "signal.", "keras.activations.",
)  # fmt: skip
_FUNCTIONS = {
    "abs", "add", "argsort", "boolean_mask", "broadcast_to", "cast", "clip_by_norm",
    "clip_by_value", "concat", "convert_to_tensor", "cumsum", "einsum", "ensure_shape", "exp",
    "expand_dims", "eye", "fill", "floor", "gather", "gather_nd", "identity", "identity_n",
    "matmul", "maximum", "meshgrid", "minimum", "multiply", "norm", "one_hot", "ones",
    "ones_like", "pad", "pow", "range", "rank", "realdiv", "repeat", "reshape", "reverse", "roll",
    "round", "scatter_nd", "searchsorted", "sequence_mask", "shape", "size", "slice", "sort",
    "space_to_batch", "batch_to_space", "space_to_batch_nd", "batch_to_space_nd", "sigmoid",
    "sign", "split", "sqrt", "square", "squeeze", "stack", "stop_gradient", "strided_slice",
    "subtract", "tanh", "tensor_scatter_nd_add", "tensor_scatter_nd_update", "tensordot", "tile",
    "transpose", "truediv", "unstack", "where", "zeros", "zeros_like",
}  # fmt: skip


@dataclass(frozen=True)
class _Place:
    """An object in a configuration, with the layer that it belongs to."""

    config: dict[str, Any]
    layer: str


def refuse(config: Any, imports: bool = True) -> None:
    """Refuse a network that would run stored code or open other files when it is loaded.

    Args:
        config: The configuration as ``json.loads`` gives it.
        imports: Whether Keras imports the modules that this configuration names.

    Raises:
        ModelError: It would; the message names the layer and the way to open it all the same.
    """
    for place in _objects(config):
        reason = _stored_code(place.config) or _called_by_name(place.config)
        if reason is None and imports:
            reason = _imported(place.config)
        if reason is not None:
            raise refusal(f"layer {place.layer} is {reason}")


def refusal(what: str) -> ModelError:
    """Return the error for a file that is not safe to load."""
    return ModelError(f"{what}; {_TRUST}")


def _objects(config: Any) -> Iterator[_Place]:
    # With a list of what is still to be read, as a nesting made deep on purpose would end Python.
    waiting: list[tuple[Any, str]] = [(config, "without a name")]
    while waiting:
        value, layer = waiting.pop()
        if isinstance(value, dict):
            layer = _layer_name(value) or layer
            yield _Place(value, layer)
            waiting.extend((inner, layer) for inner in value.values())
        elif isinstance(value, list):
            if _is_dumped_function(value):
                yield _Place({"class_name": "__lambda__"}, layer)
            waiting.extend((inner, layer) for inner in value)


def _layer_name(config: dict[str, Any]) -> str | None:
    inner = config.get("config")
    for holder in (inner if isinstance(inner, dict) else {}, config):
        name = holder.get("name")
        if isinstance(name, str) and name:
            return " ".join(name.split())[:80]
    return None


def _is_dumped_function(value: list[Any]) -> bool:
    """Return whether a list is ``[code, defaults, closure]``, as Keras dumps a Python function."""
    return (
        len(value) == 3
        and isinstance(value[0], str)
        and all(part is None or isinstance(part, list) for part in value[1:])
    )


def _class_names(config: dict[str, Any]) -> set[str]:
    names = (config.get("class_name"), config.get("registered_name"), config.get("spec_name"))
    return {name.rpartition(">")[2] for name in names if isinstance(name, str)}


def _stored_code(config: dict[str, Any]) -> str | None:
    for name in _class_names(config):
        if name in _STORED_CODE:
            return _STORED_CODE[name]
        if name in _OTHER_FILES:
            return f"a {name}, which loads another file"
    if any(key.endswith("_type") and value == "lambda" for key, value in config.items()):
        return _STORED_CODE["__lambda__"]
    if isinstance(config.get("vocabulary"), str):
        return "made with a vocabulary in another file"
    return None


def _called_by_name(config: dict[str, Any]) -> str | None:
    names = _class_names(config)
    inner = config.get("config")
    inner = inner if isinstance(inner, dict) else {}
    if names & _CALLS_BY_NAME:
        return "one that calls a function by its name"
    if names & {"TFOpLambda", "SlicingOpLambda"}:
        symbol = inner.get("function")
        return None if _is_harmless(symbol) else f"a call of tf.{symbol}"
    if "TensorFlowOpLayer" in names:
        node = inner.get("node_def")
        operator = node.get("op") if isinstance(node, dict) else None
        if not isinstance(operator, str):
            return "an operator in a form that cannot be checked"
        return f"the operator {operator}" if graph_operators.is_unsafe(operator) else None
    return None


def _is_harmless(symbol: Any) -> bool:
    if not isinstance(symbol, str):
        return False
    plain = symbol.removeprefix("compat.v1.")
    return plain.startswith(_FAMILIES) or plain in _FUNCTIONS


def _imported(config: dict[str, Any]) -> str | None:
    """Say which foreign class or function a configuration would have Keras import."""
    if not isinstance(config.get("class_name"), str) or config.get("module") is None:
        return None
    module, name = config["module"], config["class_name"]
    function = name == "function"
    if function and isinstance(config.get("config"), str):
        name = config["config"]
    allowed = _FUNCTION_MODULES if function else _CLASS_MODULES
    known = isinstance(module, str) and allowed.fullmatch(module) is not None
    # Keras looks functions of "builtins" up among its own first, and then among those of Python.
    known = known and not (function and module == "builtins" and hasattr(builtins, name))
    if (known or _is_marker(config)) and _PLAIN_NAME.fullmatch(name):
        return None
    return f"made with {name} from the Python module {module}, which would be imported"


def _is_marker(config: dict[str, Any]) -> bool:
    """Return whether Keras reads the object itself, such as an array, without an import."""
    markers = {
        "__tensor__",
        "__numpy__",
        "__bytes__",
        "__keras_tensor__",
        "__tuple__",
        "__slice__",
        "__ellipsis__",
    }
    return config["class_name"] in markers
