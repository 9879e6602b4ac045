"""Cuts a ``.tflite`` graph behind its last convolution: bytes in, bytes out.

A cut graph is a flatbuffer of its own. Its inputs are those of the pilot that the feature maps
depend on, its outputs the maps in the order in which the network computes them, each tensor named
``kind:name`` after its layer, so that nothing but the bytes has to be kept to know what they show.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from donkey_activations.errors import ModelError
from donkey_activations.extractors.graph_functions import (
    name_inputs,
    seeing_the_camera,
    shown_function,
)
from donkey_activations.extractors.graph_layers import FoundLayer, GraphLayers
from donkey_activations.extractors.layer_names import (
    chosen_layers,
    display_names,
)
from donkey_activations.graphs.tflite import Graph, read_graph, write_part


def cut(content: bytes, layers: Sequence[str] | None = None) -> bytes:
    """Keep of a graph what computes the wanted layers.

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
    graph, labels = _read(content, layers)
    with _damage_reported():
        return write_part(graph, labels)


def tensors_shown(content: bytes, layers: Sequence[str] | None = None) -> dict[str, str]:
    """Return the tensors that become a cut graph's outputs.

    Args:
        content: A whole ``.tflite`` file.
        layers: As ``cut`` takes them.

    Returns:
        The names of the tensors in that file by their labels, ``kind:name``, in the same order.

    Raises:
        ModelError: As by ``cut``.
    """
    graph, labels = _read(content, layers)
    return {label: graph.tensor_name(tensor) for tensor, label in labels.items()}


def _read(content: bytes, layers: Sequence[str] | None) -> tuple[Graph, dict[int, str]]:
    """Return the function that is shown of a file, and the labels of its tensors to show."""
    graph = read_graph(content)
    with _damage_reported():
        graph = shown_function(graph)
        labels = _labels(graph, layers)
        return graph, labels if layers is not None else seeing_the_camera(graph, labels)


@contextmanager
def _damage_reported() -> Iterator[None]:
    try:
        yield
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        # Indices and sizes in a damaged file point anywhere.
        raise ModelError(f"the .tflite file is damaged ({error!r}); copy it again") from error


def label_outputs(content: bytes, labels: Mapping[str, str], *, chosen: bool) -> bytes:
    """Order and name the outputs of a graph that already has the maps as its outputs.

    Args:
        content: A ``.tflite`` file with one signature.
        labels: ``kind:name`` of each output by its name in the signature.
        chosen: Whether they were asked for by name; of all convolutions, those are left out that
            the camera's image does not go to.

    Returns:
        The cut graph; of branches beside each other, its maps come in the order of the ``.tflite``
        of the same training, so that both have the same picture.

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
    signature = graph.model.signatureDefs[0]
    tensors = {entry.name.decode(): int(entry.tensorIndex) for entry in signature.outputs}
    name_inputs(graph)
    written = _writers(graph)
    ordered = sorted(labels.items(), key=lambda item: written.get(tensors[item[0]], -1))
    outputs = {tensors[key]: label for key, label in ordered}
    return write_part(graph, outputs if chosen else seeing_the_camera(graph, outputs))


def _labels(graph: Graph, wanted: Sequence[str] | None) -> dict[int, str]:
    found = GraphLayers(graph)
    if not found.convolutions:
        foreign = [name for name in graph.custom_operators() if name.startswith("FlexConv")]
        if foreign:
            raise ModelError(
                f"its convolutions are TensorFlow's ({foreign[0]}), as mixed precision makes them, "
                "which no car runs; train the pilot with the policy float32, or give the Keras "
                "file of the same training"
            )
    names = display_names([layer.path for layer in found.convolutions])
    by_name: dict[str, FoundLayer] = dict(zip(names, found.convolutions, strict=True))
    if wanted is not None:
        paths = [layer.path for layer in found.convolutions]
        by_name = chosen_layers(wanted, paths, by_name, found.others())
    written = _writers(graph)
    ordered = sorted(by_name.items(), key=lambda item: written[item[1].tensor])
    return {layer.tensor: f"{layer.kind}:{name}" for name, layer in ordered}


def _writers(graph: Graph) -> dict[int, int]:
    """Return the index of the operator that computes a tensor, by tensor."""
    return {int(t): index for index, op in enumerate(graph.operators) for t in op.outputs}
