"""Picture and sound: probe, decode, move, grade, title, encode and check; PyAV and OpenCV live here alone."""
