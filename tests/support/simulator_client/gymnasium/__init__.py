"""A stand-in for gymnasium, which Donkeycar asks from 5.4 on: as `gym` beside it, and newer.

`reset` tells more than the picture, and `step` whether the drive was cut short.
"""

import numpy as np
from gym_donkeycar import SimulatorClient
from numpy.typing import NDArray

Information = dict[str, object]


class Environment:
    """The same client behind the newer methods."""

    def __init__(self, client: SimulatorClient) -> None:
        self._client = client

    def reset(self) -> tuple[NDArray[np.float64], Information]:
        return self._client.reset(), {}

    def step(
        self, action: list[float]
    ) -> tuple[NDArray[np.float64], float, bool, bool, Information]:
        picture, reward, over, information = self._client.step(action)
        return picture, reward, over, False, information

    def close(self) -> None:
        self._client.close()


def make(_name: str, conf: dict[str, object]) -> Environment:
    """Connect to the simulator that `conf` names; every environment is the same one."""
    return Environment(SimulatorClient(str(conf["host"]), int(str(conf["port"]))))
