"""A stand-in for an Arduino on the serial line, for Donkeycar's `arduino_drive` template."""
