"""Violations of a table, with column and row."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from arrow_tables import as_message, column, stream, unit_table
from harness import Service, refusal
from small_set import assert_refused, rank_table, table

from egov.scorer.v1 import scorer_pb2

IDS = pa.array(["hue", "nam-dong", "phu-loc"])
HEADS = "'head' has chairman, deputy, nobody"


def sent(*columns: tuple[str, Any]) -> scorer_pb2.UnitTable:
    """A table of these columns and no others; a name may be there twice."""
    arrays = [values if isinstance(values, pa.Array) else pa.array(values) for _, values in columns]
    return as_message(pa.Table.from_arrays(arrays, names=[name for name, _ in columns]))


def is_type(found: str, accepted: str) -> str:
    return f"is {found}; give {accepted}"


NUMBERS = "integers, floats or decimals"
DAY = "date32, or timestamps without time zone at midnight"
NOON = datetime.datetime(2020, 1, 1, 12)

WRONG_TABLES: dict[str, tuple[scorer_pb2.UnitTable, str, str, str]] = {
    "misspelt indicator": (
        table(computrs=[1, 2, 3]),
        'table["computrs"]', "UNKNOWN_COLUMN",
        "tested-2020 has no indicator of this name; did you mean 'computers'?",
    ),
    "misspelt column of units": (
        table(parnt=["", "", ""]),
        'table["parnt"]', "UNKNOWN_COLUMN", "tested-2020 has no indicator of this name; did you mean 'parent'?",
    ),
    "column given twice": (
        sent(("id", IDS), ("tier", ["district"] * 3), ("staff", [1, 2, 3]), ("staff", [1, 2, 3])),
        'table["staff"]', "DUPLICATE_COLUMN", "is in the table twice",
    ),
    "no ids": (
        sent(("tier", ["district"] * 3)),
        'table["id"]', "MISSING_COLUMN", "give the units' ids in a column 'id'",
    ),
    "no tiers": (
        sent(("id", IDS)),
        'table["tier"]', "MISSING_COLUMN",
        "give the units' tiers in a column 'tier', or the tier of all units in the request",
    ),
    "ids as numbers": (
        sent(("id", [1, 2, 3]), ("tier", ["district"] * 3)),
        'table["id"]', "WRONG_TYPE", is_type("int64", "text"),
    ),
    "numbers for a choice": (table(head=[0, 1, 2]), 'table["head"]', "WRONG_TYPE", is_type("int64", "text")),
    "texts for a count": (table(staff=["1", "2", "3"]), 'table["staff"]', "WRONG_TYPE", is_type("string", NUMBERS)),
    "truth values for a count": (
        table(staff=[True, False, None]), 'table["staff"]', "WRONG_TYPE", is_type("bool", NUMBERS),
    ),
    "texts for a flag": (
        table(firewall=["yes", "no", None]), 'table["firewall"]', "WRONG_TYPE", is_type("string", "bool, or 0 and 1"),
    ),
    "numbers for a date": (table(issued=[1, 2, 3]), 'table["issued"]', "WRONG_TYPE", is_type("int64", DAY)),
    "a time zone": (
        table(issued=pa.array([0, 0, 0], pa.timestamp("s", "Asia/Ho_Chi_Minh"))),
        'table["issued"]', "WRONG_TYPE", is_type("timestamp[s, tz=Asia/Ho_Chi_Minh]", DAY),
    ),
    "nested numbers": (table(staff=[[1], [2], []]), 'table["staff"]', "WRONG_TYPE",
                       is_type("list<item: int64>", NUMBERS)),
    "one criterion that is no list": (
        table(not_applicable=["INF.02", None, None]),
        'table["not_applicable"]', "WRONG_TYPE", is_type("string", "lists of text"),
    ),
    "no id": (
        unit_table(["hue", None, "phu-loc"]), 'table["id"][1]', "BAD_UNIT_ID", "is empty; every unit needs an id",
    ),
    "id twice": (
        unit_table(["hue", "nam-dong", "hue"]),
        'table["id"][2]', "DUPLICATE_UNIT_ID", "'hue' is already the id at table[\"id\"][0]",
    ),
    "unknown tier": (
        unit_table(["hue"], tier="distrct"),
        'table["tier"][0]', "UNKNOWN_TIER",
        "unknown tier 'distrct'; the set has department, district; did you mean 'district'?",
    ),
    "no tier": (
        sent(("id", IDS), ("tier", ["district", None, "district"])),
        'table["tier"][1]', "UNKNOWN_TIER", "is empty; the set has department, district",
    ),
    "control character in a name": (
        table(name=["Huế", "Nam\tĐông", None]), 'table["name"][1]', "BAD_TEXT", "has a control or format character",
    ),
    "control character in a parent": (
        table(parent=[None, None, "\x1b"]), 'table["parent"][2]', "BAD_TEXT", "has a control or format character",
    ),
    "misspelt option": (
        table(head=[None, "chairmen", "deputy"]),
        'table["head"][1]', "UNKNOWN_CHOICE", f"unknown choice 'chairmen'; {HEADS}; did you mean 'chairman'?",
    ),
    "misspelt option in a dictionary": (
        table(head=pa.array(["deputy", "chairmen", "deputy"]).dictionary_encode()),
        'table["head"][1]', "UNKNOWN_CHOICE", f"unknown choice 'chairmen'; {HEADS}; did you mean 'chairman'?",
    ),
    "empty text for a choice": (
        table(head=["", "deputy", None]), 'table["head"][0]', "UNKNOWN_CHOICE", f"unknown choice ''; {HEADS}",
    ),
    "flag of a half": (
        table(firewall=[0, 1, 0.5]), 'table["firewall"][2]', "WRONG_KIND", "a flag is 0 or 1, not 0.5",
    ),
    "flag of two": (table(firewall=[2, 1, 0]), 'table["firewall"][0]', "OUT_OF_RANGE", "a flag is 0 or 1, not 2"),
    "half a computer": (
        table(computers=[1, 12.5, None]), 'table["computers"][1]', "WRONG_KIND", "a count is a whole number, not 12.5",
    ),
    "endless number": (
        table(awarded=[math.inf, 1, 1]),
        'table["awarded"][0]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not inf",
    ),
    "number that no double holds": (
        table(computers=pa.array([1, 2**64 - 1, 3], pa.uint64())),
        'table["computers"][1]', "OUT_OF_RANGE",
        "must be from 0 to 8000000000 in tier 'district', not 1.8446744073709552e+19",
    ),
    "decimal out of range": (
        table(awarded=[Decimal("3.000001"), None, Decimal(3)]),
        'table["awarded"][0]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not 3.000001",
    ),
    "double of seven decimals": (
        table(awarded=[2.6999995, None, 2.7]),
        'table["awarded"][0]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 2.6999995",
    ),
    "single of seven decimals": (
        table(awarded=pa.array([0.5, None, 0.1234567], pa.float32())),
        'table["awarded"][2]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 0.12345670163631439",
    ),
    "decimal of seven decimals": (
        table(awarded=[Decimal("2.6999995"), None, Decimal("2.7")]),
        'table["awarded"][0]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 2.6999995",
    ),
    "decimal that is nearly a double of one decimal": (
        table(awarded=[Decimal("2.70000000000000000000"), None, Decimal("2.69999999999999999999")]),
        'table["awarded"][2]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 2.69999999999999999999",
    ),
    "decimal in a dictionary that is nearly a whole number": (
        table(computers=pa.array([Decimal("2.00000000000000000001"), None, Decimal(1)]).dictionary_encode()),
        'table["computers"][0]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 2.00000000000000000001",
    ),
    "short decimal that is nearly a whole number": (
        table(computers=pa.array([Decimal("1.99999999"), None, Decimal(1)], pa.decimal32(9, 8))),
        'table["computers"][0]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 1.99999999",
    ),
    "decimal of a scale that Arrow cannot write": (
        table(computers=pa.array([1, 2, 3], pa.int64()).cast(pa.decimal128(38)).view(pa.decimal128(38, 60_000))),
        'table["computers"]', "WRONG_TYPE", is_type("decimal128(38, 60000)", NUMBERS),
    ),
    "noon": (
        table(issued=[None, NOON, None]),
        'table["issued"][1]', "BAD_DATE", "has a time of day; give a date, or midnight",
    ),
    "day in the year 10183": (
        table(issued=pa.array([18_000, 3_000_000, 18_000], pa.int32()).cast(pa.date32())),
        'table["issued"][1]', "OUT_OF_RANGE",
        "must be from 1800-01-01 to 2199-12-31 in tier 'district', not day 3000000",
    ),
    "part larger than its whole": (
        table(online=[9, 10, 0]),
        'table["online"][1]', "PART_LARGER_THAN_WHOLE", "10 is more than files = 9, of which it is a part",
    ),
    "exclusion of an unknown criterion": (
        table(not_applicable=[["INF.02"], None, ["INF.02", "INF-02"]]),
        'table["not_applicable"][2]', "UNKNOWN_CRITERION", "unknown criterion 'INF-02'; did you mean 'INF.02'?",
    ),
    "exclusion of nothing": (
        table(not_applicable=[["INF.02"], [None], []]),
        'table["not_applicable"][1]', "UNKNOWN_CRITERION", "unknown criterion ''",
    ),
    "exclusion of a criterion that always applies": (
        table(not_applicable=[None, ["INF.05"], None]),
        'table["not_applicable"][1]', "NOT_EXCLUDABLE", "criterion 'INF.05' applies to every unit of the set",
    ),
    "exclusion of a criterion twice": (
        table(not_applicable=[["INF.02"], None, ["INF.02", "INF.02", "INF.02"]]),
        'table["not_applicable"][2]', "DUPLICATE_CRITERION", "criterion 'INF.02' is listed twice",
    ),
    "exclusion of a criterion that a dictionary has twice": (
        table(not_applicable=pa.ListArray.from_arrays([0, 1, 1, 3], pa.DictionaryArray.from_arrays(
            [0, 0, 1], ["INF.02", "INF.02"]))),
        'table["not_applicable"][2]', "DUPLICATE_CRITERION", "criterion 'INF.02' is listed twice",
    ),
    "more exclusions than criteria": (
        table(not_applicable=[[], ["INF.02"] * 7, []]),
        'table["not_applicable"]', "TOO_MANY", "has 7 entries in row 1; only 6 different names are possible",
    ),
    "far too many columns": (
        table(**{f"c{n}": [1, 2, 3] for n in range(50)}), "table", "TOO_MANY",
        "has 53 columns; only 13 different names are possible",
    ),
    "control character in the name of a column": (
        table(**{"a\x1b[31m": [1, 2, 3]}),
        'table["a\\u001b[31m"]', "UNKNOWN_COLUMN", "tested-2020 has no indicator of this name",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_TABLES.values(), ids=WRONG_TABLES)
def test_a_wrong_table_is_refused_with_column_and_row(
    service: Service, case: tuple[scorer_pb2.UnitTable, str, str, str]
) -> None:
    wrong, field, reason, description = case
    with refusal() as caught:
        rank_table(service, wrong)
    assert_refused(caught, field, reason, description)


def test_all_violations_of_a_table_are_reported_at_once(service: Service) -> None:
    wrong = sent(
        ("id", ["hue", "hue", "", "a"]),
        ("name", ["", "", "", "\n"]),
        ("tier", ["district", "distrct", "district", "district"]),
        ("not_applicable", [["INF.2"], None, None, None]),
        ("head", ["boss", None, None, "deputy"]),
        ("computers", [1, -1, 1, 1]),
        ("staff", ["1", "2", "3", "4"]),
        ("issue", [1, 1, 1, 1]),
        ("computers", [1, 1, 1, 1]),
    )
    with refusal() as caught:
        rank_table(service, wrong)
    assert caught[0].fields == {
        'table["id"][1]': "DUPLICATE_UNIT_ID",
        'table["id"][2]': "BAD_UNIT_ID",
        'table["name"][3]': "BAD_TEXT",
        'table["tier"][1]': "UNKNOWN_TIER",
        'table["not_applicable"][0]': "UNKNOWN_CRITERION",
        'table["head"][0]': "UNKNOWN_CHOICE",
        'table["staff"]': "WRONG_TYPE",
        'table["issue"]': "UNKNOWN_COLUMN",
        'table["computers"]': "DUPLICATE_COLUMN",
        'table["computers"][1]': "OUT_OF_RANGE",
    }


def test_every_unit_whose_exclusion_is_refused_is_named(service: Service) -> None:
    units = unit_table(
        ["a", "b", "c", "d"], {"not_applicable": [["INF.05"], None, ["INF.02", "INF-02"], ["INF-02", "INF.05"]]}
    )
    with refusal() as caught:
        rank_table(service, units)
    assert [(violation.field, violation.reason) for violation in caught[0].bad.field_violations] == [
        ('table["not_applicable"][0]', "NOT_EXCLUDABLE"),
        ('table["not_applicable"][2]', "UNKNOWN_CRITERION"),
        ('table["not_applicable"][3]', "NOT_EXCLUDABLE"),
        ('table["not_applicable"][3]', "UNKNOWN_CRITERION"),
    ]


def test_a_wrong_list_is_named_by_its_row_in_the_whole_table(service: Service) -> None:
    lists = pa.table({"id": IDS, "tier": ["district"] * 3, "not_applicable": [None, None, ["INF.02"] * 7]})
    with refusal() as caught:
        rank_table(service, as_message(pa.concat_tables([lists.slice(0, 2), lists.slice(2)])))
    assert_refused(
        caught, 'table["not_applicable"]', "TOO_MANY", "has 7 entries in row 2; only 6 different names are possible"
    )


def test_expansion_of_text_views_is_limited_over_all_batches(service: Service) -> None:
    text = pa.array(["x" * 2**20], pa.string_view())
    buffers = text.buffers()
    views = pa.py_buffer(bytes(buffers[1]) * 50)
    heads = pa.Array.from_buffers(pa.string_view(), 50, [None, views, *buffers[2:]])
    whole = pa.table({"id": [str(n) for n in range(50)], "tier": ["district"] * 50, "head": heads})
    batches = [whole.set_column(0, "id", [[f"{batch}-{n}" for n in range(50)]]) for batch in range(4)]
    with refusal() as caught:
        rank_table(service, as_message(pa.concat_tables(batches)))
    assert_refused(
        caught, 'table["head"]', "TEXTS_TOO_LARGE",
        "the table's texts take more than 134217728 bytes if every repetition is counted",
    )  # fmt: skip


def test_a_wrong_value_is_named_by_its_row_in_the_whole_table(service: Service) -> None:
    whole = pa.table({"id": [str(n) for n in range(9)], "tier": ["district"] * 9, "staff": [*range(8), -1]})
    batches = pa.concat_tables([whole.slice(first, 2) for first in range(0, 9, 2)])
    with refusal() as caught:
        rank_table(service, as_message(batches))
    assert caught[0].fields == {'table["staff"][8]': "OUT_OF_RANGE"}


def test_null_and_nan_are_not_reported_whatever_the_type_of_a_column_without_answers(service: Service) -> None:
    nothing = {
        "computers": pa.nulls(3),
        "head": pa.array([math.nan] * 3),
        "firewall": pa.array([None] * 3, pa.string()),
        "issued": pa.array([math.nan] * 3).dictionary_encode(),
    }
    [ranking] = rank_table(service, table(staff=[None, math.nan, 4.0], awarded=[1, 2, None], **nothing)).rankings
    missing = dict(zip(column(ranking, "id"), column(ranking, "missing"), strict=True))
    assert missing == {"hue": 5, "nam-dong": 5, "phu-loc": 6}


def test_a_table_without_tiers_has_the_tier_of_the_request(service: Service) -> None:
    one_tier = scorer_pb2.UnitTable(arrow_stream=stream(pa.table({"id": IDS, "staff": [1, 2, 3]})))
    [ranking] = rank_table(service, one_tier, tier="district").rankings
    assert (ranking.tier, ranking.unit_count, column(ranking, "tier")) == ("district", 3, ["district"] * 3)
    with refusal() as caught:
        rank_table(service, one_tier, tier="distrct")
    assert caught[0].fields == {"tier": "UNKNOWN_TIER"}


def test_the_tier_of_a_request_leaves_units_of_other_tiers_out_of_the_reply(service: Service) -> None:
    mixed = sent(("id", IDS), ("tier", ["district", "department", "district"]))
    [ranking] = rank_table(service, mixed, tier="department").rankings
    assert column(ranking, "id") == ["nam-dong"]
