"""The criteria sets that can be scored now."""
