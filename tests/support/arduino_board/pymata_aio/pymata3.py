"""The board that Donkeycar's Arduino parts ask for; it moves nothing."""


class PyMata3:
    """The few calls of a Firmata board that Donkeycar makes."""

    def sleep(self, seconds: float) -> None:
        """A real board needs time to come up, this one does not."""

    def servo_config(self, pin: int) -> None:
        """Accept a pin."""

    def analog_write(self, pin: int, value: int) -> None:
        """Accept a pulse."""
