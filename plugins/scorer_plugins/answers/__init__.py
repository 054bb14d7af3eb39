"""Answers of units for the criteria sets that come with the scorer: see README.md beside this file."""
