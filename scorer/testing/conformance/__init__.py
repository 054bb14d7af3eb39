"""The conformance kit: the checks that every plugin has to pass."""
