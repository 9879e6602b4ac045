"""Converts a Keras pilot in a process of its own."""

import json
import subprocess
import sys
import tempfile

from donkey_activations.errors import ModelError
from donkey_activations.pilots.options import PilotOptions

_CONVERT = """
import json, sys
from donkey_activations import ActivationsError, open_extractor
path, layers, trust_model = json.loads(sys.argv[1])
try:
    open_extractor(path, layers, trust_model=trust_model)
except ActivationsError as error:
    sys.exit(str(error))
"""


class Conversion:
    """One conversion under way, whose result stays in the cache.

    TensorFlow in a thread of the car's process would hold up the drive loop for seconds.
    """

    def __init__(self, options: PilotOptions) -> None:
        """Start it, with the priority of the calling thread.

        Args:
            options: Which pilot, and how it is to be opened.

        Raises:
            OSError: No process can be started.
        """
        settings = options.settings
        task = json.dumps([str(options.model_path), settings.layers, settings.trust_model])
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CONVERT, task],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )

    def is_done(self) -> bool:
        """Return whether it has ended well; False while it goes on.

        Raises:
            ModelError: It has ended badly; what it said last.
        """
        status = self._process.poll()
        if status:
            self._said.seek(0)
            lines = self._said.read().decode(errors="replace").split("\n")
            said = [line for line in lines if line.strip()]
            raise ModelError(said[-1] if said else f"the conversion ended with status {status}")
        return status == 0

    def stop(self) -> None:
        """End it, if it has not ended yet."""
        self._process.kill()
        self._process.wait()
        self._said.close()
