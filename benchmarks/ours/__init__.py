"""Ours, and what bounds it from below: each file a process that takes turns."""
