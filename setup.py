"""What setup.cfg cannot say: what an editable install puts beside others, and links for PyPI."""

import hashlib
import re
import sys
from base64 import urlsafe_b64encode
from configparser import ConfigParser
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from setuptools import setup
from setuptools.command.editable_wheel import editable_wheel

if not (3, 11) <= sys.version_info < (3, 14):
    sys.exit(
        "donkey-activations: expected Python 3.11 (for Donkeycar 5.3), 3.12 or 3.13 (for 5.4), got "
        f"{sys.version.split()[0]}; install into the environment that your Donkeycar is in, or "
        "make one first: python3.12 -m venv ~/env"
    )

ROOT = Path(__file__).resolve().parent
HOOK = ROOT / "donkey_activations_hook.pth"

# setuptools' own finder adds some 30 ms to every start of Python, this one next to nothing.
FINDER = f'''"""Finds the packages of a checkout, and nothing else that lies in it."""

import sys


class Checkout:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ("donkey_activations", "donkey_activations.templates"):
            from importlib.machinery import PathFinder

            return PathFinder.find_spec(name, [{str(ROOT)!r}])


def install():
    if Checkout not in sys.meta_path:
        sys.meta_path.append(Checkout)
'''


class LeanEditableWheel(editable_wheel):
    """An editable install with the .pth line of the real wheel, and with a fast finder."""

    def run(self) -> None:
        """Build the wheel, then put ours into it."""
        super().run()
        for wheel in Path(self.dist_dir).glob("*.editable-*.whl"):
            finder = next(name for name in ZipFile(wheel).namelist() if name.endswith("_finder.py"))
            put_files(wheel, {HOOK.name: HOOK.read_bytes(), finder: FINDER.encode()})


def put_files(wheel: Path, files: dict[str, bytes]) -> None:
    """Put files into a wheel, in place of those of the same name, and into its record."""
    with ZipFile(wheel) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    record = next(name for name in entries if name.endswith(".dist-info/RECORD"))
    lines = [line for line in entries[record].decode().splitlines() if _file(line) not in files]
    lines += [_record_line(name, content) for name, content in files.items()]
    entries |= files
    entries[record] = ("\n".join(lines) + "\n").encode()
    with ZipFile(wheel, "w", ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def _file(record_line: str) -> str:
    return record_line.partition(",")[0]


def _record_line(name: str, content: bytes) -> str:
    digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}"


def long_description() -> str:
    """Return README.md, with links to the published project, since PyPI has none of its files."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    url = config["metadata"]["url"]
    if not url:
        return text
    text = re.sub(r"\]\((?![a-z]+:|#)", f"]({url}/blob/HEAD/", text)
    return re.sub(r'src="(?![a-z]+:)', f'src="{url}/raw/HEAD/', text)


setup(long_description=long_description(), cmdclass={"editable_wheel": LeanEditableWheel})
