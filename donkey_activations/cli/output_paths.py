"""Which images are meant, and which files their mosaics become."""

import os
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

from donkey_activations.errors import ActivationsError

_SUFFIXES = (".png", ".jpg", ".jpeg")
_ENDING = "-activations.png"


def image_files(words: Sequence[str]) -> list[Path]:
    """Return the files that are meant by paths and patterns, each once.

    Args:
        words: Paths, as they are, whether there are such files or not; or patterns such as
            ``photos/*.jpg``, which a shell has left alone. No pattern means the mosaics of an
            earlier run.

    Raises:
        ActivationsError: A folder is named, or a pattern fits no file.
    """
    files: dict[str, Path] = {}
    for word in words:
        path = _expanded(word)
        if path.is_dir():
            raise ActivationsError(
                f"{word}: expected images, got a folder; name its files: '{path / '*.jpg'}'"
            )
        found = [path]
        if has_magic(word) and not path.exists():
            # Path.glob takes no absolute pattern.
            matches = map(Path, sorted(glob(str(path))))  # noqa: PTH207
            found = [match for match in matches if match.is_file() and _ENDING not in match.name]
            if not found:
                raise ActivationsError(f"{word}: expected images, no file fits; check the pattern")
        for file in found:
            files.setdefault(_real(file), file)
    return list(files.values())


def default_name(image: Path) -> str:
    """Return how the mosaic of an image is called where nobody says it."""
    return f"{image.stem}{_ENDING}"


def targets_of(images: Sequence[Path], out: Path | None) -> list[Path]:
    """Return the file that each image's mosaic becomes.

    Args:
        images: One or more.
        out: For one image its file, else a folder, which may be missing; None is the current
            folder.

    Raises:
        ActivationsError: A picture cannot be written there, or two would become one file.
    """
    if out is not None:
        out = _expanded(str(out))
        if len(images) == 1 and not out.is_dir():
            check_picture_path(out)
            return [out]
        if not out.is_dir() and (out.exists() or out.suffix.lower() in _SUFFIXES):
            raise ActivationsError(
                f"{out}: expected a folder for {len(images)} images, got a file; name a folder"
            )
    sources: dict[Path, Path] = {}
    for image in images:
        target = (out or Path()) / default_name(image)
        other = sources.setdefault(target, image)
        if other is not image:
            raise ActivationsError(
                f"{other} and {image}: expected different names, both would become {target}; "
                "draw them one after the other, with --out"
            )
    return list(sources)


def check_picture_path(path: Path) -> None:
    """Return before any work whether a picture can be written there.

    Raises:
        ActivationsError: It has no picture's suffix, or its folder is missing.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise ActivationsError(
            f"{path}: expected a name that ends in .png or .jpg, or a folder that exists; change it"
        )
    if not path.parent.is_dir():
        raise ActivationsError(
            f"{path}: expected a folder {path.parent}, found none; make it first"
        )


def check_free(targets: Sequence[Path], inputs: Sequence[Path | None], replace: bool) -> None:
    """Refuse to overwrite files that exist, or the inputs.

    Args:
        targets: The files that are to be written.
        inputs: The files and folders that are read, of which nothing is ever replaced.
        replace: Whether other files may be.

    Raises:
        ActivationsError: A file is there that must not be replaced.
    """
    read = {Path(_real(one)) for one in inputs if one is not None}
    for number, target in enumerate(targets):
        real = Path(_real(target))
        if real in read or not read.isdisjoint(real.parents):
            raise ActivationsError(f"{target}: expected another file than the input; name another")
        if real in {Path(_real(other)) for other in targets[:number]}:
            raise ActivationsError(
                f"{target}: expected different files, got one twice; name another"
            )
        if target.exists() and not (replace and target.is_file()):
            way_out = "add --force to replace it" if target.is_file() else "name another"
            raise ActivationsError(f"{target}: expected no such file, it is there; {way_out}")


def _real(path: Path) -> str:
    # Not Path.resolve, which raises where a link leads to itself.
    return os.path.realpath(path)


def _expanded(word: str) -> Path:
    try:
        return Path(word).expanduser()
    except RuntimeError as error:
        raise ActivationsError(f"{word}: there is no such user; give the whole path") from error
