"""What users keep of a pilot's work: pictures and arrays."""
