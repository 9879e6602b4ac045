"""``donkey activations VERB …``: every module of this package is one verb.

A verb module offers what ``cli.main.Verb`` lists. It imports nothing heavy before ``run``, so that
``--help`` stays fast; a new verb is a new file and no other change.
"""
