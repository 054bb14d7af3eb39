"""Plugins that break one rule each, made from two sound ones: a group with its own scoring, and a formula kind."""
