"""``extends``: a set that states only its changes equals the complete document."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_in_process import local_runner
from document_set import ANSWERS, CASES, INSTALLED, NEXT, WARDS
from harness import catalogue, good

from scorer.catalogue.directory import CriteriaDirectory
from scorer.catalogue.live import LiveCatalogue
from scorer.criteria.yaml_parser import parse
from scorer.engine.gates import GateCompiler

WHOLE = """\
criteria_set: wards-2027
title: {en: "Digital wards, 2027"}
provenance: reconstructed
effective: {from: 2027-01-01}
series: wards
tiers: [ward]
categories:
  readiness:
    title: {en: Readiness, vi: Sẵn sàng}
    groups:
      digital_office:
        title: {en: Office}
        points: 13
        indicators:
          files: {kind: count, unit: files, title: {en: Files received, vi: Hồ sơ tiếp nhận}, maximum: 100000}
          online_files:
            kind: count
            unit: files
            title: {en: Files handed in online, vi: Hồ sơ nộp trực tuyến}
            meaning: {en: Only files that came through the national portal., vi: Hồ sơ qua Cổng dịch vụ công.}
          portal: {kind: choice, options: [full, part, none], title: {en: Portal, vi: Cổng thông tin}}
          staff: {kind: count, unit: people, title: {en: Staff}}
        checks:
          - {part: online_files, of: files}
        criteria:
          - {id: "1.1", title: {en: Online, vi: Trực tuyến}, formula: ratio, numerator: online_files,
             denominator: files, when_zero: zero, points: 6}
          - {id: "1.2", formula: count, indicator: staff, each: 1, points: 4}
          - {id: "1.4", formula: flag, indicator: open_data, points: 3, may_be_not_applicable: true}
      more:
        indicators: {open_data: {kind: flag, title: {en: Open data}}}
        criteria: [{id: "2", formula: flag, indicator: open_data, points: 1}]
    levels:
      - {level: 1, gates: [{measure: total, at_least: 80%}], provenance: reconstructed}
      - {level: 3, gates: [{measure: total, at_least: 10%}]}
