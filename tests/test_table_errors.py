"""What is wrong with a table, in all of its forms."""

from __future__ import annotations

import math

import pytest
from harness import Service, refusal
from tested import assert_refused, column, districts, rank_table, table

from egov.scorer.v1 import scorer_pb2


def choices(indicator: str, *chosen: str) -> scorer_pb2.Column:
    return scorer_pb2.Column(indicator=indicator, choices=chosen)


def coded(indicator: str, options: list[str], *places: float) -> scorer_pb2.Column:
    return scorer_pb2.Column(indicator=indicator, options=options, numbers=places)


def fast_table(
    *exclusions: tuple[str, list[int]], names: tuple[str, ...] = (), tiers: tuple[str, ...] = ("district",),
    parents: tuple[str, ...] = (),
) -> scorer_pb2.UnitTable:  # fmt: skip
    """The same districts as columns, and exclusions by criterion."""
    ids = ["hue", "nam-dong", "phu-loc"]
    return scorer_pb2.UnitTable(
        unit_columns=scorer_pb2.UnitColumns(ids=ids, names=names, tiers=tiers, parents=parents),
        columns=[column("files", 9, 9, 9)],
        criterion_exclusions=[scorer_pb2.CriterionExclusion(criterion_id=c, unit_places=at) for c, at in exclusions],
    )


def block(indicators: list[str], *numbers: float, columns: tuple[scorer_pb2.Column, ...] = ()) -> scorer_pb2.UnitTable:
    """The same districts, and columns as a block."""
    given = scorer_pb2.NumberColumns(indicators=indicators, numbers=numbers)
    return both(fast_table(), number_columns=given, columns=columns)


def both(first: scorer_pb2.UnitTable, **fields: object) -> scorer_pb2.UnitTable:
    first.MergeFrom(scorer_pb2.UnitTable(**fields))
    return first


