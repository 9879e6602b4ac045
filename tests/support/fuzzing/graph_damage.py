"""Damage to `.tflite` files that mostly changes what the graph is."""

from functools import lru_cache
from random import Random

from ai_edge_litert import schema_py_generated as schema


@lru_cache(maxsize=8)
def structure_of(content: bytes) -> list[int]:
    """The places outside of the large weights, where damage changes what the graph is."""
    weights = bytearray(len(content))
    for buffer in schema.ModelT.InitFromPackedBuf(content, 0).buffers:
        if buffer.data is not None and len(buffer.data) > 64:
            start = content.find(bytes(buffer.data))
            weights[start : start + len(buffer.data)] = b"\1" * len(buffer.data)
    return [place for place, weight in enumerate(weights) if not weight]


def damaged_graph(content: bytes, chance: Random) -> bytes:
    """A copy cut short, or with one to seven bytes changed, mostly in its structure."""
    if chance.random() < 0.15:
        return content[: chance.randrange(len(content))]
    damaged = bytearray(content)
    structure = structure_of(content)
    for _ in range(1 if chance.random() < 0.7 else chance.randrange(2, 8)):
        in_structure = chance.random() < 0.85
        place = chance.choice(structure) if in_structure else chance.randrange(len(content))
        damaged[place] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    return bytes(damaged)
