"""Reads the layers' names out of a graph that was converted from a Keras 3 model.

Keras 3 opens a layer's name scope twice whenever the layer is called: to build it, and to compute.
TensorFlow makes equal scopes unique with a number at the end, so that what is computed always
stands in a numbered scope, at every level: layer ``conv2d_1`` of model ``linear`` computes in
``linear_1/conv2d_1_1``, in ``linear_1/conv2d_1_3`` when it is called again. Taking one number off
each level gives the author's names back, whatever they end in. One exception loses a name for good:
a layer inside of a ``TimeDistributed`` computes in the wrapper's scope and opens none.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from donkey_activations.extractors.naming import LayerNames

_KERAS_2_ONLY = re.compile(r"(.*/)?(Conv2D|Conv3D|conv2d_transpose|conv3d_transpose)\d*(/.*)?")
_KERAS_3_ONLY = re.compile(r"(?P<scope>.+)/(convolution|conv_transpose)(_\d+)?\d*")
# In both releases; others of the names in the graph tell them apart.
_EITHER = re.compile(
    r"(?P<scope>.+?)/(depthwise|separable_conv2d(_\d+)?/depthwise|separable_conv2d)(_\d+)?\d*"
)
_KERAS_2_CONSTANT = re.compile(r"(.*/)?(BiasAdd/ReadVariableOp|FusedBatchNormV3(/.*)?)\d*")
_BY_HAND = re.compile(r"(.+/)?(Add|Sub|Mul|RealDiv)(_\d+)?\d*")
_NUMBERED = re.compile(r".+_\d+")
# A loop is no layer, and its scope is opened once.
_LOOP = "while"
_GATES = re.compile(r"(?P<layer>.+?)(/while)?/conv_lstm_cell_\d+")


class ConvolutionNames(NamedTuple):
    """What a convolution in a graph is called.

    Attributes:
        kernel: The name of its weights' tensor.
        output: The name of the tensor that it writes.
    """

    kernel: str
    output: str


def is_keras_3(convolutions: Iterable[ConvolutionNames], tensors: Iterable[str]) -> bool:
    """Return whether the names in a graph are those that Keras 3 gives.

    Keras 2 names the operation of a convolution after the layer's class, and Keras 3 always
    ``convolution`` or ``conv_transpose``. The gates of Keras 2's recurrent convolutions are called
    so as well, but compute in the scope of a loop. Where all convolutions are depthwise, it is
    Keras 3's if every scope is numbered and no bias or normalisation is stored as Keras 2 does.

    Args:
        convolutions: All of the graph, with those inside of its loops.
        tensors: The names of all tensors of the graph.
    """
    paths = [path for names in convolutions for path in ";".join(names).split(";")]
    if any(map(_KERAS_2_ONLY.fullmatch, paths)):
        return False
    found = [match for match in map(_KERAS_3_ONLY.fullmatch, paths) if match is not None]
    if not found:
        found = [match for match in map(_EITHER.fullmatch, paths) if match is not None]
        names = (name for tensor in tensors for name in tensor.split(";"))
        if any(map(_KERAS_2_CONSTANT.fullmatch, names)):
            return False
    return bool(found) and all(_is_layer(match["scope"]) for match in found)


def _is_layer(scope: str) -> bool:
    *outer, last = scope.split("/")
    numbered = [_NUMBERED.fullmatch(level) for level in [*outer, last] if level != _LOOP]
    return last != _LOOP and all(numbered)


class Keras3Names(LayerNames):
    """The names that Keras 3 gives, with the numbers in them that tell the calls of a layer."""

    layer_and_operation = re.compile(
        r"(?P<layer>.+?)/(?P<operation>separable_conv2d(?:_\d+)?/depthwise\d*"
        r"|batchnorm(?:_\d+)?/(?:add|mul|sub|Rsqrt)[_\d]*"
        r"|[^/]+/(?:ReadVariableOp|SpaceToBatchND|BatchToSpaceND)\d*"
        r"|(?:clip_by_value(?:_\d+)?/Minimum|LogSigmoid(?:_\d+)?/(?:Neg|Softplus)"
        r"|sort(?:_\d+)?/TopKV2)\d*"
        r"|[^/]+)"
    )
    convolution = re.compile(
        r"(convolution|conv_transpose|depthwise|separable_conv2d)(_\d+)?(\d*|/.*)"
    )

    def convolution_scope(self, kernel_name: str, output_name: str) -> str | None:
        """See ``LayerNames``; equal kernels are kept once, so that one may have another's name."""
        if self.is_grouped(kernel_name, output_name):
            return self.scope_without_path(output_name)
        in_output, in_kernel = self.scopes_of(output_name), self.scopes_of(kernel_name)
        named = [scope for scope, is_convolution in in_output + in_kernel if is_convolution]
        return next(iter(named + [scope for scope, _ in in_output]), None)

    def recurrent_scope(self, kernel_name: str, output_name: str) -> str | None:
        """See ``LayerNames``."""
        match = _GATES.fullmatch(self.convolution_scope(kernel_name, output_name) or "")
        return None if match is None else match["layer"]

    def is_by_hand(self, tensor_name: str) -> bool:
        """See ``LayerNames``; in an activation of Keras, arithmetic has small letters."""
        return _BY_HAND.fullmatch(tensor_name.partition(";")[0]) is not None

    def author_path(self, scope: str) -> str:
        """See ``LayerNames``."""
        return re.sub(r"_\d+(?=/|$)", "", scope)