WRONG_TABLES: dict[str, tuple[scorer_pb2.UnitTable, str, str, str]] = {
    "misspelt indicator": (
        table(column("computrs", 1, 2, 3)),
        "table.columns[1].indicator", "UNKNOWN_INDICATOR",
        "unknown indicator 'computrs'; did you mean 'computers'?",
    ),
    "column given twice": (
        table(column("staff", 1, 2, 3), column("files", 9, 9, 9)),
        "table.columns[2].indicator", "DUPLICATE_COLUMN", "'files' is given by table.columns[0] already",
    ),
    "both lists": (
        table(scorer_pb2.Column(indicator="staff", numbers=[1, 2, 3], choices=["a", "b", "c"])),
        "table.columns[1]", "BOTH_LISTS", "gives both numbers and choices; give exactly one of them",
    ),
    "numbers for a choice": (
        table(column("head", 0, 1, 2)),
        "table.columns[1]", "WRONG_KIND",
        "'head' is a choice: give 'choices', or 'options' with their places as numbers",
    ),
    "choices for a count": (
        table(choices("staff", "1", "2", "3")), "table.columns[1]", "WRONG_KIND", "'staff' is a count: give 'numbers'",
    ),
    "short column": (
        table(column("staff", 1, 2)), "table.columns[1].numbers", "WRONG_LENGTH", "has 2 entries for 3 units",
    ),
    "long column of choices": (
        table(choices("head", "", "", "", "")),
        "table.columns[1].choices", "WRONG_LENGTH", "has 4 entries for 3 units",
    ),
    "empty column": (table(column("staff")), "table.columns[1].numbers", "WRONG_LENGTH", "has 0 entries for 3 units"),
    "misspelt option": (
        table(choices("head", "", "chairmen", "deputy")),
        "table.columns[1].choices[1]", "UNKNOWN_CHOICE",
        "unknown choice 'chairmen'; 'head' has chairman, deputy, nobody; did you mean 'chairman'?",
    ),
    "misspelt option in a column's own list": (
        table(coded("head", ["deputy", "chairmen", "unused"], math.nan, 1, 0)),
        "table.columns[1].numbers[1]", "UNKNOWN_CHOICE",
        "unknown choice 'chairmen'; 'head' has chairman, deputy, nobody; did you mean 'chairman'?",
    ),
    "empty text in a column's own list": (
        table(coded("head", ["", "deputy"], math.nan, 1, 0)),
        "table.columns[1].numbers[2]", "UNKNOWN_CHOICE", "unknown choice ''; 'head' has chairman, deputy, nobody",
    ),
    "place beyond a column's own list": (
        table(coded("head", ["deputy", "nobody"], 1, 2, 0)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not 2",
    ),
    "place before a column's own list": (
        table(coded("head", ["deputy", "nobody"], 1, 0, -1)),
        "table.columns[1].numbers[2]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not -1",
    ),
    "half a place": (
        table(coded("head", ["deputy", "nobody"], 0.5, 1, math.nan)),
        "table.columns[1].numbers[0]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not 0.5",
    ),
    "endless place": (
        table(coded("head", ["deputy", "nobody"], 0, math.inf, 1)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not inf",
    ),
    "huge place": (
        table(coded("head", ["deputy", "nobody"], 0, -1e300, 1)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE", f"must be a place in options, from 0 to 1, not {-1e300!r}",
    ),
    "too few places": (
        table(coded("head", ["deputy"], 0, 0)), "table.columns[1].numbers", "WRONG_LENGTH", "has 2 entries for 3 units",
    ),
    "options without places": (
        table(coded("head", ["deputy"])), "table.columns[1].numbers", "WRONG_LENGTH", "has 0 entries for 3 units",
    ),
    "options beside choices": (
        table(scorer_pb2.Column(indicator="head", options=["deputy"], choices=["deputy", "", ""])),
        "table.columns[1]", "BOTH_LISTS", "gives both options and choices; give exactly one of them",
    ),
    "options of a count": (
        table(coded("staff", ["many"], 0, 0, 0)),
        "table.columns[1]", "WRONG_KIND", "'staff' is a count: give 'numbers'",
    ),
    "flag of a half": (
        table(column("firewall", 0, 1, 0.5)),
        "table.columns[1].numbers[2]", "WRONG_KIND", "a flag is 0 or 1, not 0.5",
    ),
    "flag of two": (
        table(column("firewall", 2, 1, 0)), "table.columns[1].numbers[0]", "OUT_OF_RANGE", "a flag is 0 or 1, not 2",
    ),
    "half a computer": (
        table(column("computers", 1, 12.5, math.nan)),
        "table.columns[1].numbers[1]", "WRONG_KIND", "a count is a whole number, not 12.5",
    ),
    "endless number": (
        table(column("awarded", math.inf, 1, 1)),
        "table.columns[1].numbers[0]", "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not inf",
    ),
    "half a day": (
        table(column("issued", 18_000, 18_000.5, 18_000)),
        "table.columns[1].numbers[1]", "WRONG_KIND",
        "a date is a whole number of days since 1970-01-01, not 18000.5",
    ),
    "day in the year 10183": (
        table(column("issued", 18_000, 3_000_000, 18_000)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE",
        "must be from 1800-01-01 to 2199-12-31 in tier 'district', not day 3000000",
    ),
    "part larger than its whole": (
        table(column("online", 9, 10, 0)),
        "table.columns[1].numbers[1]", "PART_LARGER_THAN_WHOLE", "10 is more than files = 9, of which it is a part",
    ),
    "exclusion of an unknown unit": (
        table(exclusions={"nam-dogn": ["INF.02"]}),
        "table.exclusions[0].unit_id", "UNKNOWN_UNIT",
        "no unit of the table has the id 'nam-dogn'; did you mean 'nam-dong'?",
    ),
    "exclusion of an unknown criterion": (
        table(exclusions={"hue": ["INF.02"], "phu-loc": ["INF.02", "INF-02"]}),
        "table.exclusions[1].criterion_ids[1]", "UNKNOWN_CRITERION",
        "unknown criterion 'INF-02'; did you mean 'INF.02'?",
    ),
    "exclusion of a criterion that always applies": (
        table(exclusions={"hue": ["INF.05"]}),
        "table.exclusions[0].criterion_ids[0]", "NOT_EXCLUDABLE",
        "the set does not let criterion 'INF.05' be not applicable",
    ),
    "units in both forms": (
        both(fast_table(), units=districts("hue", "nam-dong", "phu-loc")),
        "table.unit_columns", "BOTH_LISTS", "is given beside table.units; give exactly one of them",
    ),
    "too few names": (
        fast_table(names=("Huế",)),
        "table.unit_columns.names", "WRONG_LENGTH", "has 1 entries for 3 units; give none, or one each",
    ),
    "no tier": (
        fast_table(tiers=()),
        "table.unit_columns.tiers", "WRONG_LENGTH", "has 0 entries for 3 units; give one for all, or one each",
    ),
    "too many parents": (
        fast_table(parents=("tth",) * 4),
        "table.unit_columns.parents", "WRONG_LENGTH", "has 4 entries for 3 units; give none, or one each",
    ),
    "unknown tier of all units": (
        fast_table(tiers=("distrct",)),
        "table.unit_columns.tiers[0]", "UNKNOWN_TIER",
        "unknown tier 'distrct'; the set has department, district; did you mean 'district'?",
    ),
    "misspelt indicator of a block": (
        block(["staff", "computrs"], *range(6)),
        "table.number_columns.indicators[1]", "UNKNOWN_INDICATOR",
        "unknown indicator 'computrs'; did you mean 'computers'?",
    ),
    "column given twice in a block": (
        block(["staff", "staff"], *range(6)),
        "table.number_columns.indicators[1]", "DUPLICATE_COLUMN",
        "'staff' is given by table.number_columns.indicators[0] already",
    ),
    "column given in a block too": (
        block(["staff", "files"], *range(6)),
        "table.number_columns.indicators[1]", "DUPLICATE_COLUMN", "'files' is given by table.columns[0] already",
    ),
    "choice in a block": (
        block(["head", "staff"], *range(6)),
        "table.number_columns.indicators[0]", "WRONG_KIND", "'head' is a choice: give a column of its own",
    ),
    "short block": (
        block(["computers", "staff"], *range(5)),
        "table.number_columns.numbers", "WRONG_LENGTH", "has 5 entries for 2 indicators of 3 units",
    ),
    "block of no indicators": (
        block([], 1),
        "table.number_columns.numbers", "WRONG_LENGTH", "has 1 entries for 0 indicators of 3 units",
    ),
    "half a computer in a block": (
        block(["staff", "computers"], 1, 2, 3, 4, 5.5, 6),
        "table.number_columns.numbers[4]", "WRONG_KIND", "a count is a whole number, not 5.5",
    ),
    "part larger than its whole in a block": (
        block(["online"], 9, math.nan, 10),
        "table.number_columns.numbers[2]", "PART_LARGER_THAN_WHOLE",
        "10 is more than files = 9, of which it is a part",
    ),
    "exclusions in both forms": (
        both(fast_table(("INF.02", [0])), exclusions=[scorer_pb2.Exclusion(unit_id="hue", criterion_ids=["INF.02"])]),
        "table.criterion_exclusions", "BOTH_LISTS", "are given beside table.exclusions; give exactly one of them",
    ),
    "criterion excluded twice": (
        fast_table(("INF.02", [0]), ("INF.02", [1])),
        "table.criterion_exclusions[1].criterion_id", "DUPLICATE_EXCLUSION", "'INF.02' has an exclusion already",
    ),
    "unknown criterion excluded": (
        fast_table(("INF.02", [0]), ("INF-02", [])),
        "table.criterion_exclusions[1].criterion_id", "UNKNOWN_CRITERION",
        "unknown criterion 'INF-02'; did you mean 'INF.02'?",
    ),
    "criterion excluded that always applies": (
        fast_table(("INF.05", [2, 1])),
        "table.criterion_exclusions[0].criterion_id", "NOT_EXCLUDABLE",
        "the set does not let criterion 'INF.05' be not applicable",
    ),
    "criterion excluded from a unit that there is not": (
        fast_table(("INF.02", [0, 3, 2])),
        "table.criterion_exclusions[0].unit_places[1]", "UNKNOWN_UNIT",
        "there is no unit 3; the table has 3, counted from 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_TABLES.values(), ids=WRONG_TABLES)
def test_a_wrong_table_is_refused_and_the_place_named(
    service: Service, case: tuple[scorer_pb2.UnitTable, str, str, str]
) -> None:
    wrong, field, reason, description = case
    with refusal() as caught:
        rank_table(service, wrong)
    assert_refused(caught, field, reason, description)


def test_a_units_exclusion_given_twice_is_refused(service: Service) -> None:
    wrong = table(exclusions={"hue": ["INF.02"]})
    wrong.exclusions.add(unit_id="hue", criterion_ids=["INF.02"])
    with refusal() as caught:
        rank_table(service, wrong)
    assert_refused(caught, "table.exclusions[1].unit_id", "DUPLICATE_EXCLUSION", "'hue' has an exclusion already")


def test_the_units_of_a_table_are_named_in_the_table(service: Service) -> None:
    units = [*districts("hue", "hue", ""), scorer_pb2.Unit(id="a", tier="commune", name="\n", parent="\n")]
    with refusal() as caught:
        rank_table(service, scorer_pb2.UnitTable(units=units))
    assert caught[0].fields == {
        "table.units[1].id": "DUPLICATE_UNIT_ID",
        "table.units[2].id": "BAD_UNIT_ID",
        "table.units[3].tier": "UNKNOWN_TIER",
        "table.units[3].name": "BAD_TEXT",
        "table.units[3].parent": "BAD_TEXT",
    }


def test_the_units_of_columns_are_named_in_their_columns(service: Service) -> None:
    columns = scorer_pb2.UnitColumns(
        ids=["hue", "hue", "", "a"],
        names=["", "", "", "\n"],
        tiers=["district", "district", "district", "commune"],
        parents=["", "", "", "\n"],
    )
    with refusal() as caught:
        rank_table(service, scorer_pb2.UnitTable(unit_columns=columns))
    assert caught[0].fields == {
        "table.unit_columns.ids[1]": "DUPLICATE_UNIT_ID",
        "table.unit_columns.ids[2]": "BAD_UNIT_ID",
        "table.unit_columns.tiers[3]": "UNKNOWN_TIER",
        "table.unit_columns.names[3]": "BAD_TEXT",
        "table.unit_columns.parents[3]": "BAD_TEXT",
    }


def test_everything_wrong_with_a_fast_table_is_told_at_once(service: Service) -> None:
    wrong = fast_table(("INF.2", [0]), ("INF.02", [7, 1]), names=("\n", "", "", ""), tiers=("distrct", "district", ""))
    wrong.columns.extend([coded("head", ["boss", "deputy"], 2, 1, 0), column("computers", 1, -1, 1)])
    wrong.number_columns.MergeFrom(
        scorer_pb2.NumberColumns(indicators=["issue", "staff", "computers"], numbers=[1, 1, 1, 1, -2, 1, 3, 3, 3])
    )
    with refusal() as caught:
        rank_table(service, wrong)
    assert caught[0].fields == {
        "table.unit_columns.names": "WRONG_LENGTH",
        "table.criterion_exclusions[1].unit_places[0]": "UNKNOWN_UNIT",
        "table.unit_columns.tiers[0]": "UNKNOWN_TIER",
        "table.columns[1].numbers[0]": "OUT_OF_RANGE",
        "table.criterion_exclusions[0].criterion_id": "UNKNOWN_CRITERION",
        "table.columns[2].numbers[1]": "OUT_OF_RANGE",
        "table.number_columns.indicators[0]": "UNKNOWN_INDICATOR",
        "table.number_columns.indicators[2]": "DUPLICATE_COLUMN",
        "table.number_columns.numbers[4]": "OUT_OF_RANGE",
        "table.unit_columns.tiers[2]": "UNKNOWN_TIER",
        "table.columns[1].numbers[2]": "UNKNOWN_CHOICE",
    }


def test_not_reported_in_a_table_is_nan_or_empty_text(service: Service) -> None:
    reply = rank_table(service, table(column("staff", math.nan, math.nan, 4), choices("head", "", "", "deputy")))
    ranks = reply.rankings[0].table
    missing = dict(zip(ranks.unit_ids, ranks.overall.missing, strict=True))
    assert missing["hue"] == missing["nam-dong"] == missing["phu-loc"] + 1


def test_a_wrong_number_is_named_in_its_own_column_also_when_the_column_is_given_twice(service: Service) -> None:
    with refusal() as caught:
        rank_table(service, table(column("staff", 1, -1, 3), column("staff", 1, 1, 3)))
    assert caught[0].fields == {
        "table.columns[2].indicator": "DUPLICATE_COLUMN",
        "table.columns[1].numbers[1]": "OUT_OF_RANGE",
    }
