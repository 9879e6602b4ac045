"""Texts that are installed with the package and read with ``importlib.resources``, never run."""
