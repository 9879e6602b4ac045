"""Recorded tubs, seen through a pilot."""
