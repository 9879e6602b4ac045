"""What a network computes, counted from its graph."""
