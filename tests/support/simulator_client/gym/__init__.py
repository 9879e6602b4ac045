"""A stand-in for OpenAI gym: only what Donkeycar's simulator camera asks of it.

The gym of that age, and the simulator's client for it, are in no package registry; see
`simulator_stand_in.py`.
"""

from gym_donkeycar import SimulatorClient


def make(_name: str, conf: dict[str, object]) -> SimulatorClient:
    """Connect to the simulator that `conf` names; every environment is the same one."""
    return SimulatorClient(str(conf["host"]), int(str(conf["port"])))
