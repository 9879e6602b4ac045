"""Cuts a ``.tflite`` graph behind its last convolution: bytes in, bytes out.

A cut graph is a flatbuffer of its own. Its inputs are those of the pilot that the feature maps
depend on, its outputs the maps in the order in which the network computes them, each tensor named
``kind:name`` after its layer, so that nothing but the bytes has to be kept to know what they show.
"""

from collections.abc import Mapping, Sequence

from donkey_activations.errors import ModelError
from donkey_activations.extractors.graph_layers import FoundLayer, GraphLayers
from donkey_activations.extractors.naming import display_names, unknown_layers
from donkey_activations.graphs.flatbuffer import Graph, read_graph, write_part


def cut(content: bytes, layers: Sequence[str] | None = None) -> bytes:
    """Keeps of a graph what computes the wanted layers.

    Args:
        content: A whole ``.tflite`` file.
        layers: Names of the wanted layers: convolutions, or any others with spatial output. None
            is every convolution.

    Returns:
        The cut graph.

    Raises:
        ModelError: The bytes are no readable model, there is no convolution in it, or no layer of
            a wanted name.
    """
    graph = read_graph(content)
    return _checked(graph, layers)


def _checked(graph: Graph, layers: Sequence[str] | None) -> bytes:
    try:
        return write_part(graph, _labels(graph, layers))
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        # Indices and sizes in a damaged file point anywhere.
        raise ModelError(f"the .tflite file is damaged ({error!r}); copy it again") from error


def label_outputs(content: bytes, labels: Mapping[str, str]) -> bytes:
    """Orders and names the outputs of a graph that already has the maps as its outputs.

    Args:
        content: A ``.tflite`` file with one signature.
        labels: ``kind:name`` of each output by its name in the signature, in the wanted order.

    Returns:
        The cut graph.

    Raises:
        ModelError: The bytes are no readable model, or have no signature: so TensorFlow converts
            what it cannot save, as a model with damaged settings.
    """
    graph = read_graph(content)
    if not graph.model.signatureDefs:
        raise ModelError(
            "TensorFlow converts this network only to a graph without names; save the pilot again, "
            "or give the .tflite of the same training"
        )
    outputs = graph.model.signatureDefs[0].outputs
    tensors = {entry.name.decode(): int(entry.tensorIndex) for entry in outputs}
    return write_part(graph, {tensors[key]: label for key, label in labels.items()})


def _labels(graph: Graph, wanted: Sequence[str] | None) -> dict[int, str]:
    found = GraphLayers(graph)
    if not found.convolutions:
        raise ModelError(
            "expected a pilot with at least one convolution, found none; "
            "a network of dense layers alone has no feature maps to show"
        )
    names = display_names([layer.path for layer in found.convolutions])
    by_name: dict[str, FoundLayer] = dict(zip(names, found.convolutions, strict=True))
    if wanted is not None:
        others = found.others()
        missing = [name for name in wanted if name not in by_name and name not in others]
        if missing:
            raise ModelError(unknown_layers(missing, [*by_name, *others], names))
        by_name = {name: by_name[name] if name in by_name else others[name] for name in wanted}
    written = {int(t): n for n, op in enumerate(graph.operators) for t in op.outputs}
    ordered = sorted(by_name.items(), key=lambda item: written[item[1].tensor])
    return {layer.tensor: f"{layer.kind}:{name}" for name, layer in ordered}
