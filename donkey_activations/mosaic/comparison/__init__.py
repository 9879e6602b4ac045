"""One pilot at several sizes, side by side."""
