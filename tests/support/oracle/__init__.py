"""The oracle: a second, slow implementation of the method in fractions, with which the service has to agree exactly.

It was written from the description of the method and imports nothing of the scorer. A criteria set is the document as
plain values, as a YAML reader returns it. A unit has its answers as plain values; an answer that is absent is missing.
A criterion's points are rounded to the nearest micropoint, an exact half to the even one. Percent and converted scores
are rounded down from exact sums, and the published score is rounded from the converted one. Nothing else is rounded.
"""

from oracle.rankings import rank_province, score_unit
from oracle.results import Card, CategoryResult, CriterionResult, Document, GateResult, Ranking, Score, Unit

__all__ = [
    "Card",
    "CategoryResult",
    "CriterionResult",
    "Document",
    "GateResult",
    "Ranking",
    "Score",
    "Unit",
    "rank_province",
    "score_unit",
]
