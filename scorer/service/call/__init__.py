"""What happens around every call: access, admission, deadline, log, metrics."""
