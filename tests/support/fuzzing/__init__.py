"""Hands damaged and hostile files and words to the commands, and watches what they do with them."""
