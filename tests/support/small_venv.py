"""A virtual environment with stock Donkeycar and without this project, made in a moment.

It sees the packages of the environment that runs the tests through links, all but this project, so
that nothing is downloaded and what a test breaks is its own.
"""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

PROJECT = "donkey_activations"

_DONKEY = """#!{python}
import re
import sys
from donkeycar.management.base import execute_from_command_line
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(execute_from_command_line())
"""


class SmallVenv:
    """One such environment."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.folder = folder
        self._scripts = folder / "bin"
        self.python_program = self._scripts / "python"
        (self.site_packages,) = folder.glob("lib/python*/site-packages")
        self._link_packages(folder / "linked")
        self.add_script("donkey", _DONKEY)

    def _link_packages(self, folder: Path) -> None:
        folder.mkdir()
        # There are several where an environment shares packages with another one.
        for packages in (Path(place) for place in sys.path if place.endswith("site-packages")):
            for entry in packages.iterdir():
                if PROJECT not in entry.name and not (folder / entry.name).is_symlink():
                    (folder / entry.name).symlink_to(entry)
        self.linked_packages = folder
        (self.site_packages / "linked.pth").write_text(f"{folder}\n")

    def add_script(self, name: str, text: str) -> None:
        """Put a program into the environment; ``{python}`` in its text is the interpreter."""
        script = self._scripts / name
        script.write_text(text.replace("{python}", str(self.python_program)))
        script.chmod(0o755)

    def unpack(self, wheel: Path) -> None:
        """Install a wheel without its scripts: as pip does, and a hundred times faster."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.site_packages)

    def add_plugin(self, name: str, entry_points: str, code: str = "") -> None:
        """Install a distribution with one module of that name."""
        (self.site_packages / f"{name}.py").write_text(code)
        info = self.site_packages / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)

    def python(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run the environment's interpreter."""
        return self._run(self.python_program, *args)

    def script(self, name: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's programs."""
        return self._run(self._scripts / name, *args)

    def donkey(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run the environment's ``donkey``."""
        return self.script("donkey", *args)

    def pip(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run pip upon the environment, offline."""
        return self._run(
            Path(sys.executable), "-m", "pip", "--python", str(self.python_program), *args
        )

    def _run(self, program: Path, *args: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        return subprocess.run(
            [program, *args],
            cwd=self.folder,
            env={**inherited, "HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
