"""Scores units: computes points, levels and ranks from answers."""
