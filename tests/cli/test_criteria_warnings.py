"""``scorer criteria check`` warns of values that are allowed but probably mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import cli_in_process
from broken_documents import BROKEN, GROUPS
from harness import COMPILER, host

from scorer.catalogue.catalogue import load_set

HUE = Path(__file__).parents[2] / "plugins/scorer_plugins/criteria_sets/hue-2020.yaml"


def test_points_that_look_like_a_percentage_give_a_warning(tmp_path: Path) -> None:
    text = HUE.read_text(encoding="utf-8")
    wrong = re.sub(r"(measure: total, at_least: )(\d\d)%", r"\g<1>0.\2", text)
    assert wrong != text
    (tmp_path / "points.yaml").write_text(wrong, encoding="utf-8")
    done = cli_in_process.run("criteria", "check", "points.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert "hue-2020 is good" in done.stdout
    first = done.stderr.splitlines()[0]
    assert re.fullmatch(
        r"scorer: points.yaml:\d+:\d+: categories.readiness.levels\[0\].gates\[0\].at_least: warning: a minimum of "
        r"0.9 points is low: 'total' has \d+ points in tier 'district'; if you mean a percentage, write 90%",
        first,
    ), first


def test_shares_that_look_like_percentages_give_a_warning() -> None:
    text = (BROKEN / "terms-do-not-add-up.yaml").read_text(encoding="utf-8").split("          - id: D.01")[0]
    ratio = "formula: ratio, numerator: computers, denominator: staff, when_zero: zero"
    text += f"          - {{id: D.01, {ratio}, target: 80, floor: 10, points: 1}}\n"
    text += f"          - {{id: D.02, formula: sum, points: 1, terms: [{{{ratio}, target: 50.5, points: 1}}]}}\n"
    plan, document = load_set(host(GROUPS["drill"]), "x.yaml", text.encode(), COMPILER)
    assert plan is not None, document.problems
    criteria = "categories.readiness.groups.drill.criteria"
    assert [(warning.path, warning.message) for warning in document.warnings] == [
        (
            f"{criteria}[0].target",
            "warning: a target of 80 means 80 to 1; if you mean a percentage, write 80%",
        ),
        (
            f"{criteria}[1].terms[0].target",
            "warning: a target of 50.5 means 50.5 to 1; if you mean a percentage, write 50.5%",
        ),
    ]


def test_thresholds_that_no_or_every_answer_meets_give_a_warning() -> None:
    criteria = """
          - {id: D.01, formula: steps, indicator: score, points: 3, steps: [
              {above: 100, points: 3}, {at_least: 100, points: 2}, {at_least: 0, points: 1}]}
          - {id: D.02, formula: steps, indicator: score, points: 5, steps: [
              {below: 0, points: 5}, {at_most: 0, points: 4}, {below: 100, points: 3}, {at_most: 100, points: 2},
              {below: 100.5, points: 1}]}
          - {id: D.03, formula: steps, indicator: opened, points: 2, steps: [
              {at_least: 2020-07-01, points: 2}, {above: 2019-12-31, points: 1}]}
          - {id: D.04, formula: linear, indicator: score, from: 0, to: 100.5, target: 100, floor: 5, points: 1}
          - {id: D.05, formula: linear, indicator: score, from: 200, to: -1, target: 0, floor: 101, points: 1}
          - {id: D.06, formula: sum, points: 1, terms: [
              {formula: logarithmic, indicator: score, from: 1, to: 1000, points: 1}]}
"""
    head = (BROKEN / "terms-do-not-add-up.yaml").read_text(encoding="utf-8").split("        criteria:")[0]
    indicators = """\
        indicators:
          score: {kind: number, minimum: 0, maximum: 100, title: {en: Score}}
          opened: {kind: date, minimum: 2020-01-01, maximum: 2020-06-30, title: {en: Opened}}
"""
    text = head.replace("drill:", "desk:") + indicators + "        criteria:" + criteria
    plan, document = load_set(host(), "x.yaml", text.encode(), COMPILER)
    assert plan is not None, document.problems
    path = "categories.readiness.groups.desk.criteria"
    scores, days = "answers are from 0 to 100", "answers are from 2020-01-01 to 2020-06-30"
    assert [(warning.path.removeprefix(path), warning.message) for warning in document.warnings] == [
        ("[0].steps[0].above", f"warning: no answer to 'score' meets this; {scores}"),
        ("[1].steps[0].below", f"warning: no answer to 'score' meets this; {scores}"),
        ("[1].steps[4].below", f"warning: every answer to 'score' meets this; {scores}"),
        ("[2].steps[0].at_least", f"warning: no answer to 'opened' meets this; {days}"),
        ("[2].steps[1].above", f"warning: every answer to 'opened' meets this; {days}"),
        ("[3].to", f"warning: no answer to 'score' can be 100.5; {scores}"),
        ("[4].from", f"warning: no answer to 'score' can be 200; {scores}"),
        ("[4].to", f"warning: no answer to 'score' can be -1; {scores}"),
        ("[4].floor", f"warning: no answer to 'score' can be 101; {scores}"),
        ("[5].terms[0].to", f"warning: no answer to 'score' can be 1000; {scores}"),
    ]


def test_a_level_that_no_unit_can_have_gives_a_warning() -> None:
    text = (BROKEN / "terms-do-not-add-up.yaml").read_text(encoding="utf-8").split("          - id: D.01")[0]
    ratio = "formula: ratio, numerator: computers, denominator: staff, when_zero: zero"
    text += f"          - {{id: D.01, {ratio}, points: 10}}\n"
    text += "    levels:\n"
    text += "      - {level: 1, gates: [{measure: total, at_least: 50%}]}\n"
    text += "      - {level: 2, gates: [{measure: total, at_least: 50%}]}\n"

    def warnings(text: str) -> list[tuple[str, str]]:
        plan, document = load_set(host(GROUPS["drill"]), "x.yaml", text.encode(), COMPILER)
        assert plan is not None, document.problems
        return [(warning.path, warning.message) for warning in document.warnings]

    found = warnings(text)
    assert {path for path, _ in found} == {"categories.readiness.levels[1]"}
    message = "warning: in tier '{}' every unit that reaches level 2 reaches level 1 too"
    assert [said for _, said in found] == [message.format(tier) for tier in ("district", "commune")]
    assert not warnings(text.replace("at_least: 50%}]}\n    ", "at_least: 50.0001%}]}\n    ", 1))
    limit = "    limits: [{when: {measure: D.01, at_least: 90%}, no_better_than: 2}]\n"
    assert not warnings(text + limit), "the limit leads to level 2"
