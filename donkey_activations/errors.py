"""The errors a caller can meet.

Every message says what was expected, what came, and what to do next, in one line.
"""


class ActivationsError(Exception):
    """Root of all errors that this package raises on purpose."""


class ModelError(ActivationsError):
    """A pilot file that cannot be read, has no convolution, or is unsafe to load."""


class SizeError(ModelError):
    """A pilot whose network does not run at a size of the image that was asked for."""


class FrameError(ActivationsError):
    """A camera frame of another shape or dtype than the pilot takes."""


class LayoutError(ActivationsError):
    """A mosaic layout with an unknown key or a value out of range."""


class ConfigError(ActivationsError):
    """A car whose configuration does not fit: a wrong key, size, or part list."""


class TubError(ActivationsError):
    """A tub that cannot be read, or that pictures cannot be written to."""


class ExtensionError(ActivationsError):
    """A verb, a panel or an opener of another distribution that cannot be used."""
