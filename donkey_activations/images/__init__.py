"""Image files and a camera's frames."""
