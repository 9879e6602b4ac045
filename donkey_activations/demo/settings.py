"""The demo's own section of its car's ``myconfig.py``."""

import re

from donkey_activations.demo.plan import Plan

BEGIN = b"# ==== demo of donkey-activations: begin ===="
END = b"# ==== demo of donkey-activations: end ===="

_TEXT = """\
{begin}
# What makes this folder a car that drives without hardware. Width and height of the
# camera stand in the donkey-activations block below.
import glob
import os

_CAR = os.path.dirname(os.path.realpath(__file__))

# drive: the camera plays the pictures of the synthetic tub, the motors are pretended
CAMERA_TYPE = "IMAGE_LIST"
PATH_MASK = os.path.join(glob.escape(_CAR), "data", "synthetic", "images", "*.jpg")
DRIVE_TRAIN_TYPE = "MOCK"
USE_JOYSTICK_AS_DEFAULT = False
DRIVE_LOOP_HZ = 20
MAX_LOOPS = {rounds}              # rounds until the drive ends by itself; None: drive on
DATA_PATH = os.path.join(_CAR, "data", "drive")
AUTO_CREATE_NEW_TUB = False
RECORD_DURING_AI = True

# train: a short training that two cores do in a minute or two
DEFAULT_AI_FRAMEWORK = "tensorflow"
DEFAULT_MODEL_TYPE = "linear"
MAX_EPOCHS = {epochs}
BATCH_SIZE = {batch_size}
SAVE_MODEL_AS_H5 = True
CREATE_TF_LITE = True
CREATE_TENSOR_RT = False
CACHE_POLICY = "ARRAY"
SHOW_PLOT = False
PRINT_MODEL_SUMMARY = False
VERBOSE_TRAIN = 1
{end}
"""


def section(plan: Plan) -> bytes:
    """Return the section for a plan, with line feeds."""
    return _TEXT.format(
        begin=BEGIN.decode(),
        end=END.decode(),
        rounds=plan.rounds,
        epochs=plan.epochs,
        batch_size=plan.batch_size,
    ).encode()


def has_section(content: bytes) -> bool:
    """Whether a ``myconfig.py`` has the section; it is written once and then the user's."""
    return re.search(rb"(?m)^" + re.escape(BEGIN), content) is not None


def with_section(content: bytes, plan: Plan) -> bytes:
    """Return a ``myconfig.py`` with the section at its end."""
    gap = b"" if content.endswith(b"\n") or not content else b"\n"
    return content + gap + section(plan)
