"""Reads the layers' names out of the names that a converter gave to a graph's tensors.

A converted Keras layer leaves its path in them: its kernel is ``linear/conv2d_1/Conv2D``, its
output ``linear/conv2d_1/Relu;linear/conv2d_1/BiasAdd;…``, with the paths of whatever else was fused
into the operator, which may be those of other layers.
"""

import re


class LayerNames:
    """The names that Keras 2 gives, of any version.

    Attributes:
        layer_and_operation: A layer's path, and the operation inside the layer.
        convolution: The operations that are convolutions.
    """

    # The path's end is the operation inside the layer, mostly of one step. The digits make equal
    # names unique. Of an activation that is made of several, some have a step more.
    layer_and_operation = re.compile(
        r"(?P<layer>.+?)/(?P<operation>separable_conv2d/depthwise\d*"
        r"|[^/]+/(?:ReadVariableOp|SpaceToBatchND|BatchToSpaceND)\d*"
        r"|clip_by_value(?:_\d+)?/Minimum\d*"
        r"|[^/]+)"
    )
    convolution = re.compile(
        r"(Conv2D|Conv3D|depthwise|conv2d_transpose|conv3d_transpose|separable_conv2d)(\d*|/.*)"
    )

    def scopes_of(self, tensor_name: str) -> list[tuple[str, bool]]:
        """Splits a tensor's name into the scopes of layers.

        Args:
            tensor_name: Such as ``linear/conv2d_1/Relu;linear/conv2d_1/BiasAdd``.

        Returns:
            Each layer's scope (``linear/conv2d_1``), and whether the operation named there is a
            convolution.
        """
        found = map(self.layer_and_operation.fullmatch, tensor_name.split(";"))
        return [
            (match["layer"], bool(self.convolution.fullmatch(match["operation"])))
            for match in found
            if match is not None
        ]

    def convolution_scope(self, kernel_name: str, output_name: str) -> str | None:
        """Returns the scope of a convolution's layer, or None where the names do not tell.

        Args:
            kernel_name: Name of its weights' tensor.
            output_name: Name of the tensor that it writes.
        """
        votes: dict[str, int] = {}
        convolutions = set()
        for name, weight in ((kernel_name, 3), (output_name, 1)):
            for scope, is_convolution in self.scopes_of(name):
                votes[scope] = votes.get(scope, 0) + (2 * weight if is_convolution else weight)
                convolutions |= {scope} if is_convolution else set()
        # A normalisation that is folded into the kernel may be named more often than its layer.
        candidates = [scope for scope in votes if scope in convolutions] or list(votes)
        return max(candidates, key=lambda scope: votes[scope], default=None)

    def recurrent_scope(self, kernel_name: str, _output_name: str) -> str | None:
        """Returns the scope of the recurrent layer that a convolution is a gate of, if it is one.

        Args:
            kernel_name: Name of its weights' tensor.
            output_name: Name of the tensor that it writes.
        """
        scope, _, operation = kernel_name.rpartition("/")
        return scope.removesuffix("/while") if operation.startswith("convolution") else None

    def author_path(self, scope: str) -> str:
        """Returns the path of a layer with the names that its author gave."""
        return scope
