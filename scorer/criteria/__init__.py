"""Reads and checks criteria sets: the issued, dated, immutable documents that say how units are assessed."""