"""


# What it means


def test_an_extended_set_equals_a_complete_document() -> None:
    extending = good(catalogue(INSTALLED, NEXT, WARDS)).sets["wards-2027"].criteria_set
    whole = good(catalogue(INSTALLED, WHOLE)).sets["wards-2027"].criteria_set
    assert extending == whole
    assert extending.revision == parse(WHOLE, "").revision()


def test_a_key_that_a_new_formula_or_condition_replaces_may_be_removed_too() -> None:
    changes = (
        ("each: 1, points: 4", "each: 1, points: 4, options: ~"),
        ("gates: [{measure: total, at_least: 10%}]", "when: {measure: total, at_least: 10%}"),
        ("{level: 1, prov", "{level: 1, gates: ~, when: {measure: total, at_least: 80%}, prov"),
    )
    changed, whole = NEXT, WHOLE
    for old, new in changes:
        assert changed.count(old) == 1
        changed = changed.replace(old, new)
    for percent in ("80%", "10%"):
        gate = f"{{measure: total, at_least: {percent}}}"
        whole = whole.replace(f"gates: [{gate}]", f"when: {gate}")
    extended = good(catalogue(INSTALLED, changed, WARDS)).sets["wards-2027"].criteria_set
    assert extended.revision == good(catalogue(INSTALLED, whole)).sets["wards-2027"].criteria_set.revision


def test_a_set_that_changes_nothing_but_its_code_has_the_content_of_its_base() -> None:
    least = "criteria_set: copy\nextends: wards-2026\ntitle: {en: Copy}\n"
    sets = good(catalogue(INSTALLED, least, WARDS)).sets
    assert sets["copy"].criteria_set.categories == sets["wards-2026"].criteria_set.categories
    assert sets["copy"].criteria_set.effective_from is None
    assert sets["copy"].criteria_set.legal_basis == ()


def test_sets_extend_sets_that_extend_sets() -> None:
    third = "criteria_set: third\nextends: wards-2027\ntitle: {en: Third}\ntiers: [ward]\nrounding: {points: 0}\n"
    last = "criteria_set: last\nextends: third\ntitle: {en: Last}\nrounding: ~\n"
    sets = good(catalogue(INSTALLED, last, third, NEXT, WARDS)).sets
    assert [sets[code].criteria_set.points_decimals for code in ("third", "last")] == [0, 2]
    assert sets["last"].criteria_set.categories == sets["wards-2027"].criteria_set.categories


def test_the_revision_is_that_of_the_merged_document() -> None:
    before = good(catalogue(INSTALLED, NEXT, WARDS)).sets["wards-2027"].criteria_set.revision
    for old, new, same in (
        ("maximum: 100000", "maximum: 100001", False),
        ("Made up.", "Assumed.", True),  # notes are not taken over
        ("part: 1, none: 0", "part: 2, none: 0", True),  # the criterion has another formula now
    ):
        assert WARDS.count(old) == 1
        base = WARDS.replace(old, new)
        after = good(catalogue(INSTALLED, NEXT, base)).sets["wards-2027"].criteria_set.revision
        assert (after == before) is same, old


def test_an_installed_set_can_be_extended(tmp_path: Path) -> None:
    (tmp_path / "next.yaml").write_text(NEXT, encoding="utf-8")
    live = LiveCatalogue(catalogue(INSTALLED, WARDS), CriteriaDirectory(tmp_path), GateCompiler())
    assert list(live.current().sets) == ["wards-2026", "wards-2027"]


# While it is served, and in commands


def test_a_change_of_the_base_reloads_the_sets_that_extend_it(tmp_path: Path) -> None:
    least = "criteria_set: copy\nextends: wards-2026\ntitle: {en: Copy}\n"
    (tmp_path / "a.yaml").write_text(least, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(WARDS, encoding="utf-8")
    live = LiveCatalogue(catalogue(INSTALLED), CriteriaDirectory(tmp_path), GateCompiler())
    first = live.current().sets["copy"]
    assert live.reload() is None

    (tmp_path / "b.yaml").write_text(WARDS.replace("maximum: 100000", "maximum: 77"), encoding="utf-8")
    assert live.reload()
    second = live.current().sets["copy"]
    assert second.tiers["ward"].ranges["files"] == (0, 77)
    assert second.criteria_set.revision != first.criteria_set.revision

    (tmp_path / "b.yaml").write_text(WARDS.replace("kind: choice", "kind: choise"), encoding="utf-8")
    assert live.reload()
    assert live.current().sets["copy"] is second
    assert set(live.current().kept) == {"copy", "wards-2026"}

    (tmp_path / "b.yaml").unlink()
    assert live.reload()
    assert live.current().sets["copy"] is second
    [problem] = live.current().kept["copy"].problems
    assert "there is no criteria set 'wards-2026' to extend" in problem.message

    (tmp_path / "c.yaml").write_text(WARDS, encoding="utf-8")
    assert live.reload()
    assert live.current().sets["copy"].criteria_set == first.criteria_set
    assert not live.current().kept


def test_commands_find_the_base_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scorer = local_runner(INSTALLED, monkeypatch, capsys)
    monkeypatch.chdir(tmp_path)
    Path("answers.csv").write_text(ANSWERS, encoding="utf-8")
    for name, text in (("copy", "criteria_set: copy\nextends: wards-2026\ntitle: {en: Copy}\n"), ("wards", WARDS)):
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    Path("copy.cases.yaml").write_text(CASES.replace("wards-2026", "copy"), encoding="utf-8")
    checked = scorer("criteria", "check", "copy.yaml")
    assert (checked.code, checked.errors) == (0, [])
    assert "copy is good: 3 criteria" in checked.out
    assert "1 ok, 0 failed" in scorer("criteria", "test", "copy.yaml").out
    ranked = scorer("rank", "answers.csv", "--set", "copy", "--criteria", ".")
    assert (ranked.code, ranked.errors) == (0, [])
