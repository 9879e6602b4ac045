"""The last section of docs/extending.md: its modules in a distribution that pip installs."""

from pathlib import Path

import numpy as np
import pytest
from built_package import Distributions
from drawn_frames import draw_frame
from markdown_blocks import REPOSITORY, blocks_of
from PIL import Image
from small_venv import SmallVenv

from donkey_activations.mosaic.colours import THEMES

PAGE = REPOSITORY / "docs" / "extending.md"
MODULES = {"silent", "live", "npz"}
OFFLINE = ("--no-index", "--no-deps", "--no-build-isolation")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """What the page writes into files, by the file's name."""
    blocks = (block for block in blocks_of(PAGE) if block.file is not None)
    return {Path(str(block.file)).name: block.text for block in blocks}


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, distributions: Distributions, texts: dict[str, str]
) -> SmallVenv:
    """An environment with our wheel and the page's distribution, beside a car's files."""
    folder = tmp_path_factory.mktemp("own") / "venv"
    environment = SmallVenv(folder)
    environment.unpack(distributions.wheel)
    package = folder / "donkey-extras" / "donkey_extras"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "pyproject.toml").write_text(texts["pyproject.toml"])
    for name in MODULES:
        (package / f"{name}.py").write_text(texts[f"{name}.py"])
    (command,) = (call for block in blocks_of(PAGE) for call, _ in block.calls if "pip" in call)
    _, install, target = command.split()
    done = environment.pip(install, *OFFLINE, str(folder / target))
    assert done.returncode == 0, done.stderr
    (folder / "models").mkdir()
    (folder / "live.yaml").write_text(texts["live.yaml"])
    Image.fromarray(draw_frame(0, 120, 160)).save(folder / "road.png")
    kernel = np.random.default_rng(7).normal(size=(5, 5, 3, 8))
    kernel[..., 3] = -1  # a filter that never fires
    np.savez(folder / "models" / "mypilot.npz", kernel=kernel, input_hw=[120, 160])
    return environment


def donkey(environment: SmallVenv, command: str) -> str:
    """What ``donkey activations`` prints, without Donkeycar's banner; nothing may be on stderr."""
    done = environment.donkey("activations", *command.split())
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout.partition("using donkey v")[2].partition("\n")[2]


def expected_maps(folder: Path) -> np.ndarray:
    """The pilot's maps of the image, summed up over the rows and columns of its kernel."""
    with np.load(folder / "models" / "mypilot.npz") as arrays:
        kernel = arrays["kernel"]
    frame = np.asarray(Image.open(folder / "road.png")) / 255
    maps = np.zeros((116, 156, 8))
    for row in range(5):
        for column in range(5):
            maps += frame[row : row + 116, column : column + 156] @ kernel[row, column]
    return np.maximum(maps, 0)


def test_its_verb_is_in_the_help_and_runs_on_its_format(installed: SmallVenv) -> None:
    assert "count the filters that are silent in an image" in donkey(installed, "--help")
    maps = expected_maps(installed.folder)
    silent = int((maps.max(axis=(0, 1)) <= 0).sum())
    assert silent
    printed = donkey(installed, "silent --model models/mypilot.npz --image road.png")
    assert printed == f"convolution: {silent} of 8 silent\n"


def test_its_opener_computes_what_numpy_does(installed: SmallVenv) -> None:
    command = "image --model models/mypilot.npz --image road.png --out maps.png --npz maps.npz"
    donkey(installed, f"{command} --quiet")
    expected = expected_maps(installed.folder)
    with np.load(installed.folder / "maps.npz") as arrays:
        assert arrays["convolution"] == pytest.approx(expected, abs=1e-4)


def test_its_panel_is_drawn(installed: SmallVenv) -> None:
    command = "image --model models/mypilot.npz --image road.png --layout live.yaml --out live.png"
    donkey(installed, f"{command} --quiet")
    picture = np.asarray(Image.open(installed.folder / "live.png").convert("RGB"))
    share = expected_maps(installed.folder).any(axis=(0, 1)).mean()
    theme = THEMES["dark"]
    full = (picture == theme.user).all(axis=2)
    row = int(full.sum(axis=1).argmax())
    left = int(np.flatnonzero(full[row])[0])
    width = int((picture[row, left:] != theme.background).any(axis=1).sum())
    assert share < 1
    assert full[row].sum() == pytest.approx(share * width, abs=1)


def test_its_pilot_is_offered_where_another_file_is_refused(installed: SmallVenv) -> None:
    (installed.folder / "models" / "mypilot.trt").write_bytes(b"ftrt" + bytes(100))
    done = installed.donkey("activations", "layers", "--model", "models/mypilot.trt")
    assert done.returncode == 2
    assert done.stderr.endswith("give mypilot.npz beside it\n")
