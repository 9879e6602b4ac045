"""Feature maps in, one picture out."""
