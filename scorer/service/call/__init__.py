"""The handling that all calls share: access, admission, deadlines, errors, log and metrics."""
