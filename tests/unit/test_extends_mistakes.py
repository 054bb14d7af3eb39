"""Mistakes in sets that extend another set are refused with their place."""

from __future__ import annotations

import pytest
from document_set import INSTALLED, NEXT, WARDS
from harness import COMPILER, catalogue

from scorer.catalogue.catalogue import Catalogue


def problems(text: str, *others: str) -> list[str]:
    """The problems of the last document; the others are in the same directory."""
    sets = catalogue(INSTALLED, *others, text)
    found = [refused for refused in sets.refused if refused.source == f"set{len(others)}.yaml"]
    return [str(problem).partition(".yaml:")[2] for refused in found for problem in refused.problems]


def changed(old: str, new: str) -> str:
    assert NEXT.count(old) == 1, old
    return NEXT.replace(old, new)


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
            f"12:11: {OFFICE}.indicators.open: wards-2026 has no 'open' here, so it cannot be removed; "
            "did you mean 'opened'?"
        ],
    ),
    "a criterion that is not there": (
        ("{id: 1.3.1, remove: true}", "{id: 1.3.2, remove: true}"),
        [
            f"15:11: {OFFICE}.criteria[2].indicator: inherited from wards-2026: no group of the set declares indicator "
            "'opened'; did you mean 'open_data'?",
            f"15:14: {OFFICE}.criteria[0].id: wards-2026 has no id '1.3.2' here, so it cannot be removed; did you mean "
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
        "2:10: extends: set1.yaml cannot be extended: wards-2026 has no id 9 here, so it cannot be removed"
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


def test_a_duplicate_criterion_is_not_reported_as_unknown() -> None:
    twice = changed('          - {id: "1.1", points: 6}\n', '          - {id: "1.1", points: 6}\n' * 2)
    assert [line for line in problems(twice, WARDS) if "has no criterion" in line] == []
    assert any(line.endswith("criterion '1.1' is given twice") for line in problems(twice, WARDS))


@pytest.mark.parametrize("key", ["levels", "groups.digital_office.criteria"])
def test_an_empty_list_which_would_change_nothing_is_refused(key: str) -> None:
    text = "criteria_set: next\nextends: wards-2026\ntitle: {en: Next}\ncategories: {readiness: "
    keys = key.split(".")
    text += "".join(f"{{{step}: " for step in keys) + "[]" + "}" * len(keys) + "}\n"
    (problem,) = problems(text, WARDS)
    assert problem.endswith(
        f"{key}: an empty list changes nothing of wards-2026; leave it out, or write ~ to remove the list"
    )
