"""What a cell of a feature map sees of the image."""
