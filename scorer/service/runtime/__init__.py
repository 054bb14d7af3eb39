"""Settings, certificates, and the process."""
