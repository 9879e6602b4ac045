"""``donkey activations VERB …``: every module of this package is one verb.

A verb module defines ``HELP`` (one line), ``EXAMPLE`` (one command line),
``add_arguments(parser)`` and ``run(args) -> int``. It imports nothing heavy before ``run``, so that
``--help`` stays fast; a new verb is a new file and no other change.
"""
