"""Pilots that are opened."""
