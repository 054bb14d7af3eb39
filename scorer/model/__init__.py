"""Basic types that all packages use: numbers, periods, indicators, units and violations."""
