"""Finds plugins, tries them out, and keeps what they declare."""
