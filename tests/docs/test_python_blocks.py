"""Every Python block of the pages, run with what stands around it in its reader's program."""

import pytest
from documented_car import DocumentedCar
from markdown_blocks import PAGES, Block, blocks_of

# What the reader has already: the vehicle in manage.py, a frame of the camera.
BEFORE = """
import donkeycar
import numpy as np
from PIL import Image

V, cfg, model_path = donkeycar.Vehicle(), donkeycar.load_config(), "models/mypilot.tflite"
frame = np.asarray(Image.open("data/images/7_cam_image_array_.jpg"))
"""

# By a line of the block: what its reader does next, and what then is said.
AFTERWARDS = {
    "add_activations(V, cfg, model_path)": (
        "V.start(max_loop_count=1)",
        "this car has none. Driving without mosaics",
    ),
    "picture = render_mosaic(frame, extractor.layers, maps)": (
        "print(picture.shape[1:], picture.dtype, len(maps))",
        "(664, 3) uint8 5",
    ),
    "    print(layer.name, values.shape, layer.receptive_field, values.max() > 0)": (
        "",
        "conv2d_5 (8, 13, 64) (61, 61)",
    ),
    "page = render_mosaic(frame, extractor.layers, extractor(frame), layout, controls=controls)": (
        "print(page.shape[1:], page.dtype, page.mean() > 100)",
        "(664, 3) uint8 True",
    ),
    "        brightest[seen.record.index] = float(seen.maps[-1].max())": (
        "print(len(brightest) == len(read_tub('data').records), min(brightest.values()) >= 0)",
        "True True",
    ),
    "    jpeg = mosaics.read_picture(mosaics.indexes()[0])": (
        "from donkey_activations.cli.main import main\n"
        "main(['tub', '--model', 'models/mypilot.tflite', '--tub', 'data', '--quiet'])\n"
        "print(*(one.read_picture(one.indexes()[0])[:2].hex() for one in recorded_sets('data')))",
        "ffd8",
    ),
    "class Greet:": ('Greet().run(["Ann", "Bob"])', "greetings to Ann Bob"),
}

# Its blocks are files, followed from the first to the last in test_worked_examples.py.
FOLLOWED_AS_A_WHOLE = {"extending.md"}

BLOCKS = [
    block
    for page in PAGES
    if page.name not in FOLLOWED_AS_A_WHOLE
    for block in blocks_of(page)
    if block.language == "python"
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_a_python_block_of_the_pages_runs(block: Block, car: DocumentedCar) -> None:
    known = [line for line in AFTERWARDS if f"{line}\n" in block.text]
    assert len(known) == 1, f"say in AFTERWARDS what comes of {block.place}"
    then, said = AFTERWARDS[known[0]]
    done = car.call(["python", "-c", f"{BEFORE}\n{block.text}\n{then}\n"])
    assert done.returncode == 0, done.stderr
    assert said in done.stdout + done.stderr


def test_no_block_is_expected_that_is_not_there() -> None:
    text = "".join(block.text for block in BLOCKS)
    assert all(line in text for line in AFTERWARDS)
