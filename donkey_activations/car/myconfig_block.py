"""The block of this package in a car's ``myconfig.py``: put in, changed, taken out again.

Pure functions on bytes, so that no line end, encoding or missing final newline of the user's file
is ever touched.
"""

import re
from dataclasses import dataclass
from importlib.resources import files

from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

BEGIN = b"# >>> donkey-activations >>>"
END = b"# <<< donkey-activations <<<"
# In the begin line of a block before which the file had no final line end.
JOINED = b"[line end before this block is ours]"

_LINE_START = rb"(?:\A|(?<=[\r\n]))"
_LINE_REST = rb"[^\r\n]*(?:\r\n|\n|\r|\Z)"
_BEGIN_LINE = re.compile(_LINE_START + re.escape(BEGIN) + _LINE_REST)
_END_LINE = re.compile(_LINE_START + re.escape(END) + _LINE_REST)


@dataclass(frozen=True)
class Block:
    """Where the block lies in a file.

    Attributes:
        start: Offset of the begin line's first byte.
        stop: Offset behind the end line, its line end included.
        joined: Whether the line end before the block was added with it.
    """

    start: int
    stop: int
    joined: bool


def template() -> bytes:
    """Return the block as it is shipped, with line feeds, pure ASCII."""
    text = files("donkey_activations.templates").joinpath("myconfig.py").read_text("ascii")
    return text.encode("ascii")


def find(content: bytes) -> Block | None:
    """Look for the block in a file.

    Args:
        content: A whole ``myconfig.py``.

    Returns:
        Where the block is, or None if there is none.

    Raises:
        ConfigError: If there is half a block, or more than one.
    """
    begins = list(_BEGIN_LINE.finditer(content))
    ends = list(_END_LINE.finditer(content))
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0].start() > ends[0].start():
        raise ConfigError(
            "expected one whole donkey-activations block or none, "
            f"got {len(begins)} begin and {len(ends)} end lines; "
            f"delete the lines from '{BEGIN.decode()}' to '{END.decode()}' by hand"
        )
    return Block(begins[0].start(), ends[0].end(), JOINED in begins[0][0])


def install(content: bytes, resolution: Resolution | None = None) -> bytes:
    """Put the block at the end, or change the resolution in the one that is there.

    Args:
        content: A whole ``myconfig.py``.
        resolution: What the block shall say. None: what it says already, or the template's.

    Returns:
        The new file. Bytes outside of the block are those of ``content``.

    Raises:
        ConfigError: If there is half a block, or one without a plain line for width or height.
    """
    block = find(content)
    if block is not None:
        if resolution is None:
            return content
        old = content[block.start : block.stop]
        return content[: block.start] + _with_resolution(old, resolution) + content[block.stop :]
    added = template()
    if resolution is not None:
        added = _with_resolution(added, resolution)
    joined = content != b"" and not content.endswith((b"\n", b"\r"))
    if joined:
        first_line = added.split(b"\n", 1)[0]
        added = b"\n" + added.replace(first_line, first_line + b" " + JOINED, 1)
    if b"\r\n" in content:
        added = added.replace(b"\n", b"\r\n")
    return content + added


def uninstall(content: bytes) -> bytes:
    """Take the block out; without one, the file comes back as it is.

    Args:
        content: A whole ``myconfig.py``.

    Returns:
        The file as it was before the block came in. Lines behind the block stay.

    Raises:
        ConfigError: If there is half a block.
    """
    block = find(content)
    if block is None:
        return content
    before, after = content[: block.start], content[block.stop :]
    if block.joined and not after:
        before = re.sub(rb"(?:\r\n|\n|\r)\Z", b"", before)
    return before + after


def resolution_of(content: bytes) -> Resolution | None:
    """Return the resolution that the block sets, or None without a block that sets one plainly."""
    block = find(content)
    if block is None:
        return None
    inside = content[block.start : block.stop]
    sides = [_side(key).search(inside) for key in (b"IMAGE_W", b"IMAGE_H")]
    if sides[0] is None or sides[1] is None:
        return None
    return Resolution(int(sides[0][2]), int(sides[1][2]))


def doubled_keys(content: bytes) -> tuple[list[str], list[str]]:
    """Keys that the user sets outside of the block as well.

    Args:
        content: A whole ``myconfig.py`` with a block.

    Returns:
        The keys set before the block (the block wins), and those set behind it (they win).
    """
    block = find(content)
    if block is None:
        return [], []
    keys = set(_assigned(content[block.start : block.stop]))
    before = [key for key in _assigned(content[: block.start]) if key in keys]
    behind = [key for key in _assigned(content[block.stop :]) if key in keys]
    return before, behind


def _assigned(content: bytes) -> list[str]:
    names = re.findall(_LINE_START + rb"([A-Z][A-Z0-9_]*)[ \t]*=(?!=)", content)
    return list(dict.fromkeys(name.decode("ascii") for name in names))


def _side(key: bytes) -> re.Pattern[bytes]:
    number = rb"([0-9]+)(?=[ \t]*(?:#|[\r\n]|\Z))"
    return re.compile(_LINE_START + b"(" + key + rb"[ \t]*=[ \t]*)" + number)


def _with_resolution(block: bytes, resolution: Resolution) -> bytes:
    for key, value in ((b"IMAGE_W", resolution.width_px), (b"IMAGE_H", resolution.height_px)):
        block, changed = _side(key).subn(rb"\g<1>%d" % value, block)
        if changed != 1:
            raise ConfigError(
                f"expected one line '{key.decode()} = NUMBER' in the donkey-activations block, "
                f"got {changed}; set the number there by hand, or --uninstall and install again"
            )
    return block
