"""What a resolution shows and what it costs on this machine: behind ``donkey activations plan``."""
