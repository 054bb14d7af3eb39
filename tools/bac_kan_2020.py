"""Writes the answers of Bắc Kạn's 140 units, first half of 2020; with --check, says whether the file is up to date.

The province published results, not answers. The answers here are reconstructed: they give all published results, and
make no other claim.

Published, and reproduced exactly:
- departments (24): 7 are ranked in readiness, 5 in achievement;
- districts (8): Ba Bể is ranked in readiness (level 4, 40.6 points), Na Rì (level 3) and thành phố Bắc Kạn (level 4) in
  achievement; policy environment is at level 1 in Chợ Đồn and Pác Nặm, at level 2 in the other six;
- communes (108): Nông Thượng is ranked in readiness (level 4, 23.72 of 30), no commune in achievement; the best total
  is 67.10 of 90, and its commune is not ranked overall;
- the causes that the province names. "All units miss 70 % of infrastructure and human resources" must mean the seven
  unranked districts, as Ba Bể is ranked.

Points of single units (policy environment + infrastructure + human resources):
    Ba Bể         13   + 20.6  + 7    = 40.6   of 50; infrastructure and human resources 27.6 of 35 = 78.86 %
    Nông Thượng    8   + 10.87 + 4.85 = 23.72  of 30; infrastructure and human resources 15.72 of 21 = 74.86 %
    Đức Xuân       8.5 +  8.4  + 3.9  = 20.8   of 30; with 13.4 + 16.4 + 10.1 + 6.4 = 46.3 of 60 in achievement 67.10
                  in all; transaction, 56.11 %, keeps it from a level there
    policy environment: Chợ Đồn 13.5, Pác Nặm 14, the other six 13, of 15

Assumed: the names of the departments (24 that the province had in 2020) and the level of each; which commune has the
best total; which five districts have a look-up screen; every single answer. Answers that no published fact determines
are random (bac_kan_draws.py), around the typical shares of a tier, and drawn again until the scorer gives the unit its
levels. Random numbers depend only on the unit's id and the number of the attempt, so the file is the same everywhere.
The names of the communes are those since 1 February 2020.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import itertools
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bac_kan_draws import draw
from bac_kan_units import (
    BEST_COMMUNE,
    LARGEST_COMMUNE_TOTAL,
    LARGEST_DISTRICT_SHARE,
    LEVELS,
    NOT_APPLICABLE,
    Answers,
    Unit,
    units,
)

from scorer.catalogue.catalogue import load_set
from scorer.engine.gates import GateCompiler
from scorer.engine.plan import SetPlan
from scorer.engine.scoring import assess
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import MICRO
from scorer.model.indicators import Indicator, IndicatorKind, days
from scorer.plugins.host import PluginHost

PLUGINS = Path(__file__).resolve().parent.parent / "plugins" / "scorer_plugins"
CRITERIA = PLUGINS / "criteria_sets" / "bac-kan-2020.yaml"
ANSWERS = PLUGINS / "answers" / "bac-kan-2020.csv"


class Result(NamedTuple):
    """The scorer's result for one unit."""

    readiness: int
    achievement: int
    total: float
    measures: Mapping[str, float]
    """Percentages of the measures that gates compare, without the totals."""


def load_plan() -> SetPlan:
    """The plan of the criteria set in this checkout."""
    plan, document = load_set(PluginHost.installed(), CRITERIA.name, CRITERIA.read_bytes(), GateCompiler())
    if plan is None:
        sys.exit("\n".join(str(problem) for problem in document.sorted_problems()))
    return plan


def solve(plan: SetPlan) -> dict[str, Answers]:
    """Answers of every unit by id."""
    solved: dict[str, Answers] = {}
    for tier in plan.tiers:
        unsolved = [unit for unit in units() if unit.tier == tier]
        for attempt in itertools.count():
            rows = [draw(unit, attempt) for unit in unsolved]
            results = score(plan, tier, unsolved, rows)
            matches = [matches_published(unit, result) for unit, result in zip(unsolved, results, strict=True)]
            solved |= {unit.id: row for unit, row, match in zip(unsolved, rows, matches, strict=True) if match}
            unsolved = list(itertools.compress(unsolved, (not match for match in matches)))
            if not unsolved:
                break
            if attempt == MAX_ATTEMPTS:
                sys.exit(f"no answers found for {', '.join(unit.id for unit in unsolved)}")
    return solved


