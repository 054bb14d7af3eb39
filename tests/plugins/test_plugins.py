"""Plugins: found by their entry points, checked when they load, quarantined one by one."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from harness import catalogue, good, group, host, plugin, refusal, serving
from plugin_modules import module
from third_party import install, run

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.formulas import KINDS, Outcome, Read
from scorer.plugin_api import Cohort, CriterionGroup, Formula, Indicator, IndicatorKind, PartOf
from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin


def loaded(**loads: Callable[[], Any]) -> PluginHost:
    return PluginHost.of((Plugin(name), load) for name, load in loads.items())


WELLS = group("wells", Indicator("dug", kind="count"))
ROADS = group("roads", Indicator("paved", kind="number"))


class Root(Formula):
    """A third-party formula kind: the root of the share."""

    kind: ClassVar[str] = "root"
    indicator: str
    full: int = 100

    def reads(self) -> Iterable[Read]:
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.COUNT}))]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Any) -> Outcome:
        values = cohort.values(self.indicator)
        share = np.sqrt(np.minimum(np.nan_to_num(values) / self.full, 1))
        return Outcome(np.rint(share * maximum), np.isnan(values))


def document(code: str, *groups: str, formula: str = "count, each: 1", indicator: str = "dug") -> str:
    """A set of these groups, each with one criterion."""
    each = "".join(
        f"      {name}:\n        criteria:\n"
        f"          - {{id: C{n}, formula: {formula}, indicator: {indicator}, points: 5}}\n"
        for n, name in enumerate(groups)
    )
    return (
        f"criteria_set: {code}\ntitle: {{en: {code}}}\nprovenance: published\ntiers: [district]\n"
        f"categories:\n  readiness:\n    groups:\n{each}"
    )


# Quarantine


def raising(error: BaseException) -> Callable[[], Any]:
    def load() -> Any:
        raise error

    return load


RAISED = f"(tests.plugins.test_plugins, line {raising.__code__.co_firstlineno + 2})"


def unmarked() -> object:
    made = types.ModuleType("plugin")
    made.scorer_criterion_group = lambda: ROADS  # type: ignore[attr-defined]
    return made


def with_argument() -> object:
    return module(scorer_criterion_group=lambda criteria: ROADS)


class Nameless(CriterionGroup):
    api_version = 1


class Timeless(CriterionGroup):
    name = "timeless"


class Kindless(Formula):
    """A formula kind that forgot its name."""


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Clashing(Formula):
    kind: ClassVar[str] = "clashing"
    points: int


class Later(Formula):
    kind: ClassVar[str] = "ratio"


BROKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "cannot be imported": (raising(ModuleNotFoundError("No module named 'dust'")), "No module named 'dust'"),
    "breaks on import": (raising(ZeroDivisionError("division by zero")), "ZeroDivisionError: division by zero"),
    "ends the process on import": (raising(SystemExit("no licence")), "SystemExit: no licence"),
    "is no module": (lambda: None, "implements no hook"),
    "written for another version": (
        lambda: plugin(group("roads", api_version=2)),
        "API version 2; this scorer offers 1",
    ),
    "written for no version": (
        lambda: plugin(Timeless()),
        "its api_version is None, not a number; write api_version = 1",
    ),
    "group without a name": (lambda: plugin(Nameless()), "None, whose name is not a code"),
    "group of the scorer's own word": (lambda: plugin(group("total")), "'total'"),
    "group with a space in its name": (lambda: plugin(group("my roads")), "'my roads', whose name is not a code"),
    "group in capitals": (lambda: plugin(group("Roads")), "'Roads', whose name is not a code"),
    "group in Vietnamese letters": (lambda: plugin(group("hạ_tầng")), "'hạ_tầng', whose name is not a code"),
    "group with a name too long for a set": (lambda: plugin(group("r" * 65)), "is not a code"),
    "group that there is already": (
        lambda: plugin(group("wells")),
        "group 'wells', which plugin 'first' already declares",
    ),
    "no group at all": (lambda: module(scorer_criterion_group="roads"), "'roads', not a CriterionGroup"),
    "a class instead of a group": (lambda: module(scorer_criterion_group=type(ROADS)), "not a CriterionGroup"),
    "a list of groups": (lambda: module(scorer_criterion_group=[ROADS]), "not a CriterionGroup"),
    "an indicator twice": (
        lambda: plugin(group("roads", Indicator("paved", kind="number"), Indicator("paved", kind="number"))),
        "declares indicator 'paved' twice",
    ),
    "an indicator that is none": (
        lambda: plugin(group("roads", "paved")),
        "indicators of group 'roads' are not Indicators: ('paved',)",
    ),
    "no indicators but nothing": (lambda: plugin(group("roads", **{"indicators": None})), "indicators"),
    "an indicator of no kind": (
        lambda: plugin(group("roads", Indicator("paved", kind="lot"))),
        "unknown kind 'lot'; there are count, number, flag, choice, date (tests.plugins.test_plugins",
    ),
    "a title that is none": (
        lambda: plugin(group("roads", title="Roads")),
        "title of group 'roads' does not map languages to texts",
    ),
    "a check of no indicators": (lambda: plugin(group("roads", checks=[PartOf(1, 2)])), "does not name the indicators"),
    "a check that reads nothing": (
        lambda: plugin(group("roads", checks=[type("Empty", (PartOf,), {"reads": lambda _: ()})("a", "b")])),
        "a check of group 'roads' does not name the indicators that it reads: ()",
    ),
    "a check with a sentence as its reason": (
        lambda: plugin(group("roads", checks=[type("Talking", (PartOf,), {"reason": "too\nmuch"})("a", "b")])),
        "the reason of a check of group 'roads' is 'too\\nmuch', not a word such as TOO_MANY",
    ),
    "an exception that is no Exception": (raising(GeneratorExit("enough")), "GeneratorExit: enough"),
    "an exception without words": (raising(AssertionError()), "AssertionError"),
    "an exception that cannot be shown": (raising(Unspeakable()), "Unspeakable"),
    "a check that is none": (lambda: plugin(group("roads", checks=("paved",))), "check"),
    "a formula kind that there is already": (
        lambda: plugin(None, [Later]),
        "formula kind 'ratio', which already exists",
    ),
    "a third-party formula kind": (lambda: plugin(None, [Root]), "formula kind 'root', which already exists"),
    "one formula kind twice": (
        lambda: plugin(None, [type("New", (Root,), {"kind": "new"})] * 2),
        "formula kind 'new', which already exists",
    ),
    "a formula kind without a name": (lambda: plugin(None, [Kindless]), "kind"),
    "a formula kind whose name is a number": (
        lambda: plugin(None, [type("New", (Root,), {"kind": 5})]),
        "formula kind New is called 5, not a code such as 'steps'",
    ),
    "a formula kind with control characters in its name": (
        lambda: plugin(None, [type("New", (Root,), {"kind": "new\x1b[31m"})]),
        "formula kind New is called 'new\\x1b[31m', not a code",
    ),
    "a formula kind with a key of every criterion": (lambda: plugin(None, [Clashing]), "uses key 'points'"),
    "a formula kind that is none": (lambda: module(scorer_formulas=["root"]), "'root', not a subclass of Formula"),
    "an instance of a formula kind": (
        lambda: module(scorer_formulas=[Root(indicator="dug")]),
        "not a subclass of Formula",
    ),
    "formula kinds that are no list": (lambda: module(scorer_formulas=5), "scorer_formulas"),
    "a hook that takes arguments": (with_argument, "scorer_criterion_group"),
    "a hook that there is not": (lambda: module(scorer_groups=[ROADS]), "scorer_groups"),
    "a hook that breaks": (
        lambda: module(scorer_criterion_group=lambda: [][0]),
        "IndexError: list index out of range",
    ),
    "a hook without its mark": (unmarked, "implements no hook; is @hookimpl missing?"),
    "a hook that gives nothing": (
        lambda: module(scorer_criterion_group=None),
        "returns nothing; is a return statement missing?",
    ),
    "no criteria set at all": (
        lambda: module(scorer_criteria_sets=[]),
        "declares nothing: scorer_criteria_sets returned an empty list; are the YAML files in the distribution?",
    ),
    "no formula kind at all": (
        lambda: module(scorer_formulas=[]),
        "declares nothing: scorer_formulas returned an empty list",
    ),
    "two hooks that bring nothing": (
        lambda: module(scorer_formulas=(), scorer_criteria_sets=()),
        "declares nothing: scorer_criteria_sets and scorer_formulas returned an empty list; are the YAML files",
    ),
    "a criteria set that is not there": (
        lambda: module(scorer_criteria_sets=[Path("not-there-2020.yaml")]),
        "criteria set 'not-there-2020.yaml' is not an existing file",
    ),
    "a criteria set that is a directory": (lambda: module(scorer_criteria_sets=[Path("/")]), "is not an existing file"),
    "a criteria set by its name": (lambda: module(scorer_criteria_sets=["set.yaml"]), "'set.yaml', not a file"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plugin_is_quarantined_and_the_rest_loads(what: str) -> None:
    load, words = BROKEN[what]
    plugins = loaded(
        first=lambda: plugin(WELLS, [Root]),
        broken=load,
        last=lambda: plugin(group("bridges", Indicator("steel", "flag"))),
    )
    first, broken, last = plugins.plugins
    assert words in broken.failure
    assert len(broken.failure.splitlines()) == 1
    assert (broken.group, broken.formulas, broken.criteria_sets) == (None, (), ())
    assert not first.failure
    assert not last.failure
    assert set(plugins.groups) == {"wells", "bridges"}
    assert plugins.groups["wells"] is WELLS
    assert set(plugins.formulas) == {*(kind.kind for kind in KINDS), "root"}
    sets = catalogue(plugins, document("wells-2020", "wells"), document("roads-2020", "wells", "roads"))
    assert list(sets.sets) == ["wells-2020"]


def test_a_set_that_needs_a_quarantined_plugin_says_why_it_cannot_be_used() -> None:
    plugins = loaded(wells=lambda: plugin(WELLS), roads=raising(ModuleNotFoundError("No module named 'dust'")))
    refusal = catalogue(plugins, document("roads-2020", "wells", "roads")).refusal("roads-2020")
    assert refusal is not None
    said = [str(problem) for problem in refusal.problems]
    assert said == [
        "set0.yaml:11:7: categories.readiness.groups.roads: "
        f"its plugin 'roads' is quarantined: ModuleNotFoundError: No module named 'dust' {RAISED}"
    ]


def test_an_unknown_group_names_quarantined_plugins_that_may_have_it() -> None:
    plugins = loaded(wells=lambda: plugin(WELLS), ministry=raising(ImportError("gone")))
    refusal = catalogue(plugins, document("roads-2020", "wells", "roads")).refusal("roads-2020")
    assert refusal is not None
    assert "no plugin scores group 'roads'; " in str(refusal.problems[0])
    assert f"; plugin 'ministry' is quarantined: ImportError: gone {RAISED}" in str(refusal.problems[0])


def test_the_group_of_a_quarantined_plugin_with_another_name_is_known() -> None:
    later = group("roads", Indicator("paved", kind="number"), api_version=2)
    plugins = loaded(wells=lambda: plugin(WELLS), ministry=lambda: plugin(later))
    refusal = catalogue(plugins, document("roads-2020", "wells", "roads")).refusal("roads-2020")
    assert refusal is not None
    said = "its plugin 'ministry' is quarantined: was written for API version 2; this scorer offers 1"
    assert said in str(refusal.problems[0])


def test_an_unknown_formula_kind_names_quarantined_plugins() -> None:
    plugins = loaded(wells=lambda: plugin(WELLS), ministry=raising(ImportError("gone")))
    refusal = catalogue(plugins, document("wells-2020", "wells", formula="root")).refusal("wells-2020")
    assert refusal is not None
    said = f"unknown formula 'root'; plugin 'ministry' is quarantined: ImportError: gone {RAISED}"
    assert [problem.message for problem in refusal.problems] == [said]


def test_an_interrupt_during_import_quarantines_nothing() -> None:
    with pytest.raises(KeyboardInterrupt):
        loaded(slow=raising(KeyboardInterrupt()))


def test_a_plugin_may_have_only_formula_kinds_or_criteria_sets(tmp_path: Path) -> None:
    file = tmp_path / "set.yaml"
    file.write_text(document("wells-2020", "wells", formula="root"), encoding="utf-8")
    plugins = loaded(
        kinds=lambda: plugin(None, [Root]),
        sets=lambda: module(scorer_criteria_sets=[file]),
        wells=lambda: plugin(WELLS),
    )
    assert [found.failure for found in plugins.plugins] == ["", "", ""]
    assert plugins.formulas["root"] is Root
    assert plugins.plugins[1].criteria_sets == (file,)
    assert plugins.providers["wells"].name == "wells"


def test_no_installed_plugin_is_not_an_error() -> None:
    plugins = loaded()
    assert plugins.plugins == ()
    assert set(plugins.formulas) == {kind.kind for kind in KINDS}
    refusal = catalogue(plugins, document("wells-2020", "wells")).refusal("wells-2020")
    assert refusal is not None
    assert "no plugin scores group 'wells'" in str(refusal.problems[0])


# Formula kinds that break while a set loads


def failing(**methods: object) -> type[Formula]:
    return type("Failing", (Root,), {"kind": "failing", **methods})


def breaks(*_: object) -> Any:
    raise RuntimeError("dust in the works")


def ends(*_: object) -> Any:
    raise SystemExit("dust in the works")


@pytest.mark.parametrize(
    "kind",
    [
        failing(reads=breaks),
        failing(reads=lambda self: ["dug"]),
        failing(problems=breaks),
        failing(limits=breaks),
        failing(limits=lambda self, tier, maximum: {"gravel": (0.0, 1.0)}),
        failing(needs_cohort=property(breaks)),
        failing(line=breaks),
        failing(line=ends),
        failing(reads=ends),
    ],
    ids=[
        "reads",
        "reads-text",
        "problems",
        "limits",
        "limits-of-another",
        "needs-cohort",
        "line",
        "line-ends",
        "reads-end",
    ],
)
def test_a_broken_formula_kind_refuses_only_its_set(kind: type[Formula]) -> None:
    plugins = host(WELLS, formulas=[kind])
    sets = catalogue(plugins, document("bad-2020", "wells", formula="failing"), document("good-2020", "wells"))
    assert list(sets.sets) == ["good-2020"]
    refusal = sets.refusal("bad-2020")
    assert refusal is not None
    assert re.search("failing|broken: (RuntimeError|SystemExit): dust in the works", str(refusal.problems[0]))


# Indicators of two groups


def both(other: Indicator) -> list[str]:
    """What is wrong with a set of two groups that both declare ``dug``."""
    sets = catalogue(host(WELLS, group("ponds", other)), document("water-2020", "wells", "ponds"))
    return [problem.message for refusal in sets.refused for problem in refusal.problems]


def test_two_groups_may_declare_one_indicator_identically() -> None:
    assert both(Indicator("dug", kind="count")) == []


@pytest.mark.parametrize(
    "other",
    [
        Indicator("dug", kind="number"),
        Indicator("dug", kind="count", unit="metres"),
        Indicator("dug", kind="count", title={"en": "Dug"}),
        Indicator("dug", kind="count", maximum=5),
    ],
    ids=["kind", "unit", "title", "range"],
)
def test_two_groups_may_not_declare_one_indicator_differently(other: Indicator) -> None:
    assert both(other) == ["its plugin and group 'wells' declare indicator 'dug' differently"]


def test_contradicting_groups_do_not_matter_to_a_set_with_one_of_them() -> None:
    plugins = host(WELLS, group("ponds", Indicator("dug", kind="flag")))
    sets = good(catalogue(plugins, document("wells-2020", "wells"), document("ponds-2020", "ponds", formula="flag")))
    assert sets.sets["wells-2020"].criteria_set.indicators["dug"].kind == "count"
    assert sets.sets["ponds-2020"].criteria_set.indicators["dug"].kind == "flag"


def test_a_criterion_may_read_an_indicator_of_another_group_of_its_set() -> None:
    sets = catalogue(host(WELLS, ROADS), document("both-2020", "wells", "roads"), document("roads-2020", "roads"))
    assert list(sets.sets) == ["both-2020"]
    assert "no group of the set declares indicator 'dug'" in str(sets.refused[0].problems[0])


def test_a_check_is_used_only_if_a_set_has_all_its_indicators() -> None:
    checked = group("wells", Indicator("dug", "count"), Indicator("dry", "count"), checks=[PartOf("dry", "dug")])
    text = document("dry-2020", "wells").replace("indicator: dug, points: 5}", "indicator: dug, points: 5}\n") + (
        "          - {id: C9, formula: fault, indicator: dry, points: 5}\n"
    )
    sets = good(catalogue(host(checked), document("wells-2020", "wells"), text))
    assert sets.sets["wells-2020"].tiers["district"].checks == ()
    assert sets.sets["dry-2020"].tiers["district"].checks == (PartOf("dry", "dug"),)


# Installed distributions

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
    """A third-party formula that divides without looking."""

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
