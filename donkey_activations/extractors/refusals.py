"""What to tell of a graph that its engine refuses to run."""

import re

from donkey_activations.errors import ModelError
from donkey_activations.graphs.tflite import read_graph

# Behind its first sentence the engine tells of its own insides.
_FIRST_SENTENCE = re.compile(r"(.+?)(?:\.?\s*Node number \d|\.\s|\.?$)")
_LONGEST = 120
# How an operator of TensorFlow's is named where it stands in a .tflite.
_FLEX = "Flex"


def not_runnable(tflite: bytes, error: Exception) -> ModelError:
    """Return what to tell of a graph that cannot be run at all: first what to do about it.

    Args:
        tflite: The graph, whole or cut, which can be read.
        error: What the engine has raised.
    """
    graph = read_graph(tflite)
    own = [name for name in graph.custom_operators() if not name.startswith(_FLEX)]
    if any(tensor.sparsity is not None for tensor in graph.tensors):
        way_out = (
            "the weights of this .tflite are stored sparse (pruned), which cannot be run here; "
            "convert the pilot again without EXPERIMENTAL_SPARSITY"
        )
    elif own:
        way_out = (
            f"this .tflite has the operator {own[0]}, which is not LiteRT's own and cannot be run "
            "here; convert the pilot again with donkey train"
        )
    else:
        way_out = "this pilot cannot be run; copy it again, or convert it again with donkey train"
    way_out = f"{way_out}, or give the Keras file of the same training"
    return ModelError(f"{way_out} ({engine_words(error)})")


def engine_words(error: Exception) -> str:
    """Return the first sentence of what an engine has raised, for the end of a message."""
    text = " ".join(str(error).split())
    found = _FIRST_SENTENCE.match(text)
    return f"the engine says: {(found[1] if found else type(error).__name__)[:_LONGEST]}"
