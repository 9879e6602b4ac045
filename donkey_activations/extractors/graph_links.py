"""What stands between layers in a ``.tflite`` graph and leaves their maps as they are.

Quantised graphs hand maps as real numbers to operators that know no others. Of layers that are
called at each step of a sequence, the ``TimeDistributed`` of Keras 2 computes all steps at once, as
a batch, and shapes the maps anew before and behind it. That of Keras 3 computes each step by
operators of its own, and stacks what they give; the next layer takes the stack apart again.
"""

from typing import Any

import numpy as np

from donkey_activations.graphs.receptive_field.following import reads_values
from donkey_activations.graphs.tflite import Graph

_NUMBERS = {"DEQUANTIZE", "QUANTIZE"}


def in_next_layer(graph: Graph, tensor: int) -> int | None:
    """Return the tensor in which the next layer finds a layer's maps.

    Args:
        graph: The graph.
        tensor: What the layer gives, maybe at one step of several.

    Returns:
        The tensor, which may hold the maps of the other steps as well; None where nothing stands
        between the layers, or not all steps go on.
    """
    readers = readers_of_values(graph, tensor)
    if len(readers) != 1:
        return None
    output = int(readers[0].outputs[0])
    if graph.operator_name(readers[0]) == "PACK":
        return _taken_again(graph, list(map(int, readers[0].inputs)).index(tensor), output)
    return output if keeps_maps(graph, readers[0]) else None


def keeps_maps(graph: Graph, operator: Any) -> bool:
    """Return whether an operator gives the maps that it reads, as other numbers or in a batch."""
    if graph.operator_name(operator) in _NUMBERS:
        return True
    if graph.operator_name(operator) != "RESHAPE":
        return False
    read, given = (graph.shape(int(one)) for one in (operator.inputs[0], operator.outputs[0]))
    return min(len(read), len(given)) >= 4 and read[-3:] == given[-3:]


def _taken_again(graph: Graph, step: int, stack: int) -> int | None:
    readers = readers_of_values(graph, stack)
    names = [graph.operator_name(reader) for reader in readers]
    if "STRIDED_SLICE" not in names:
        return stack
    if names != ["STRIDED_SLICE"] * graph.shape(stack)[0]:
        return None
    return next((int(one.outputs[0]) for one in readers if _begin(graph, one) == step), None)


def _begin(graph: Graph, strided_slice: Any) -> int | None:
    """Return where an operator begins along the first axis; None where the graph computes that."""
    begin = int(strided_slice.inputs[1])
    if not graph.is_constant(begin):
        return None
    data = graph.model.buffers[graph.tensors[begin].buffer].data
    return int(np.frombuffer(bytes(data), np.int32)[0])


def readers_of_values(graph: Graph, tensor: int) -> list[Any]:
    """Return the operators that read what is in a tensor, and not only its shape."""
    return [one for one in graph.readers.get(tensor, []) if reads_values(graph, one)]
