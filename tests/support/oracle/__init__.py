"""The method once more, one unit after the other in plain fractions: what the service has to agree with exactly.

Written from the description of the method and knowing nothing of the scorer. A criteria set is the document as plain
values (what a YAML reader gives), a unit has its answers as plain values; an answer that is not there was not
reported. A criterion's points are rounded to the nearest micropoint, an exact half to the even one; percent and
converted scores are rounded down from exact sums; published is converted rounded half up. Nothing else is rounded.
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
