"""A ``.tflite`` graph: read it, write a part of it, and what its cells see of the image."""
