"""What setup.cfg cannot say: an editable install carries the .pth line, as the wheel does."""

import hashlib
from base64 import urlsafe_b64encode
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from setuptools import setup
from setuptools.command.editable_wheel import editable_wheel

HOOK = Path(__file__).with_name("donkey_activations_hook.pth")


class EditableWheelWithHook(editable_wheel):
    """setuptools' command, which leaves package data out of the wheel it makes."""

    def run(self) -> None:
        super().run()
        for wheel in Path(self.dist_dir).glob("*.editable-*.whl"):
            add_file(wheel, HOOK)


def add_file(wheel: Path, file: Path) -> None:
    """Put one more file at the root of a wheel, and into the wheel's record."""
    with ZipFile(wheel) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    content = file.read_bytes()
    digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    record = next(name for name in entries if name.endswith(".dist-info/RECORD"))
    entries[file.name] = content
    entries[record] += f"{file.name},sha256={digest},{len(content)}\n".encode()
    with ZipFile(wheel, "w", ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


setup(cmdclass={"editable_wheel": EditableWheelWithHook})
