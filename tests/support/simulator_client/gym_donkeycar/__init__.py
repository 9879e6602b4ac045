"""A stand-in for the client of the Donkey simulator: frames over TCP, as the real one gives them.

Like the real one it returns float zeros where there is no picture yet, and read-only arrays.
"""

import base64
import io
import json
import socket

import numpy as np
from numpy.typing import NDArray
from PIL import Image


class SimulatorClient:
    """The few methods of a gym environment that Donkeycar's simulator camera calls."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=30)
        self.messages = self.socket.makefile("r")
        self._await("car_loaded")

    def reset(self) -> NDArray[np.float64]:
        return np.zeros((120, 160, 3))

    def step(
        self, action: list[float]
    ) -> tuple[NDArray[np.float64], float, bool, dict[str, object]]:
        control = {"msg_type": "control", "steering": str(action[0]), "throttle": str(action[1])}
        self.socket.sendall(json.dumps(control).encode())
        telemetry = self._await("telemetry")
        picture = Image.open(io.BytesIO(base64.b64decode(str(telemetry["image"]))))
        keys = ("pos_x", "pos_y", "pos_z")
        information = {
            "pos": tuple(telemetry[key] for key in keys),
            "speed": telemetry["speed"],
            "cte": telemetry["cte"],
        }
        return np.asarray(picture), 0.0, False, information

    def close(self) -> None:
        self.socket.close()

    def _await(self, message_type: str) -> dict[str, object]:
        for line in self.messages:
            message = json.loads(line)
            if message["msg_type"] == message_type:
                return dict(message)
        raise ConnectionError("the simulator has gone")
