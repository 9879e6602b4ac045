"""Putting the part into the drive loop."""
