"""Answers of units for the bundled criteria sets; see README.md in this directory."""
