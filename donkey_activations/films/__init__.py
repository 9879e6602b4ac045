"""Films of what a pilot saw in a tub: the work behind ``donkey activations movie``."""
