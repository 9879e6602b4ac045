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
        bias: The operation that adds a layer's bias.
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
    bias = re.compile(r"(?P<layer>.+)/BiasAdd(?:_\d+)?\d*")

    def scopes_of(self, tensor_name: str) -> list[tuple[str, bool]]:
        """Split a tensor's name into the scopes of layers.

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
        """Return the scope of a convolution's layer, or None where the names do not tell.

        Args:
            kernel_name: Name of its weights' tensor.
            output_name: Name of the tensor that it writes.
        """
        if self.is_grouped(kernel_name, output_name):
            return self.scope_without_path(output_name)
        votes: dict[str, int] = {}
        convolutions = set()
        for name, weight in ((kernel_name, 3), (output_name, 1)):
            for scope, is_convolution in self.scopes_of(name):
                votes[scope] = votes.get(scope, 0) + (2 * weight if is_convolution else weight)
                convolutions |= {scope} if is_convolution else set()
        # A normalisation that is folded into the kernel may be named more often than its layer.
        candidates = [scope for scope in votes if scope in convolutions] or list(votes)
        return max(candidates, key=lambda scope: votes[scope], default=None)

    def is_grouped(self, kernel_name: str, output_name: str) -> bool:
        """Return whether a convolution is one in groups, of which Keras loses the layer's path.

        It computes them in a function of their own, in whose names no layer stands.

        Args:
            kernel_name: Name of its weights' tensor.
            output_name: Name of the tensor that it writes.
        """
        names = (kernel_name, *output_name.split(";"))
        return any("/" not in name and self.convolution.fullmatch(name) for name in names)

    def scope_without_path(self, output_name: str) -> str | None:
        """Return the scope that tells the most of a convolution whose own path is lost.

        It is that of its bias, or else of what follows it. Where a convolution has a path there, it
        is another one, whose bias of zeros is kept for this one as well.

        Args:
            output_name: Name of the tensor that it writes.
        """
        scopes = [scope for scope, is_other in self.scopes_of(output_name) if not is_other]
        biased = (self.bias.fullmatch(name) for name in output_name.split(";"))
        return next((match["layer"] for match in biased if match), next(iter(scopes), None))

    def recurrent_scope(self, kernel_name: str, output_name: str) -> str | None:
        """Return the scope of the recurrent layer that a convolution is a gate of, if it is one.

        Args:
            kernel_name: Name of its weights' tensor.
            output_name: Name of the tensor that it writes.
        """
        scope, _, operation = kernel_name.rpartition("/")
        return scope.removesuffix("/while") if operation.startswith("convolution") else None

    def is_by_hand(self, tensor_name: str) -> bool:
        """Return whether a model's author computes a tensor of others, by what it is called."""
        return False

    def author_path(self, scope: str) -> str:
        """Return the path of a layer with the names that its author gave."""
        return scope
