"""Plugins that break while they load are quarantined, and the others are loaded."""

from __future__ import annotations

import datetime
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from harness import catalogue, group, plugin
from plugin_modules import module
from plugin_sets import ROADS, WELLS, Root, document

from scorer.formulas import KINDS
from scorer.plugin_api import CriterionGroup, Formula, Indicator, PartOf, hookimpl
from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin


def loaded(**loads: Callable[[], Any]) -> PluginHost:
    return PluginHost.of((Plugin(name), load) for name, load in loads.items())


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


def wrapping() -> object:
    found = types.ModuleType("wrapping")

    def scorer_criterion_group() -> Iterator[object]:
        yield
        return ROADS

    found.scorer_criterion_group = hookimpl(wrapper=True)(scorer_criterion_group)  # type: ignore[attr-defined]
    return found


class Nameless(CriterionGroup):
    api_version = 1


class Timeless(CriterionGroup):
    name = "timeless"


class Kindless(Formula):
    """A formula kind without a name."""


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
    "an indicator without a possible answer": (
        lambda: plugin(group("roads", Indicator("paved", kind="count", minimum=5, maximum=1))),
        "indicator paved: no answer is possible: from 5 to 1",
    ),
    "a bound that is not a number": (
        lambda: plugin(group("roads", Indicator("paved", kind="number", minimum=float("nan")))),
        "indicator paved: minimum must be a number, not nan",
    ),
    "a day as a bound": (
        lambda: plugin(group("roads", Indicator("paved", kind="date", maximum=datetime.date(2026, 1, 1)))),
        "maximum must be a number, not datetime.date(2026, 1, 1); a day is the number of days since 1970-01-01",
    ),
    "a title that is none": (
        lambda: plugin(group("roads", title="Roads")),
        "title of group 'roads' does not map languages to texts",
    ),
    "a title with a control character": (
        lambda: plugin(group("roads", title={"en": "Roads\x1b[2J"})),
        "title of group 'roads' has a control or format character (U+001B); delete it",
    ),
    "an indicator with half a character": (
        lambda: plugin(group("roads", Indicator("paved", kind="number", meaning={"vi": "đường \ud800"}))),
        "meaning of indicator 'paved' has a lone surrogate",
    ),
    "an indicator whose title is a number": (
        lambda: plugin(group("roads", Indicator("paved", kind="number", title={"en": 3}))),  # type: ignore[dict-item]
        "title of indicator 'paved' does not map languages to texts: {'en': 3}",
    ),
    "an option with a control character": (
        lambda: plugin(group("roads", Indicator("paved", kind="choice", options=("all", "some\u202e")))),
        "option 'some\\u202e' of indicator 'paved' has a control or format character (U+202E)",
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
    "nested formulas in a field that is not there": (
        lambda: plugin(None, [type("New", (Root,), {"kind": "new", "nested": "inner"})]),
        "formula kind 'new' has nested = 'inner', which is not a field of type NestedFormulas",
    ),
    "nested formulas in a field of another type": (
        lambda: plugin(None, [type("New", (Root,), {"kind": "new", "nested": "indicator"})]),
        "formula kind 'new' has nested = 'indicator', which is not a field of type NestedFormulas",
    ),
    "a formula kind that is none": (lambda: module(scorer_formulas=["root"]), "'root', not a subclass of Formula"),
    "an instance of a formula kind": (
        lambda: module(scorer_formulas=[Root(indicator="dug")]),
        "not a subclass of Formula",
    ),
    "formula kinds that are no list": (lambda: module(scorer_formulas=5), "scorer_formulas"),
    "a hook that takes arguments": (with_argument, "scorer_criterion_group"),
    "a hook that there is not": (lambda: module(scorer_groups=[ROADS]), "scorer_groups"),
    "a hook that wraps others": (wrapping, "scorer_criterion_group is a wrapper; write @hookimpl without arguments"),
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
