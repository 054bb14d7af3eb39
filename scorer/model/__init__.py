"""What everything is described in: numbers, periods, indicators, units, and violations."""