MAX_ATTEMPTS = 2000


def matches_published(unit: Unit, result: Result) -> bool:
    """Whether the result agrees with the published facts about the unit and with the assumptions."""
    matches = (result.readiness, result.achievement) == LEVELS.get(unit.id, (0, 0))
    if unit.tier == "district" and unit.id != "d-ba-be":
        matches &= result.measures["infrastructure+human_resources"] < LARGEST_DISTRICT_SHARE
    if unit.tier == "commune" and unit.id != BEST_COMMUNE:
        matches &= result.total < LARGEST_COMMUNE_TOTAL
    return matches


def score(plan: SetPlan, tier: str, tier_units: Sequence[Unit], rows: Sequence[Answers]) -> list[Result]:
    """Scores units of one tier; ``rows`` has the answers of each unit."""
    indicators = plan.criteria_set.indicators
    matrix = np.full((len(plan.rows), len(tier_units)), np.nan)
    for index, row in enumerate(rows):
        for code, answer in row.items():
            matrix[plan.rows[code], index] = as_number(indicators[code], answer)
    excluded = {
        criterion: np.array([criterion in NOT_APPLICABLE.get(unit.id, ()) for unit in tier_units])
        for criterion in sorted({criterion for criteria in NOT_APPLICABLE.values() for criterion in criteria})
    }
    ids = tuple(unit.id for unit in tier_units)
    assessment = assess(plan.tiers[tier], Cohort(tier, ids, indicators, plan.rows, matrix, excluded))
    readiness, achievement = assessment.categories
    measures = [measure for category in assessment.categories for measure in category.measures]
    return [
        Result(
            int(readiness.level[index]),
            int(achievement.level[index]),
            int(assessment.overall.converted[index]) / MICRO,
            {m.plan.name: int(m.percent[index]) / 10_000 for m in measures if m.plan.name != "total"},
        )
        for index in range(len(tier_units))
    ]


def as_number(indicator: Indicator, answer: object) -> float:
    """An answer as the number that a cohort contains."""
    if indicator.kind is IndicatorKind.CHOICE:
        return float(indicator.options.index(str(answer)))
    if indicator.kind is IndicatorKind.DATE:
        return float(days(datetime.date.fromisoformat(str(answer))))
    return float(str(answer))


# The file.


def text(plan: SetPlan) -> str:
    """The content of the file."""
    codes, criteria, solved = list(plan.criteria_set.indicators), plan.criteria_set.criteria, solve(plan)
    output = io.StringIO()
    lines = csv.writer(output, lineterminator="\n")
    lines.writerow([*Unit._fields, "not_applicable", *codes])
    for unit in units():
        row, not_applicable = solved[unit.id], NOT_APPLICABLE.get(unit.id, ())
        for read in itertools.chain.from_iterable(criteria[criterion].formula.reads() for criterion in not_applicable):
            row.pop(read.indicator, None)
        lines.writerow([*unit, ";".join(not_applicable), *(cell(row.get(code)) for code in codes)])
    return output.getvalue()


def cell(answer: object) -> str:
    """An answer as a cell of the file: empty if not reported, without trailing zeros."""
    if answer is None:
        return ""
    return f"{answer:g}" if isinstance(answer, float) else str(answer)


def main() -> int:
    """Writes the file, or with --check compares it. The exit code is 1 if the file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file differs")
    check = parser.parse_args().check
    name, wanted = ANSWERS.relative_to(PLUGINS.parent.parent).as_posix(), text(load_plan())
    if check and (not ANSWERS.exists() or ANSWERS.read_text(encoding="utf-8") != wanted):
        print(f"{name} is out of date; update it with: python tools/bac_kan_2020.py")
        return 1
    if check:
        print(f"{name} is up to date")
        return 0
    ANSWERS.write_text(wanted, encoding="utf-8")
    print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
