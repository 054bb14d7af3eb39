"""Scores and ranks Spark data frames with the criteria sets of egov-scorer."""

from scorer_spark.plans import RankError
from scorer_spark.ranking import Ranked, rank

__all__ = ["RankError", "Ranked", "rank"]
