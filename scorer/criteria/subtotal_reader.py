"""Reads the subtotals of a document: the second way in which a set adds up points of criteria, besides by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scorer.criteria.document import Document, Path, as_mapping
from scorer.criteria.model import CriteriaSet
from scorer.model.suggestions import did_you_mean, short_repr

SUBTOTALS = "subtotals"


def subtotal_of(part: Mapping[str, Any], path: Path, document: Document) -> str:
    """The subtotal that a group or criterion names; empty if it names none. Adds a problem if it is not declared."""
    code, declared = part.get("subtotal"), as_mapping(as_mapping(document.data).get(SUBTOTALS))
    if not isinstance(code, str):
        return ""
    if code not in declared:
        known = f"; it has {', '.join(declared)}" if declared else f"; declare it in the key {SUBTOTALS!r} of the set"
        hint = did_you_mean(code, declared) or known
        document.problem((*path, "subtotal"), f"the set has no subtotal {short_repr(code)}{hint}")
    return code


def warn_of_unused(criteria_set: CriteriaSet, document: Document) -> None:
    """Warns of subtotals to which no criterion belongs."""
    used = {criterion.subtotal for criterion in criteria_set.criteria.values()}
    for code in criteria_set.subtotals:
        if code not in used:
            document.warn((SUBTOTALS, code), f"no criterion belongs to subtotal {code!r}")
