"""Opens damaged copies of a `.tflite` file one after the other, and says what became of each.

    python tests/support/mutated_files.py FILE FIRST END

The number of a copy goes out before it is opened, so that a crash is known by the last number.
"""

import random
import resource
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from donkey_activations import ActivationsError, open_extractor

MEMORY_BYTES = 4 << 30


def structure_of(content: bytes) -> list[int]:
    """The places outside of the large weights, where damage changes what the graph is."""
    weights = bytearray(len(content))
    for buffer in schema.ModelT.InitFromPackedBuf(content, 0).buffers:
        if buffer.data is not None and len(buffer.data) > 64:
            start = content.find(bytes(buffer.data))
            weights[start : start + len(buffer.data)] = b"\1" * len(buffer.data)
    return [place for place, weight in enumerate(weights) if not weight]


def mutate(content: bytes, structure: list[int], number: int) -> bytes:
    """A copy cut short, or with one to seven bytes changed, mostly in its structure."""
    chance = random.Random(number)
    if chance.random() < 0.2:
        return content[: chance.randrange(len(content))]
    damaged = bytearray(content)
    for _ in range(1 if chance.random() < 0.7 else chance.randrange(2, 8)):
        in_structure = chance.random() < 0.85
        place = chance.choice(structure) if in_structure else chance.randrange(len(content))
        damaged[place] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    return bytes(damaged)


def fate(file: Path) -> str:
    try:
        extractor = open_extractor(file)
        shape = extractor.input_shape
        if extractor.sequence_length > 1:
            shape = (extractor.sequence_length, *shape)
        extractor(np.zeros(shape, np.uint8))
    except ActivationsError as error:
        return "traceback" if "\n" in str(error) else "refused"
    except BaseException as error:  # noqa: BLE001 - a fate like any other
        return f"traceback {error!r}"
    return "opened"


def main(original: Path, first: int, end: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    content = original.read_bytes()
    structure = structure_of(content)
    damaged = original.with_name(f"damaged_{first}_{original.name}")
    for number in range(first, end):
        print(number, end=" ", flush=True)
        damaged.write_bytes(mutate(content, structure, number))
        print(fate(damaged), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
