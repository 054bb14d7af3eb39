"""Plugins in installed distributions, and what they add."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from harness import catalogue, good, group, host, refusal, serving
from plugin_sets import document
from third_party import install, run

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.formulas import Outcome, Read
from scorer.plugin_api import Cohort, Formula, Indicator, IndicatorKind, PartOf

WATER = '''
"""Wells, as a third party would write them."""

from importlib.resources import files

import numpy as np

from scorer.plugin_api import CriterionGroup, Formula, Indicator, IndicatorKind, Outcome, Read, hookimpl


class Water(CriterionGroup):
    name, api_version = "water", 1
    title = {"en": "Water"}
    indicators = (Indicator("wells", kind="count", unit="wells", title={"en": "Wells"}),)


class Root(Formula):
    kind = "root"
    indicator: str
    full: int

    def reads(self):
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.COUNT}))]

    def evaluate(self, maximum, cohort, excluded):
        values = cohort.values(self.indicator)
        share = np.sqrt(np.minimum(np.nan_to_num(values) / self.full, 1))
        return Outcome(np.rint(share * maximum), np.isnan(values))


@hookimpl
def scorer_criterion_group():
    return Water()


@hookimpl
def scorer_formulas():
    return [Root]


@hookimpl
def scorer_criteria_sets():
    return [files("water") / "water-2024.yaml"]
'''

WATER_SET = """\
criteria_set: water-2024
title: {en: Water for all}
provenance: reconstructed
effective: {from: 2024-01-01}
tiers: [commune]
categories:
  supply:
    groups:
      water:
        criteria:
          - {id: W.01, title: {en: Wells dug}, formula: root, indicator: wells, full: 9, points: 3}
      infrastructure:
        criteria:
          - {id: W.02, formula: awarded, indicator: infrastructure_awarded, points: 7}
    levels:
      - {level: 1, gates: [{measure: water, at_least: 50%}]}
"""

THIEF = """
from scorer.plugin_api import CriterionGroup, hookimpl


class Infrastructure(CriterionGroup):
    name, api_version = "infrastructure", 1


@hookimpl
def scorer_criterion_group():
    return Infrastructure()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Third-party distributions: one that works, one that cannot be imported, one that takes a bundled name."""
    site = tmp_path_factory.mktemp("site")
    install(
        site,
        "third-party-water",
        "1.2.3",
        {"water/__init__.py": WATER, "water/water-2024.yaml": WATER_SET},
        {"water": "water"},
    )
    install(site, "third-party-dust", "0.0.1", {"dust.py": "import no_such_module_at_all\n"}, {"dust": "dust"})
    install(site, "another-infrastructure", "9.9", {"aaa.py": THIEF}, {"aaa": "aaa"})
    return site


def row(text: str, start: str) -> str:
    """The line that starts with a word, spaces evened out."""
    (found,) = (" ".join(line.split()) for line in text.splitlines() if line.split()[:1] == [start])
    return found


def test_an_installed_plugin_is_found_with_groups_sets_and_formulas(site: Path) -> None:
    done = run(site, "plugins", "list")
    assert done.returncode == 0
    assert row(done.stdout, "water") == "water third-party-water 1.2.3 1 group water ready"
    assert "formula root" in done.stdout
    assert "set water-2024.yaml" in done.stdout
    assert row(done.stdout, "infrastructure").endswith("ready")


def test_a_broken_installed_plugin_is_named(site: Path) -> None:
    done = run(site, "plugins", "list")
    assert row(done.stdout, "dust") == "dust third-party-dust 0.0.1 quarantined"
    assert row(done.stdout, "aaa") == "aaa another-infrastructure 9.9 1 quarantined"
    assert [line for line in done.stdout.splitlines() if " is quarantined: " in line] == [
        "plugin 'aaa' (another-infrastructure 9.9) is quarantined: declares group 'infrastructure', "
        "which plugin 'infrastructure' (egov-scorer 0.1.0) already declares",
        "plugin 'dust' (third-party-dust 0.0.1) is quarantined: "
        "ModuleNotFoundError: No module named 'no_such_module_at_all' (dust, line 1)",
    ]


def test_a_set_of_an_installed_plugin_is_listed_with_the_bundled_ones(site: Path) -> None:
    done = run(site, "criteria", "list")
    assert done.returncode == 0
    assert "Water for all" in row(done.stdout, "water-2024")
    assert "2024-01-01 to ..." in row(done.stdout, "water-2024")
    assert row(done.stdout, "hue-2020")
    assert sorted(line.split(" is quarantined: ")[0] for line in done.stderr.splitlines()) == [
        "scorer: plugin 'aaa' (another-infrastructure 9.9)",
        "scorer: plugin 'dust' (third-party-dust 0.0.1)",
    ]


def test_a_set_of_an_installed_plugin_uses_its_own_formula_kind_and_bundled_groups(site: Path) -> None:
    done = run(site, "criteria", "show", "water-2024")
    assert done.returncode == 0
    for words in ("W.01 Wells dug", "3 points", "root", "water at least 50 %", "infrastructure_awarded", "Wells"):
        assert words in done.stdout


def test_the_set_of_an_uninstalled_plugin_is_unknown(site: Path) -> None:
    listed = run(None, "plugins", "list").stdout
    assert row(listed, "infrastructure").endswith("ready")
    assert "water" not in listed
    done = run(None, "criteria", "check", str(site / "water/water-2024.yaml"))
    assert done.returncode == 2
    assert "no plugin scores group 'water'" in done.stderr
    assert "unknown formula 'root'" in done.stderr


@dataclasses.dataclass(frozen=True)
class AtMostHalf(PartOf):
    """A third-party check: the part is at most half of the whole."""

    def violated(self, cohort: Cohort) -> Any:
        return 2 * cohort.values(self.part) > cohort.values(self.whole)


class Share(Formula):
    """A third-party formula that divides without a check for zero."""

    kind: ClassVar[str] = "share"
    indicator: str
    of: str

    def reads(self) -> Iterable[Read]:
        counts = frozenset({IndicatorKind.COUNT})
        return [Read(("indicator",), self.indicator, counts), Read(("of",), self.of, counts)]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Any) -> Outcome:
        ratio = cohort.values(self.indicator) / cohort.values(self.of)
        points = np.where(np.isfinite(ratio), np.rint(np.minimum(ratio, 1) * maximum), 0)
        return Outcome(points, np.isnan(cohort.values(self.indicator)))


def rank_wells(dug: int, planned: int) -> pb.RankProvinceResponse:
    """A province of one unit, by a third-party formula and check."""
    counts = [Indicator(code, kind="count") for code in ("dug", "planned")]
    wells = group("wells", *counts, checks=[AtMostHalf("dug", "planned")])
    sets = good(catalogue(host(wells, formulas=[Share]), document("a", "wells", formula="share, of: planned")))
    request = pb.RankProvinceRequest(criteria_set="a")
    row = request.rows.units.add(unit=pb.Unit(id="u", tier="district"))
    row.answers["dug"].number, row.answers["planned"].number = dug, planned
    with serving(sets) as service:
        return service.scorer.RankProvince(request)


def test_a_third_party_check_refuses_violating_units() -> None:
    with refusal() as caught:
        rank_wells(3, 4)
    assert caught[0].fields == {'rows.units[0].answers["dug"]': "PART_LARGER_THAN_WHOLE"}
    assert rank_wells(2, 4).rankings[0].scorecards[0].overall.score.points == 2.5


def test_a_third_party_formula_may_divide_by_zero() -> None:
    assert rank_wells(0, 0).rankings[0].scorecards[0].overall.score.points == 0
