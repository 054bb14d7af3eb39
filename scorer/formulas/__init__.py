"""The formula kinds of real index sets, vectorised: one unit is a cohort of one.

Source of the kinds: published criteria of Vietnamese index sets (ICT Index, PAR Index, PCI, DTI, provincial sets).
"""

from scorer.formulas.base import Formula, Outcome, Read
from scorer.formulas.cohort_statistics import MinMax, Percentile, ZScores
from scorer.formulas.logarithmic import Logarithmic
from scorer.formulas.ratios import Ratio, RatioToBest
from scorer.formulas.single_indicator import Awarded, Choice, Count, Fault, Flag, Linear, Steps
from scorer.formulas.sum_and_best import Best, NestedFormula, Sum

KINDS: tuple[type[Formula], ...] = (
    Flag, Fault, Choice, Steps, Count, Ratio, RatioToBest, Linear, Logarithmic, MinMax, Percentile, ZScores, Awarded,
    Sum, Best,
)  # fmt: skip
"""The kinds that come with the scorer; plugins add more by the hook ``scorer_formulas``."""

__all__ = ["KINDS", "Formula", "NestedFormula", "Outcome", "Read"]
