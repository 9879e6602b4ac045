"""Which Keras the Donkeycar of this Python brings, also where TensorFlow is left out."""

import sys

KERAS_3 = sys.version_info >= (3, 12)
"""Donkeycar 5.4 is for Python 3.12 and 3.13, and 5.3 for 3.11."""
