"""A stand-in for the Donkey simulator: sends drawn frames to Donkeycar's `simulator` template.

The template talks to the simulator through the packages `gym` (Donkeycar 5.3) or `gymnasium` (5.4)
and `gym_donkeycar`. The client that fits is in no package registry: the registry's 1.0.13 is a
server without the configuration that Donkeycar hands over. So `client_environment` puts a small
client of our own on the path, except where a real one is installed: the server here speaks to both.
"""

import base64
import contextlib
import importlib.util
import io
import json
import socketserver
import threading
from pathlib import Path
from types import TracebackType

from drawn_frames import draw_frame
from PIL import Image

PORT = 9091  # the template has no setting for it


class SimulatorStandIn(socketserver.ThreadingTCPServer):
    """Serves on a loopback address of its own, so that several cars can drive at once."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, hz: float = 30) -> None:
        self.period = 1 / hz
        self.stopped = threading.Event()
        self.controls = 0
        super().__init__(("", 0), _Car, bind_and_activate=False)
        self.host = self._bind_somewhere()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def _bind_somewhere(self) -> str:
        for last in range(1, 255):
            self.server_address = (f"127.0.0.{last}", PORT)
            with contextlib.suppress(OSError):
                self.server_bind()
                self.server_activate()
                return f"127.0.0.{last}"
        raise RuntimeError(f"port {PORT} is taken on every loopback address")

    def __enter__(self) -> "SimulatorStandIn":
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()


class _Car(socketserver.BaseRequestHandler):
    """The simulator's side of one car's connection."""

    server: SimulatorStandIn

    def handle(self) -> None:
        threading.Thread(target=self._take_controls, daemon=True).start()
        with contextlib.suppress(OSError):
            self._send({"msg_type": "car_loaded"})
            index = 0
            while not self.server.stopped.wait(self.server.period):
                self._send(_telemetry(index))
                index += 1

    def _take_controls(self) -> None:
        with contextlib.suppress(OSError):
            while self.request.recv(4096):
                self.server.controls += 1

    def _send(self, message: dict[str, object]) -> None:
        self.request.sendall((json.dumps(message) + "\n").encode())


def _telemetry(index: int) -> dict[str, object]:
    picture = io.BytesIO()
    Image.fromarray(draw_frame(index)).save(picture, format="JPEG", quality=95)
    return {
        "msg_type": "telemetry",
        "image": base64.b64encode(picture.getvalue()).decode(),
        "pos_x": 0.1 * index,
        "pos_y": 0.0,
        "pos_z": 0.0,
        "speed": 1.0,
        "cte": 0.0,
        "hit": "none",
    }


def client_environment() -> dict[str, str]:
    """What puts the stand-in client on a car's path, where the real one is not installed."""
    real = importlib.util.find_spec("gym_donkeycar") is not None
    return {} if real else {"PYTHONPATH": str(Path(__file__).with_name("simulator_client"))}
