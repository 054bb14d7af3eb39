"""How many units have all or none of each criterion's points, and which criteria a report calls missed."""

from __future__ import annotations

from collections.abc import Iterator

import generated_sets
import harness
import pytest
import unit_messages
from oracle import Unit

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client.reports.model import Category, Criterion

DOCUMENT = """
criteria_set: counts
title: {en: Counts}
provenance: published
tiers: [district]
categories:
  readiness:
    groups:
      infrastructure:
        criteria:
          - {id: SCORE, formula: flag, indicator: flag1, points: 2}
          - {id: ZERO, formula: flag, indicator: flag1, points: 0}
          - {id: BONUS, formula: flag, indicator: flag2, points: 1, effect: bonus}
          - {id: PENALTY, formula: count, indicator: count1, each: 1, points: 2, effect: penalty}
"""
UNITS = [
    Unit("Ba Bể", "district", {"flag1": True, "flag2": False, "count1": 0}),
    Unit("Na Rì", "district", {"flag1": False, "flag2": False, "count1": 1}),
    Unit("Chợ Mới", "district", {"flag2": False, "count1": 2}),
]


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, pb.CriterionCount]]:
    with harness.serving(harness.good(harness.catalogue(generated_sets.HOST, DOCUMENT))) as service:
        rows = unit_messages.rows(UNITS)
        reply = service.scorer.RankProvince(
            pb.RankProvinceRequest(criteria_set="counts", rows=rows, view=pb.SCORECARD_VIEW_FULL)
        )
        yield {count.criterion: count for count in reply.rankings[0].tallies[0].criteria}


@pytest.mark.parametrize(
    ("criterion", "full", "none", "missing"),
    [
        ("SCORE", 1, 2, 1),
        ("ZERO", 3, 0, 1),  # all units have all of its points
        ("BONUS", 0, 3, 0),
        ("PENALTY", 1, 1, 0),  # Ba Bể loses nothing, Chợ Mới loses the most
    ],
)
def test_units_are_counted_by_the_most_and_the_fewest_points(
    counts: dict[str, pb.CriterionCount], criterion: str, full: int, none: int, missing: int
) -> None:
    found = counts[criterion]
    assert (found.applicable, found.full, found.none, found.missing) == (3, full, none, missing)


def test_a_report_names_no_criterion_as_missed_that_every_unit_has(counts: dict[str, pb.CriterionCount]) -> None:
    maxima = {"SCORE": 2.0}  # those of a bonus and of a penalty are 0
    criteria = tuple(
        Criterion(c, c, "", maxima.get(c, 0.0), n.applicable, n.full, n.none, n.missing) for c, n in counts.items()
    )
    category = Category("readiness", "", "", 3, (), (), (), (), criteria, ())
    assert [criterion.id for criterion in category.missed] == ["SCORE"]
