"""The conformance kit: each broken plugin fails exactly the check it was made for; sound and bundled ones fail none."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from broken_plugins.corpus import CORPUS
from broken_plugins.sound import SOUND
from example_counts import with_examples
from harness import COMPILER, group, plugin
from hypothesis import example, given
from hypothesis import strategies as st

import scorer_plugins.infrastructure
from scorer.catalogue.catalogue import load_set
from scorer.engine.plan import SetPlan
from scorer.engine.validation import Submission, validate
from scorer.model.indicators import Indicator
from scorer.model.violations import Violations
from scorer.plugin_api import PartOf
from scorer.plugins.host import PluginHost
from scorer.testing.conformance.checks import CHECKS, Result
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

NAMES = [check.name for check in CHECKS]
BUNDLED = [plugin.name for plugin in PluginHost.installed().plugins if plugin.distribution == "egov-scorer"]
COST = re.compile(
    r"\S+\.yaml, tier \w+, group \w+: \d+\.\d\d us per unit for (\d+) criteria, \d+\.\d times as much as \1 flags"
)


def results(subject: PluginUnderTest) -> dict[str, Result]:
    return {check.name: check.run(subject) for check in CHECKS}


def with_outcome(found: dict[str, Result], outcome: str) -> dict[str, str]:
    return {name: result.text for name, result in found.items() if result.outcome == outcome}


@pytest.mark.parametrize("what", CORPUS)
def test_a_broken_plugin_fails_exactly_the_check_that_it_was_made_for(what: str) -> None:
    broken = CORPUS[what]
    found = results(PluginUnderTest.of(broken.plugin))
    failed = with_outcome(found, "failed")
    assert list(failed) == [broken.check], failed
    assert broken.says in failed[broken.check]
    assert set(with_outcome(found, "skipped")) == broken.skipped


def test_every_check_that_can_fail_is_broken_by_some_plugin() -> None:
    assert {broken.check for broken in CORPUS.values()} == set(NAMES) - {"cost_is_reported"}


@pytest.mark.parametrize("what", SOUND)
def test_a_sound_plugin_passes_every_check(what: str) -> None:
    found = results(PluginUnderTest.of(SOUND[what]))
    assert list(with_outcome(found, "ok")) == NAMES, found
    assert all(COST.fullmatch(line) for line in found["cost_is_reported"].costs)
    assert found["cost_is_reported"].costs


@pytest.mark.long
@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_plugins_pass_every_check(name: str) -> None:
    found = results(PluginUnderTest.of(name))
    assert with_outcome(found, "failed") == {}
    if name != "criteria_sets":  # it scores nothing
        assert set(with_outcome(found, "skipped")) == {"criteria_sets_are_accepted", "no_clock_network_or_chance"}


def test_a_module_is_tested_instead_of_the_installed_plugin() -> None:
    subject = PluginUnderTest.of(scorer_plugins.infrastructure)
    assert subject.plugin.failure == ""
    assert not subject.installed
    assert [harness.source for harness in subject.harnesses] == ["bac-kan-2020.yaml"] * 3 + ["hue-2020.yaml"]


class Places:
    """Field paths, for violations that must not occur."""

    def unit(self, unit: int, field: str) -> str:
        return f"{unit} {field}"

    answer = exclusion = unit


@pytest.mark.parametrize("name", [*BUNDLED, *SOUND])
def test_generated_answers_are_accepted_by_the_service(name: str) -> None:
    subject = PluginUnderTest.of(SOUND.get(name, name))
    files = {file.name: file for plugin in subject.host.plugins for file in plugin.criteria_sets}
    plans: dict[str, SetPlan | None] = {}
    for harness in subject.harnesses:
        if harness.source not in plans:
            text = files[harness.source].read_bytes()
            plans[harness.source], _ = load_set(subject.host, harness.source, text, COMPILER)
        plan = plans[harness.source]
        assert plan is not None
        for cohort in (harness.random_cohort, harness.complete_cohort):
            matrix = np.array([cohort.values(code) for code in plan.rows])
            n, violations = len(cohort), Violations()
            sheet = Submission(cohort.unit_ids, cohort.unit_ids, [cohort.tier] * n, [""] * n, matrix, [])
            (admitted,) = validate(plan, sheet, Places(), violations, to_rank=False)
            assert violations.listed() == []
            assert np.array_equal(admitted.cohort.matrix, matrix, equal_nan=True)


def test_generated_answers_include_edge_cases() -> None:
    (harness, *_) = PluginUnderTest.of(SOUND["own scoring"]).harnesses
    wells, dry = (harness.random_cohort.values(code) for code in ("wells", "dry"))
    assert np.isnan(wells[0])
    assert list(wells[1:4]) == [0, 8e9, 0]
    assert 0.05 < np.isnan(wells).mean() < 0.2
    assert (dry == 0).any()
    assert ((dry > 0) & (dry == wells)).any()
    assert {"W.01", "W.02", "W.03", "W.04"} == {
        code for code, mask in harness.random_cohort.excluded.items() if mask.any()
    }
    assert not np.isnan(harness.complete_cohort.matrix).any()
    assert (
        harness.random_cohort.matrix.tobytes()
        == PluginUnderTest.of(SOUND["own scoring"]).harnesses[0].random_cohort.matrix.tobytes()
    )


def test_criteria_are_generated_from_indicators_if_no_set_uses_a_group() -> None:
    (harness,) = PluginUnderTest.of(CORPUS["no documentation"].plugin).harnesses
    kinds = [criterion.formula.kind for _, criterion in harness.criteria]
    assert kinds == ["count", "linear", "choice", "steps", "count", "ratio"]


@pytest.mark.parametrize(("kind", "better"), [("count", "most"), ("choice", "more")])
def test_an_unknown_direction_is_refused(kind: str, better: str) -> None:
    options = ("a", "b") if kind == "choice" else ()
    with pytest.raises(ValueError, match="better must be 'more' or 'less'; a choice must not have it"):
        Indicator("x", kind, options=options, better=better)


INDICATORS = st.builds(
    lambda code, kind, ends, better: Indicator(
        code,
        kind,
        options=("a", "b", "c") if kind == "choice" else (),
        minimum=min(ends) if ends and kind in ("count", "number", "date") else None,
        maximum=max(ends) if ends and kind in ("count", "number", "date") else None,
        better="" if kind == "choice" else better,
    ),
    st.sampled_from("abcdef"),
    st.sampled_from(["count", "number", "flag", "choice", "date"]),
    st.none() | st.lists(st.integers(0, 40_000), min_size=2, max_size=2),
    st.sampled_from(["", "more", "less"]),
)


@with_examples(12)
@example([Indicator("day", "date", minimum=0, maximum=0)])
@given(st.lists(INDICATORS, min_size=1, max_size=6, unique_by=lambda indicator: indicator.code))
def test_any_indicators_get_criteria_and_answers_that_pass(indicators: list[Indicator]) -> None:
    codes = [indicator.code for indicator in indicators]
    pairs = [PartOf(*pair) for pair in itertools.pairwise(codes)]
    subject = PluginUnderTest.of(plugin(group("drawn", *indicators, checks=pairs)))
    (harness,) = subject.harnesses
    for cohort in (harness.random_cohort, harness.complete_cohort):
        for indicator in indicators:
            values, (low, high) = cohort.values(indicator.code), indicator.range()
            values = values[~np.isnan(values)]
            assert ((values >= low) & (values <= high)).all()
            assert indicator.kind == "number" or (values == np.rint(values)).all()
    laws = [check for check in CHECKS if check.name in ("missing_is_not_zero", "monotone_where_declared")]
    assert [result.text for check in laws if (result := check.run(subject)).outcome == "failed"] == []
