"""The rows of the table: one file each, with ``measure(bench)``, which returns its results."""
