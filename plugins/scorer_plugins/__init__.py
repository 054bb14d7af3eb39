"""The criterion groups and criteria sets that come with the scorer, by the same door as a stranger's."""
