"""The services' methods."""
