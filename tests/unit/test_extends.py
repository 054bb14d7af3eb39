"""``extends``: a set that states only its changes equals the complete document."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_in_process import local_runner
from document_set import ANSWERS, CASES, WARDS
from harness import COMPILER, catalogue, good, group, host

from scorer.catalogue.catalogue import Catalogue
from scorer.catalogue.directory import CriteriaDirectory
from scorer.catalogue.live import LiveCatalogue
from scorer.criteria.yaml_parser import parse
from scorer.engine.gates import GateCompiler
from scorer.plugin_api import Indicator

INSTALLED = host(group("water", Indicator("wells", kind="count")))

NEXT = """\
criteria_set: wards-2027
extends: wards-2026
title: {en: "Digital wards, 2027"}
effective: {from: 2027-01-01}
categories:
  readiness:
    groups:
      digital_office:
        title: {en: Office}
        points: 13
        indicators:
          opened: ~
          staff: {kind: count, unit: people, title: {en: Staff}}
        criteria:
          - {id: 1.3.1, remove: true}
          - {id: "1.2", formula: count, indicator: staff, each: 1, points: 4}
          - {id: "1.4", formula: flag, indicator: open_data, points: 3, may_be_not_applicable: true}
          - {id: "1.1", points: 6}
      more:
        indicators: {open_data: {kind: flag, title: {en: Open data}}}
        criteria: [{id: "2", formula: flag, indicator: open_data, points: 1}]
    levels:
      - {level: 3, gates: [{measure: total, at_least: 10%}]}
      - {level: 2, remove: true}
      - {level: 1, provenance: reconstructed}
