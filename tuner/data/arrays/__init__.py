"""Arrays in cells, pictures and sequences: read from NPZ files, checked, profiled, and as numbers for other models."""
