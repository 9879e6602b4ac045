"""LiteRT alone: the interpreter's ``invoke``, with nothing before and nothing after it.

Either the pilot as it drives, or cut behind its last convolution with that one's maps as the only
output.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from turns import serve

from donkey_activations import open_extractor
from donkey_activations.extractors import graph


def prepare(case: dict[str, Any]) -> tuple[Callable[[int], Any], Any]:
    """Set the interpreter up with a frame.

    Args:
        case: ``model`` and ``frames``, files; ``cut``; ``threads``.
    """
    content = Path(case["model"]).read_bytes()
    if case["cut"]:
        content = graph.cut(content, [open_extractor(case["model"]).layers[-1].name])
    interpreter = Interpreter(model_content=content, num_threads=case["threads"])
    interpreter.allocate_tensors()
    frame = np.load(case["frames"])[:1].astype(np.float32) / 255
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], frame)
    return lambda _: interpreter.invoke(), None


if __name__ == "__main__":
    serve(prepare)
