"""Names what is given in place of a pilot: other engines' files, archives, failed downloads."""

import zipfile
from pathlib import Path

_HEAD = 4096
_ZIP_SIGNATURE = b"PK\x03\x04"

# The number with which torch.save began its files before they were zip archives.
_TORCH_MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_CHECKPOINT_INDEX_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"

_TORCH = "a PyTorch or fastai pilot, whose layers cannot be read here"

_PILOTS = (".tflite", ".h5", ".hdf5", ".keras")

_SIGNATURES = (
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself (run git lfs pull)"),
    (b"ftrt", "a TensorRT engine, which only runs on the NVIDIA board it is made on"),
    (b"ptrt", "a TensorRT engine, which only runs on the NVIDIA board it is made on"),
    # schema_version = 1, then a graph
    (b"\x08\x01\x12", "the graph file out of a SavedModel (give the folder that it lies in)"),
    (b"\x1f\x8b", "a gzip archive (unpack it and give what is in it)"),
    (b"\xfd7zXZ\x00", "an xz archive (unpack it and give what is in it)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive (unpack it and give what is in it)"),
)


def head(path: Path) -> bytes:
    """Return the first bytes of a file, enough to tell what it is.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file.read(_HEAD)


def is_keras_zip(path: Path, start: bytes) -> bool:
    """Return whether a file that begins like this is an archive that ``model.save`` wrote."""
    names = _zip_names(path) if start.startswith(_ZIP_SIGNATURE) else []
    return "config.json" in names and any(
        name in names for name in ("metadata.json", "model.weights.h5", "model.weights.npz")
    )


def describe(path: Path, start: bytes) -> str:
    """Say what a file is that cannot be opened, for the place behind "this is".

    Args:
        path: The file.
        start: What ``head`` returns for it.

    Raises:
        OSError: It cannot be read.
    """
    for signature, what in _SIGNATURES:
        if start.startswith(signature):
            return what
    if start.startswith(_ZIP_SIGNATURE):
        return _describe_zip(path)
    return (
        _describe_pickle(start)
        or _describe_binary(path, start)
        or _describe_text(start)
        or _describe_by_name(path)
    )


def _describe_pickle(start: bytes) -> str | None:
    if start[:1] != b"\x80" or start[1:2] not in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return None
    if _TORCH_MAGIC in start[:32] or b"torch" in start or b"fastai" in start:
        return _TORCH
    return "a Python pickle, which may be a PyTorch or fastai pilot"


def _describe_binary(path: Path, start: bytes) -> str | None:
    if start[257:262] == b"ustar":
        return "a tar archive (unpack it and give what is in it)"
    if _is_onnx(start):
        return "an ONNX pilot, whose layers cannot be read here"
    if not start.strip(b"\0"):
        return "nothing but zeros, as a copy leaves it that was cut off (copy it again)"
    if _ends_with(path, _CHECKPOINT_INDEX_END):
        return "a TensorFlow checkpoint, which holds weights and not the network"
    return None


def _describe_zip(path: Path) -> str:
    names = _zip_names(path)
    if not names:
        return "a damaged or cut-short .keras or other zip archive (copy it again)"
    if any(name.rpartition("/")[2] == "data.pkl" for name in names):
        return _TORCH
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        return "a zipped SavedModel (unpack it and give its folder)"
    inside = [name for name in names if _looks_like_a_pilot(name)]
    if inside:
        shown = " or ".join(name.rpartition("/")[2] for name in inside[:3])
        return f"a zip archive of other files (unpack it and give {shown})"
    return "a zip archive without a Keras network in it"


def _looks_like_a_pilot(name_in_zip: str) -> bool:
    file = name_in_zip.rpartition("/")[2]
    # macOS puts a second file of that name into its archives, with a dot in front.
    return file.endswith(_PILOTS) and not file.startswith(".") and not file.endswith(".weights.h5")


def _zip_names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def _is_onnx(start: bytes) -> bool:
    # ir_version (3 to 20 so far), then the name of the program that wrote the file.
    if len(start) < 8 or start[0] != 0x08 or not 3 <= start[1] <= 20 or start[2] != 0x12:
        return False
    producer = start[4 : 4 + min(start[3], 32)]
    return producer.isascii() and producer.decode().isprintable()


def _ends_with(path: Path, end: bytes) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(end)))
        return file.read() == end


def _describe_text(start: bytes) -> str | None:
    # A character may be cut in two at the end of what was read.
    text = start.decode("utf-8", errors="ignore")
    if "\0" in text or len(text.encode()) < len(start) - 3:
        return None
    if text.lstrip().lower().startswith(("<!doctype html", "<html")):
        return "a web page, as a download leaves it that went wrong"
    return "neither (it is text)"


def _describe_by_name(path: Path) -> str:
    """Guess by the suffix only what is refused anyway."""
    if path.suffix in {".trt", ".engine", ".plan"}:
        return "neither (by its name a TensorRT engine)"
    if path.suffix in {".pth", ".pt", ".ckpt", ".pkl"}:
        return "neither (by its name a PyTorch or fastai pilot)"
    return "neither"
