"""Notices that the pilot's file was replaced, and opens the new one."""

import logging
import time
from pathlib import Path

from donkey_activations.drive.conversion import Conversion
from donkey_activations.drive.recording_pilot import DriveOptions, RecordingPilot
from donkey_activations.errors import ActivationsError, ModelError
from donkey_activations.extractors.formats import opener_of
from donkey_activations.extractors.openers import Opener
from donkey_activations.extractors.pilot_format import files_of

logger = logging.getLogger(__name__)

# Also the time for which a file must have lain still before it is opened.
LOOK_EVERY_S = 1.0

_Signature = tuple[tuple[str, int, int, int], ...]


class PilotWatch:
    """Looks at the pilot's file now and then. To be made before the file is first opened."""

    def __init__(self, options: DriveOptions) -> None:
        """Remember the file as it is now.

        Args:
            options: How to open it.
        """
        self._options = options
        # Not asked for in every look, as a file that is half written may be none's.
        self._opener = _opener_of(options.pilot.model_path)
        self._known = self._seen = self._signature()
        self._next_look_s = time.monotonic() + LOOK_EVERY_S
        self._conversion: Conversion | None = None

    def new_pilot(self) -> RecordingPilot | None:
        """Return the pilot that has taken the place of the one before, or None.

        A file that is still being written is waited for. One that cannot be opened is said once,
        and tried again when it has changed again. One that needs a conversion is converted
        meanwhile. Takes as long as opening a ``.tflite`` takes; never raises.
        """
        now_s = time.monotonic()
        if now_s < self._next_look_s:
            return None
        self._next_look_s = now_s + LOOK_EVERY_S
        before, self._seen = self._seen, self._signature()
        if not self._seen or self._seen != before or self._seen == self._known:
            self.stop()
            return None
        return self._open(self._seen)

    def stop(self) -> None:
        """End a conversion that is under way."""
        if self._conversion is not None:
            self._conversion.stop()
            self._conversion = None

    def _open(self, signature: _Signature) -> RecordingPilot | None:
        path = self._options.pilot.model_path
        try:
            if not self._is_converted():
                return None
            # The conversion may not have been kept, or the file be another by now.
            pilot = self._options.open(convert=False)
        except Exception as error:  # noqa: BLE001 - the old pilot's mosaics go on, whatever it is
            pilot, reason = None, str(error) if isinstance(error, ActivationsError) else repr(error)
        self.stop()
        if self._signature() != signature:
            return None  # It changed while it was read: the next looks wait for it.
        self._known = signature
        if pilot is None:
            logger.error("activations: %s; the mosaics stay those of the pilot before", reason)
        else:
            logger.info("mosaics: %s was replaced, from here on they are the new pilot's", path)
        return pilot

    def _is_converted(self) -> bool:
        if self._conversion is not None:
            return self._conversion.is_done()
        self._opener = _opener_of(self._options.pilot.model_path)
        if self._opener is None or not _needs_conversion(
            self._opener, self._options.pilot.model_path
        ):
            return True
        self._conversion = Conversion(self._options.pilot)
        return False

    def _signature(self) -> _Signature:
        """Return what changes when the file does; empty while there is none."""
        files = files_of if self._opener is None else self._opener.files
        try:
            return tuple(sorted(map(_signature_of, files(self._options.pilot.model_path))))
        except OSError:
            return ()


def _signature_of(file: Path) -> tuple[str, int, int, int]:
    status = file.stat()
    return str(file), status.st_mtime_ns, status.st_size, status.st_ino


def _opener_of(path: Path) -> Opener | None:
    try:
        return opener_of(path)
    except ModelError:
        return None


def _needs_conversion(opener: Opener, path: Path) -> bool:
    """Return whether it is opened in another process first; what cannot be opened is not."""
    try:
        return opener.needs_conversion(path)
    except ModelError:
        return False
