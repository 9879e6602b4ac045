"""What is found out about a tub and a pilot: one module a question."""
