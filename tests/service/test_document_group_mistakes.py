"""Mistakes in the groups that a document declares are refused with line and column."""

from __future__ import annotations

import pytest
from document_set import changed, problems

W_LINE = "      water: {criteria: [{id: W, formula: count, indicator: wells, each: 1, points: 1}]}\n"
"""The group of the installed plugin, in a set."""
HEAD = "categories.readiness.groups.digital_office"
MISTAKES: dict[str, tuple[tuple[str, str], list[str]]] = {
    "an installed group": (
        ("      digital_office:\n", "      water:\n"),
        [
            "12:7: categories.readiness.groups.water: group 'water' belongs to the installed plugin 'water'; leave out "
            "'indicators' and 'checks' to use that group, or give this group another name"
        ],
    ),
    "a kind": (
        ("kind: choice", "kind: choise"),
        [
            f"22:26: {HEAD}.indicators.portal.kind: expected 'count', 'number', 'flag', 'choice' or 'date', not "
            "'choise'; did you mean 'choice'?"
        ],
    ),
    "no title": (
        (", title: {en: Portal, vi: Cổng thông tin}", ""),
        [f"22:19: {HEAD}.indicators.portal.title: the required key 'title' is missing"],
    ),
    "a choice without options": (
        (", options: [full, part, none], title: {en: Portal", ", title: {en: Portal"),
        [
            f"22:11: {HEAD}.indicators.portal: indicator portal: a choice needs options, each listed once; other kinds "
            "have none"
        ],
    ),
    "a number as bound of a day": (
        ("minimum: 2000-01-01", "minimum: 2000"),
        [f"23:75: {HEAD}.indicators.opened.minimum: expected a day, because the indicator is a date"],
    ),
    "an empty range": (
        ("maximum: 100000", "minimum: 5, maximum: 3"),
        [f"16:11: {HEAD}.indicators.files: indicator files: no answer is possible: from 5 to 3"],
    ),
    "a column of units": (
        ("          files: {", "          parent: {"),
        [
            f"16:11: {HEAD}.indicators.parent: indicator code 'parent' is the name of a column of units: choose "
            "another one",
            f"25:38: {HEAD}.checks[0].of: the group declares no indicator 'files'",
            f"28:27: {HEAD}.criteria[0].denominator: no group of the set declares indicator 'files'",
        ],
    ),
    "an unknown key": (
        ("meaning: {en: Only", "meening: {en: Only"),
        [f"21:13: {HEAD}.indicators.online_files.meening: unknown key 'meening'; did you mean 'meaning'?"],
    ),
    "a check of an unknown indicator": (
        ("of: files}", "of: fils}"),
        [f"25:38: {HEAD}.checks[0].of: the group declares no indicator 'fils'; did you mean 'files'?"],
    ),
    "a check of a choice": (
        ("of: files}", "of: portal}"),
        [f"25:38: {HEAD}.checks[0].of: 'portal' is a choice; only counts and numbers have parts"],
    ),
    "a check of itself": (
        ("of: files}", "of: online_files}"),
        [f"25:38: {HEAD}.checks[0].of: 'online_files' cannot be a part of itself"],
    ),
    "checks without indicators": (
        (
            "    levels:",
            W_LINE.replace("{c", "{checks: [], c", 1) + "    levels:",
        ),
        [
            "31:15: categories.readiness.groups.water.checks: only a group that declares its own 'indicators' can have "
            "checks"
        ],
    ),
    "a group that nobody has": (
        ("        indicators:\n", "        indicatoren:\n"),
        [
            f"12:7: {HEAD}: no plugin scores group 'digital_office'; to declare it here, list its 'indicators'",
            f"15:9: {HEAD}.indicatoren: unknown key 'indicatoren'; did you mean 'indicators'?",
            f"24:9: {HEAD}.checks: only a group that declares its own 'indicators' can have checks",
        ],
    ),
    "a name in capitals": (
        ("      digital_office:\n", "      Office:\n"),
        [
            "12:7: categories.readiness.groups.Office: cannot be used: declares group 'Office', whose name is not a "
            "code such as 'human_resources' ([a-z][a-z0-9_]{0,63})"
        ],
    ),
    "python": (
        ("maximum: 100000", 'maximum: !!python/object/apply:os.system ["true"]'),
        [
            f"16:104: {HEAD}.indicators.files.maximum: the tag 'tag:yaml.org,2002:python/object/apply:os.system' "
            "is not allowed here"
        ],
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_in_a_declaration_has_line_and_column(what: str) -> None:
    change, expected = MISTAKES[what]
    assert problems(changed(change)) == expected


def test_an_indicator_that_contradicts_an_installed_group_is_named() -> None:
    text = changed(
        ("          files: {", "          wells: {kind: flag, title: {en: Wells}}\n          files: {"),
        (
            "    groups:\n",
            f"    groups:\n{W_LINE}",
        ),
    )
    assert problems(text) == [f"17:11: {HEAD}.indicators.wells: group 'water' declares indicator 'wells' differently"]
