"""Checks of what every plugin promises."""