"""

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


def problems(text: str, *others: str) -> list[str]:
    """The problems of the last document; the others are in the same directory."""
    sets = catalogue(INSTALLED, *others, text)
    found = [refused for refused in sets.refused if refused.source == f"set{len(others)}.yaml"]
    return [str(problem).partition(".yaml:")[2] for refused in found for problem in refused.problems]


def changed(old: str, new: str) -> str:
    assert NEXT.count(old) == 1, old
    return NEXT.replace(old, new)


# What it means


def test_an_extended_set_equals_a_complete_document() -> None:
    extending = good(catalogue(INSTALLED, NEXT, WARDS)).sets["wards-2027"].criteria_set
    whole = good(catalogue(INSTALLED, WHOLE)).sets["wards-2027"].criteria_set
    assert extending == whole
    assert extending.revision == parse(WHOLE, "").revision()


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


# Mistakes

OFFICE = "categories.readiness.groups.digital_office"

MISTAKES: dict[str, tuple[tuple[str, str], list[str]]] = {
    "an unknown set": (
        ("extends: wards-2026", "extends: ward-2026"),
        ["2:10: extends: there is no criteria set 'ward-2026' to extend; did you mean 'wards-2026'?"],
    ),
    "no set": (
        ("extends: wards-2026", "extends: 2026"),
        ["2:10: extends: expected the code of a criteria set, not 2026"],
    ),
    "itself": (
        ("extends: wards-2026", "extends: wards-2027"),
        ["2:10: extends: the sets extend each other: wards-2027 extends wards-2027"],
    ),
    "a key that is not there": (
        ("opened: ~", "open: ~"),
        [
            f"12:11: {OFFICE}.indicators.open: wards-2026 has no 'open' here that could be removed; "
            "did you mean 'opened'?"
        ],
    ),
    "a criterion that is not there": (
        ("{id: 1.3.1, remove: true}", "{id: 1.3.2, remove: true}"),
        [
            f"15:11: {OFFICE}.criteria[2].indicator: inherited from wards-2026: no group of the set declares indicator "
            "'opened'; did you mean 'open_data'?",
            f"15:14: {OFFICE}.criteria[0].id: wards-2026 has no id '1.3.2' here that could be removed; did you mean "
            "'1.3.1'?",
        ],
    ),
    "a removal with more": (
        ("{id: 1.3.1, remove: true}", "{id: 1.3.1, remove: true, points: 1}"),
        [f"15:39: {OFFICE}.criteria[0].points: an entry that is removed has no other keys than 'id'"],
    ),
    "a removal that is none": (
        ("{id: 1.3.1, remove: true}", "{id: 1.3.1, remove: 1}"),
        [f"15:25: {OFFICE}.criteria[0].remove: expected true, not 1"],
    ),
    "a misspelt id": (
        ('{id: "1.1", points: 6}', '{id: "1.11", points: 6}'),
        [
            f"18:13: {OFFICE}.criteria[3].formula: the required key 'formula' is missing",
            f"18:14: {OFFICE}.criteria[3].id: wards-2026 has no criterion '1.11' in this group; did you mean '1.1'?; a "
            "new one needs a formula",
        ],
    ),
    "an unknown key in an entry that is changed": (
        ('{id: "1.1", points: 6}', '{id: "1.1", poinst: 6}'),
        [
            f"18:25: {OFFICE}.criteria[3].poinst: unknown key 'poinst'; did you mean 'points'?",
        ],
    ),
    "points that no longer add up": (
        ("        points: 13\n", ""),
        [f"9:9: {OFFICE}.points: inherited from wards-2026: the criteria of tier 'ward' add up to 13, not to 10"],
    ),
    "a tier that inherited parts do not know": (
        ("categories:\n", "tiers: [ward]\nranking: {cohort: {wrd: parent}}\ncategories:\n"),
        ["6:20: ranking.cohort.wrd: unknown tier 'wrd'; did you mean 'ward'?"],
    ),
    "an indicator that inherited criteria read": (
        ("- {id: 1.3.1, remove: true}", "- {id: 1.3.1, points: 2}"),
        [
            f"15:13: {OFFICE}.criteria[0].indicator: inherited from wards-2026: no group of the set declares indicator "
            "'opened'; did you mean 'open_data'?"
        ],
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_named_in_the_document_that_has_it(what: str) -> None:
    change, expected = MISTAKES[what]
    assert problems(changed(*change), WARDS) == expected


def test_only_sets_that_extend_each_other_are_refused() -> None:
    one = "criteria_set: one\nextends: two\ntitle: {en: One}\n"
    two = "criteria_set: two\nextends: one\ntitle: {en: Two}\n"
    sets = catalogue(INSTALLED, one, two, WARDS)
    assert list(sets.sets) == ["wards-2026"]
    assert [refused.problems[0].message for refused in sets.refused] == [
        "the sets extend each other: one extends two extends one",
        "the sets extend each other: two extends one extends two",
    ]
    outside = "criteria_set: out\nextends: one\ntitle: {en: Out}\n"
    assert problems(outside, one, two) == [
        "2:10: extends: the sets extend each other: out extends one extends two extends one"
    ]


def test_a_long_chain_is_refused() -> None:
    links = [f"criteria_set: link{n + 1}\nextends: link{n}\ntitle: {{en: Link}}\n" for n in range(20)]
    first = WARDS.replace("wards-2026\n", "link0\n")
    sets = Catalogue.load(
        INSTALLED, [("first", first), *((f"set{n}", text) for n, text in enumerate(links[:20]))], COMPILER
    )
    assert len(sets.sets) == 11
    assert "extends more than 10 sets" in sets.refused[0].problems[0].message


def test_a_base_that_cannot_be_read_or_merged_is_named() -> None:
    broken = WARDS + "  x: [\n"
    assert problems(NEXT, broken) == ["2:10: extends: there is no criteria set 'wards-2026' to extend; it has to be "
                                      "installed, or in the same directory"]  # fmt: skip
    twice = WARDS + "series: again\n"
    assert problems(NEXT, twice) == ["2:10: extends: set0.yaml, which has criteria set 'wards-2026', cannot be read"]
    wrong = changed("{id: 1.3.1, remove: true}", "{id: 9, remove: true}")
    third = "criteria_set: third\nextends: wards-2027\ntitle: {en: Third}\n"
    assert problems(third, WARDS, wrong) == [
        "2:10: extends: set1.yaml cannot be extended: wards-2026 has no id 9 here that could be removed"
    ]


@pytest.mark.parametrize(
    "base",
    [
        "tiers: 5",
        "categories: 5",
        "categories: {readiness: 5}",
        "categories: {readiness: {groups: 5, levels: 5}}",
        "categories: {readiness: {groups: {digital_office: {criteria: [5, {id: []}, {id: 1}, {id: 1}, [x]]}}}}",
    ],
)
def test_no_content_of_a_base_crashes_the_loader(base: str) -> None:
    assert problems(NEXT, f"criteria_set: wards-2026\n{base}\n")


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


def test_a_duplicate_criterion_is_not_reported_as_unknown() -> None:
    twice = changed('          - {id: "1.1", points: 6}\n', '          - {id: "1.1", points: 6}\n' * 2)
    assert [line for line in problems(twice, WARDS) if "has no criterion" in line] == []
    assert any(line.endswith("criterion '1.1' is given twice") for line in problems(twice, WARDS))


def test_a_key_that_a_new_formula_or_condition_replaces_may_be_removed_too() -> None:
    plain = changed("each: 1, points: 4", "each: 1, points: 4, options: ~").replace(
        "gates: [{measure: total, at_least: 10%}]", "when: {measure: total, at_least: 10%}"
    )
    plain = plain.replace("{level: 1, prov", "{level: 1, gates: ~, when: {measure: total, at_least: 80%}, prov")
    whole = WHOLE.replace("gates: [{measure: total, at_least: 80%}]", "when: {measure: total, at_least: 80%}")
    whole = whole.replace("gates: [{measure: total, at_least: 10%}]", "when: {measure: total, at_least: 10%}")
    extended = good(catalogue(INSTALLED, plain, WARDS)).sets["wards-2027"].criteria_set
    assert extended.revision == good(catalogue(INSTALLED, whole)).sets["wards-2027"].criteria_set.revision


@pytest.mark.parametrize("key", ["levels", "groups.digital_office.criteria"])
def test_an_empty_list_which_would_change_nothing_is_refused(key: str) -> None:
    text = "criteria_set: next\nextends: wards-2026\ntitle: {en: Next}\ncategories: {readiness: "
    keys = key.split(".")
    text += "".join(f"{{{step}: " for step in keys) + "[]" + "}" * len(keys) + "}\n"
    (problem,) = problems(text, WARDS)
    assert problem.endswith(
        f"{key}: an empty list changes nothing of wards-2026; leave it out, or write ~ to remove the list"
    )
