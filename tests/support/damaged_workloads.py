"""Counts what damaged copies of a `.tflite` file compute, in a process that LiteRT may end.

    python tests/support/damaged_workloads.py FILE COPIES

Prints as JSON how many of them were counted, and how many were refused.
"""

import json
import sys
from pathlib import Path
from random import Random

from fuzzing.graph_damage import damaged_graph

from donkey_activations.errors import ModelError
from donkey_activations.graphs.workload.workload import layer_workloads, workload


def main() -> None:
    content, copies = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    refused = 0
    for number in range(copies):
        damaged = damaged_graph(content, Random(number))
        try:
            found = workload(damaged)
            layer_workloads(damaged)
        except ModelError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert min(found.macs, found.parameters, found.activation_bytes) >= 0
    sys.stdout.write("\n" + json.dumps([copies - refused, refused]) + "\n")


if __name__ == "__main__":
    main()
