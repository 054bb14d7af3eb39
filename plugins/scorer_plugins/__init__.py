"""The bundled criterion groups and criteria sets. They use the same plugin API as plugins of other distributions."""
