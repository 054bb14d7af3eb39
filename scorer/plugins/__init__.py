"""Finds plugins, probes them in another process, imports them, and checks their declarations."""
