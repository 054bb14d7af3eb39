"""Violations of one input: all are counted, and the first ones in input order are listed."""

from __future__ import annotations

import numpy as np

from scorer.model.violations import MAX_LISTED, Violations


def test_all_violations_are_counted_and_the_first_listed() -> None:
    found = Violations()
    odd = np.arange(1, 2 * MAX_LISTED, 2)
    found.add_all(odd, lambda unit: f"units[{unit}].tier", "UNKNOWN_TIER", str)
    found.add_all(odd - 1, lambda unit: f"units[{unit}].name", "BAD_NAME", str)
    assert found.total == 2 * MAX_LISTED
    assert [(v.field, v.reason, v.description) for v in found.listed()] == [
        (f"units[{n}].tier", "UNKNOWN_TIER", str(n)) if n % 2 else (f"units[{n}].name", "BAD_NAME", str(n))
        for n in range(MAX_LISTED)
    ]
