"""The criteria sets that a process can score with, and their reload."""
