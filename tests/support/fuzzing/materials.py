"""Makes the sound files that are damaged afterwards: small pilots in every format, tubs, images.

python -m fuzzing.materials FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from drawn_frames import draw_frame, write_frame_tub
from PIL import Image

from fuzzing.case import SECRET

HEIGHT, WIDTH, RECORDS = 32, 40, 6
KERAS = (".h5", ".keras", ".savedmodel", ".json")
TFLITES = ("small.tflite", "residual.tflite", "kinds.tflite", "foreign.tflite")


def write_images(folder: Path) -> None:
    """One image of every format and kind of pixels that is read."""
    folder.mkdir()
    colour = Image.fromarray(draw_frame(3, HEIGHT, WIDTH))
    grey, palette = colour.convert("L"), colour.quantize(16)
    clear = colour.convert("RGBA")
    clear.putalpha(grey)
    deep = Image.fromarray(np.asarray(grey, np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    saved: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "colour.jpg": (colour, {}),
        "grey.jpg": (grey, {}),
        "turned.jpg": (colour, {"exif": exif}),
        "progressive.jpg": (colour, {"progressive": True}),
        "cmyk.jpg": (colour.convert("CMYK"), {}),
        "colour.png": (colour, {}),
        "clear.png": (clear, {}),
        "palette.png": (palette, {"transparency": 3}),
        "deep.png": (deep, {}),
        "two.png": (grey.convert("1"), {}),
        "many.png": (colour, {"save_all": True, "append_images": [clear.convert("RGB")] * 3}),
        "colour.bmp": (colour, {}),
        "palette.bmp": (palette, {}),
        "moving.gif": (palette, {"save_all": True, "append_images": [grey.quantize(4)] * 4}),
        "deep.tiff": (deep, {}),
        "packed.tiff": (colour, {"compression": "tiff_lzw"}),
        "deflated.tiff": (clear, {"compression": "tiff_deflate"}),
        "jpeg.tiff": (colour, {"compression": "jpeg"}),
        "numbers.tiff": (grey.convert("F"), {}),
        "colour.ppm": (colour, {}),
        "colour.webp": (colour, {}),
        "moving.webp": (colour, {"save_all": True, "append_images": [clear] * 3}),
        "colour.jp2": (colour, {}),
    }
    for name, (image, options) in saved.items():
        image.save(folder / name, **options)


def write_old_tub(tub: Path, old: Path) -> None:
    """The records of a tub as Donkeycar 3 wrote them."""
    old.mkdir()
    for number in range(RECORDS):
        image = f"{number}_cam-image_array_.jpg"
        (old / image).write_bytes((tub / "images" / f"{number}_cam_image_array_.jpg").read_bytes())
        values = {"cam/image_array": image, "user/angle": 0.1, "user/throttle": 0.2}
        record = {**values, "user/mode": "user", "milliseconds": 50 * number}
        (old / f"record_{number}.json").write_text(json.dumps(record))
    (old / "meta.json").write_text("{}")


def write_pilots(folder: Path) -> None:
    """A pilot of two convolutions in every format, and graphs with many kinds of operators."""
    # What builds pilots sets up TensorFlow when it is imported.
    import pilot_kinds as kinds
    import tensorflow as tf

    layers = kinds.L
    small = tf.keras.Sequential(
        [layers.Input((HEIGHT, WIDTH, 3), name="img_in"),
         layers.Conv2D(4, 5, strides=2, activation="relu", name="conv_a"),
         layers.Conv2D(5, 3, activation="relu", name="conv_b"),
         layers.Flatten(), layers.Dense(2, name="out")],
        name="small",
    )  # fmt: skip
    foreign = tf.keras.Sequential(
        [layers.Input((4, HEIGHT, WIDTH, 1), name="img_in"),
         layers.Conv3D(3, 3, name="conv_a"), layers.MaxPooling3D((1, 2, 2)),
         layers.Conv3D(4, (2, 3, 3), name="conv_b"), layers.Flatten(), layers.Dense(2)],
        name="foreign",
    )  # fmt: skip
    folder.mkdir()
    graphs = [small, kinds.residual()[0], kinds.kinds_of_convolution()[0], foreign]
    for name, model in zip(TFLITES, graphs, strict=True):
        kinds.save(model, folder / name.removesuffix(".tflite"), ".tflite")
    for suffix in KERAS:
        kinds.save(small, folder / "small", suffix)


def main(folder: Path) -> None:
    Image.fromarray(np.full((10, 14, 3), 200, np.uint8)).save(folder / SECRET)
    write_images(folder / "images")
    write_frame_tub(folder / "tub", RECORDS, HEIGHT, WIDTH)
    write_old_tub(folder / "tub", folder / "old")
    write_pilots(folder / "pilots")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
