"""Configurations that do what no command may do, to see that it is found."""

import shutil
from functools import partial
from pathlib import Path

from fuzzing.case import Case, Room, Subject

_SECRET = "../outside/secret.jpg"
# Python in a config.py, and the complaint that is due.
MISDEEDS = {
    f"open({_SECRET!r})": "touched outside: open",
    f"import cv2; cv2.imread({_SECRET!r})": "touched outside: read by a library",
    "import os; os.listdir('../outside')": "touched outside: os.listdir",
    "import os; os.truncate('../outside/secret.jpg', 3)": "changed: outside/secret.jpg",
    "open('tub/images/new', 'w')": "changed: inside/tub/images/new",
    "import os; os.mkdir('tub/activations'); open('tub/activations/x.part', 'w')": "left behind:",
    "x = b'x' * (1100 << 20)": "MB",
    "from time import process_time as now\nend = now() + 3.5\nwhile now() < end: pass": "it takes",
    "import sys; print('more', file=sys.stderr); 1 / 0": "2 lines on stderr for bad input",
    "import sys; print('\\x1b[2J', file=sys.stderr)": "could move the terminal's cursor",
    "raise KeyboardInterrupt": "exit code 130",
    "raise BaseException('out of the command')": "BaseException: out of the command",
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": "ended the process: -11",
}


def _misdeed(room: Room, content: str) -> Case:
    shutil.copytree(room.materials / "tub", "tub")
    Path("config.py").write_text(content)
    words = ["tub", "--model", str(room.materials / "pilots" / "small.tflite"), "--tub", "tub"]
    return Case([*words, "--start", "5"], ["tub/activations"])


_NOTHING = partial(_misdeed, content="IMAGE_W = 40\n")
SUBJECT = Subject([partial(_misdeed, content=content) for content in MISDEEDS], _NOTHING, cpu_s=3)
