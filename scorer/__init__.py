"""Scores government units against a criteria set, decides their level by gates, and ranks them, with causes."""

__version__ = "0.1.0"
