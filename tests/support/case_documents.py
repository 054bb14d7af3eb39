"""Cases of a set like hue-2020 that is not installed: passing, failing and unreadable ones."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SETS = ROOT / "plugins/scorer_plugins/criteria_sets"
HUE = (SETS / "hue-2020.yaml").read_text(encoding="utf-8")
HEAD = "criteria_set: mine\nprovenance: published\ncases:\n"
ANSWERS = "{policy_environment_awarded: 15, infrastructure_awarded: 20.5}"
GOOD = f"""\
  - name: all that one unit can be asked for
    tier: district
    answers: {ANSWERS}
    expect:
      points: {{readiness: 35.5, PE.01: 15, infrastructure: 20.50, infrastructure+human_resources: 20.5, overall: ~36}}
      percent: {{readiness: 71%, infrastructure + human_resources: 58.5714, overall: ~71.0%}}
      converted: {{readiness: 35.5, infrastructure: 20.5}}
      published: {{overall: 35.5}}
      level: {{readiness: none}}
      standing: {{readiness: below_minimum}}
      causes: {{readiness: [{{level: 4, measure: infrastructure+human_resources, at_least: 70%, value: ~58.6%}}]}}
      missing: [HR.01, INF.02]
      not_applicable: []
"""
FAILING = f"""\
  - name: three of four are otherwise
    tier: district
    answers: {ANSWERS}
    expect:
      points: {{readiness: 35.51, PE.01: 15}}
      level: {{readiness: 4}}
      causes:
        readiness:
          - {{measure: infrastructure + human_resources, above: 70%}}
"""
RANKS = """\
  - name: ranks of three
    units:
      - {id: a, tier: district, answers: {policy_environment_awarded: 15}}
      - {id: b, tier: district, answers: {policy_environment_awarded: 15, infrastructure_awarded: 23,
         infrastructure_conditional_awarded: 2, human_resources_awarded: 10}, expect: {level: {readiness: 2}}}
      - {id: c, tier: district, answers: {policy_environment_awarded: 14, infrastructure_awarded: 23,
         infrastructure_conditional_awarded: 2, human_resources_awarded: 10}}
    expect:
      rank:
        readiness: {b: 1, c: 1, a: none}
        overall: {c: 2}
"""
BROKEN = """\
  - name: names that there are not
    tier: district
    answers: {policy_environment_award: 1, infrastructure_awarded: true}
    not_applicable: [INF.01, INF.02, INF.02]
    expect: {points: {readyness: 1}, levels: {readiness: 1}, missing: [HR.1]}
  - name: values that are none
    tier: distrct
    answers: {policy_environment_awarded: }
    expect: {percent: {readiness: 70 percent}, level: {readiness: 0}}
  - name: causes
    tier: district
    expect: {causes: {readiness: [{measure: presence, at_least: 70%}, {measure: total, atleast: 70%}]}}
  - name: causes
    units:
      - {id: a, tier: district}
      - {id: a, tier: district, expect: {}}
    expect: {rank: {readiness: {b: 1}, achievement: {a: 0}, overall: {}}}
"""


def cases(folder: Path, *bodies: str, head: str = HEAD) -> Path:
    (folder / "mine.cases.yaml").write_text(head + "".join(bodies), encoding="utf-8")
    return folder


def set_folder(folder: Path) -> Path:
    """Writes the set to a directory."""
    (folder / "mine.yaml").write_text(HUE.replace("criteria_set: hue-2020", "criteria_set: mine"), encoding="utf-8")
    return folder
