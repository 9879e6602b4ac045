"""What Donkeycar configures of a car."""
