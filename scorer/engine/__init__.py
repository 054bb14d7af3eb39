"""From answers to points, levels and ranks."""
