"""The examples of docs/extending.md: put where the page says, and run as it says."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from documented_car import DocumentedCar
from markdown_blocks import REPOSITORY, Block, blocks_of
from PIL import Image

from donkey_activations import open_extractor, read_tub
from donkey_activations.export.picture import compute_image
from donkey_activations.mosaic.colours import THEMES
from donkey_activations.tubs.records import read_frame

PAGE = REPOSITORY / "docs" / "extending.md"
PACKAGE = "donkey_activations"
OWN_DISTRIBUTION = "## A distribution of your own"


@dataclass(frozen=True)
class Followed:
    """What there is after a reader has done all that the page says."""

    car: DocumentedCar
    printed: dict[str, str]


def put(block: Block, checkout: Path, car: Path) -> None:
    """Writes a block's file: a module into the package, anything else into the car's folder."""
    assert block.file is not None
    folder = checkout if block.file.startswith(f"{PACKAGE}/") else car
    with (folder / block.file).open("x") as file:  # each is one new file
        file.write(block.text)


def section_line() -> int:
    """The line of the page from which on it is about a distribution instead of a checkout."""
    return PAGE.read_text(encoding="utf-8").splitlines().index(OWN_DISTRIBUTION) + 1


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, as it would be installed."""
    folder = tmp_path_factory.mktemp("checkout")
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / PACKAGE, folder / PACKAGE, ignore=without)
    shutil.copytree(REPOSITORY / "templates", folder / PACKAGE / "templates", ignore=without)
    return folder


@pytest.fixture(scope="module")
def followed(
    checkout: Path, car_of_the_pages: DocumentedCar, tmp_path_factory: pytest.TempPathFactory
) -> Followed:
    home = tmp_path_factory.mktemp("followed") / "home"
    car = car_of_the_pages.copy_to(home, package_home=checkout)
    printed = {}
    for block in blocks_of(PAGE):
        if block.line > section_line():
            break  # tests/docs/test_own_distribution.py does what this section says
        if block.file is not None:
            put(block, checkout, car.path)
        for command, _ in block.calls:
            done = car.run(command)
            assert done.returncode == 0, f"{block.place}: {command}\n{done.stdout}{done.stderr}"
            printed[command] = done.stdout
    return Followed(car, printed)


def test_every_block_of_the_page_is_a_file_or_commands() -> None:
    for block in blocks_of(PAGE):
        assert (block.file is None) == bool(block.calls), block.place
        assert block.file is not None or not block.language, block.place


def test_the_verb_is_in_the_help_and_counts_silent_filters(followed: Followed) -> None:
    done = followed.car.run("donkey activations --help")
    assert "count the filters that are silent in an image" in done.stdout
    (printed,) = (text for call, text in followed.printed.items() if "silent --model" in call)
    extractor = open_extractor(followed.car.path / "models" / "mypilot.tflite")
    maps = compute_image(extractor, followed.car.path / "photos" / "road.jpg").maps
    expected = [
        f"{layer.name}: {np.sum(~of_layer.any(axis=(0, 1)))} of {layer.filters} silent"
        for layer, of_layer in zip(extractor.layers, maps, strict=True)
    ]
    assert printed.splitlines()[-len(expected) :] == expected


def test_the_question_is_answered_as_if_each_frame_were_looked_at(followed: Followed) -> None:
    (printed,) = (
        text for call, text in followed.printed.items() if "firing" in call and "5" in call
    )
    shares = json.loads(printed.splitlines()[-1])
    extractor = open_extractor(followed.car.path / "models" / "mypilot.tflite")
    records = [one for one in read_tub(followed.car.path / "data").records if one.index % 5 == 0]
    for number, layer in enumerate(extractor.layers):
        fires = [extractor(read_frame(record, 3))[number].any(axis=(0, 1)) for record in records]
        np.testing.assert_allclose(shares[layer.name], np.mean(fires, axis=0))


def test_the_panels_bars_are_in_the_mosaic_and_as_long_as_the_share_of_live_filters(
    followed: Followed,
) -> None:
    picture = np.asarray(Image.open(followed.car.path / "live.png").convert("RGB"))
    extractor = open_extractor(followed.car.path / "models" / "mypilot.tflite")
    maps = compute_image(extractor, followed.car.path / "photos" / "road.jpg").maps
    shares = [of_layer.any(axis=(0, 1)).mean() for of_layer in maps]
    theme = THEMES["dark"]
    full = (picture == theme.user).all(axis=2)
    of_bars = np.flatnonzero(full.sum(axis=1) > 50)
    bars = np.split(of_bars, np.flatnonzero(np.diff(of_bars) > 1) + 1)
    assert len(bars) == len(shares)
    for rows, share in zip(bars, shares, strict=True):
        line = picture[rows[len(rows) // 2]]
        left = int(np.flatnonzero(full[rows[0]])[0])
        width = int((line[left:] != theme.background).any(axis=1).sum())
        assert full[rows[0]].sum() == pytest.approx(share * width, abs=1)


def test_the_engine_opens_its_pilot_and_computes_the_convolution(followed: Followed) -> None:
    (printed,) = (text for call, text in followed.printed.items() if "layers --model" in call)
    assert "engine: numpy; input: one frame of 160x120 RGB" in printed
    assert "convolution  Conv2D  156x116x8         5x5 px" in printed
    pilot = followed.car.path / "models" / "mypilot.npz"
    image = followed.car.path / "photos" / "road.jpg"
    maps = _computed_by_the_example(followed, pilot, image)
    with np.load(pilot) as arrays:
        kernel = arrays["kernel"]
    # The same network's frame comes from the stock pilot, which takes the same size.
    frame = compute_image(open_extractor(pilot.with_suffix(".tflite")), image).frame / 255
    for row, column, number in [(0, 0, 0), (115, 155, 7), (57, 80, 3)]:
        cell = (frame[row : row + 5, column : column + 5] * kernel[..., number]).sum()
        assert maps[row, column, number] == pytest.approx(max(cell, 0), abs=1e-4)


def _computed_by_the_example(followed: Followed, pilot: Path, image: Path) -> np.ndarray:
    """The maps by the copy of the package, which this process has not loaded."""
    followed.car.call(
        [
            *("donkey", "activations", "image", "--model", str(pilot)),
            *("--image", str(image), "--out", "maps.png", "--npz", "maps.npz"),
        ]
    )
    with np.load(followed.car.path / "maps.npz") as arrays:
        return np.asarray(arrays["convolution"])


def test_a_tub_gets_mosaics_of_the_new_engine(followed: Followed) -> None:
    (folder,) = (followed.car.path / "data" / "activations").glob("mypilot-*")
    assert len(list(folder.glob("*.jpg"))) == len(
        list((followed.car.path / "data" / "images").glob("*.jpg"))
    )


def test_a_bad_wish_is_answered_in_one_line(followed: Followed) -> None:
    model = "--model models/mypilot.npz"
    for words, said in (
        (f"layers {model} --layers conv2d", "expected the layer convolution"),
        (f"image {model} --image photos/road.jpg --size 80x60 --out x.png", "no other size"),
        ("silent --model models/mypilot.npz --image none.jpg", "none.jpg"),
    ):
        done = followed.car.run(f"donkey activations {words}")
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_the_examples_are_in_the_style_of_the_house(checkout: Path, followed: Followed) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", checkout)
    files = [block.file for block in blocks_of(PAGE) if block.language == "python" and block.file]
    modules = [file for file in files if file.startswith(f"{PACKAGE}/")]
    assert len(modules) == 4
    for check in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, *modules],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
