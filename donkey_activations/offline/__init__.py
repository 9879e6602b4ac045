"""Mosaics of what was recorded before: the work behind ``donkey activations tub``."""
