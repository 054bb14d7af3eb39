"""Answers are sent as they are, or refused by name."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import grpc
import numpy as np
import pandas as pd
import pytest
from client_values import ANSWERS, HANOI, SET, Unprintable, answering, row
from harness import catalogue, good, host, serving
from small_set import INFRASTRUCTURE, SMALL_SET

from scorer_client import Client, Row, ScorerError

LONG = np.finfo(np.longdouble).precision > np.finfo(np.float64).precision
"""Whether this machine has longer floats than Python's."""


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(good(catalogue(host(INFRASTRUCTURE), SMALL_SET))) as service, Client(service.address) as connected:
        yield connected


class Colourful:
    """An object whose text has control characters."""

    def __repr__(self) -> str:
        return "\x1b[31mred\n"


def refused(client: Client, wrong: Any) -> ScorerError:
    """The refusal of a single row. As the second of two rows, it is refused in the same way, except for its index."""
    with pytest.raises(ScorerError) as alone:
        client.score_unit(SET, wrong)
    with pytest.raises(ScorerError) as second:
        client.rank_province(SET, [row("a-luoi"), wrong])
    moved = [(v.field.replace("unit_answers", "rows.units[1]"), *v[1:]) for v in alone.value.violations]
    assert moved == list(second.value.violations)
    assert alone.value.code is grpc.StatusCode.INVALID_ARGUMENT
    return alone.value


@pytest.mark.parametrize(
    "same",
    [
        {"computers": np.int64(3), "staff": np.uint8(4), "firewall": np.bool_(True), "awarded": np.float64(2.7)},
        {"awarded": np.float32(2.7)},
        {"awarded": np.float16(2.7)},
        {"computers": 3.0, "awarded": Decimal("2.7")},
        {"awarded": Fraction(27, 10)},
        {"computers": Decimal("3.000"), "head": np.str_("deputy")},
        {"issued": datetime.datetime(2020, 6, 30)},
        {"issued": pd.Timestamp("2020-06-30")},
        {"issued": np.datetime64("2020-06-30")},
        {"issued": np.datetime64("2020-06-30", "ns")},
        {"awarded": np.longdouble("2.7") if LONG else np.float64(2.7), "computers": np.longdouble(3)},
    ],
    ids=str,
)
def test_values_of_libraries_are_converted_to_python_values(client: Client, same: dict[str, Any]) -> None:
    expected = client.score_unit(SET, row(), full=True)
    assert client.score_unit(SET, answering(**same), full=True).categories == expected.categories


@pytest.mark.parametrize(
    ("code", "value", "reason", "description"),
    [
        ("computers", 10**400, "OUT_OF_RANGE", "is larger than any number that can be sent"),
        ("computers", -(10**400), "OUT_OF_RANGE", "is larger than any number that can be sent"),
        ("awarded", Decimal("2.69999999999999999999"), "TOO_MANY_DECIMALS",
         "must have at most six decimals, not 2.69999999999999999999"),
        ("awarded", Fraction(1, 3), "TOO_MANY_DECIMALS", "must have at most six decimals, not 1/3"),
        ("awarded", 1 / 3, "TOO_MANY_DECIMALS", "must have at most six decimals, not 0.3333333333333333"),
        ("issued", datetime.datetime(2020, 6, 30, 17, tzinfo=datetime.UTC), "BAD_DATE",
         "has a time zone; give a date, not 2020-06-30 17:00:00+00:00"),
        ("issued", pd.Timestamp("2020-07-01", tz="Asia/Ho_Chi_Minh"), "BAD_DATE",
         "has a time zone; give a date, not 2020-07-01 00:00:00+07:00"),
        ("issued", datetime.datetime(2020, 6, 30, 12), "BAD_DATE",
         "has a time of day; give a date, or midnight, not 2020-06-30 12:00:00"),
        ("issued", pd.NaT, "WRONG_TYPE", "expected a date, not NaT of type NaTType"),
        ("computers", pd.NA, "WRONG_TYPE",
         "expected a bool, a number, a str or a date, not <NA> of type NAType"),
        ("computers", 1j, "WRONG_TYPE", "expected a bool, a number, a str or a date, not 1j of type complex"),
        ("computers", b"12", "WRONG_TYPE", "expected a bool, a number, a str or a date, not b'12' of type bytes"),
        ("computers", [3], "WRONG_TYPE", "expected a bool, a number, a str or a date, not [3] of type list"),
        ("computers", np.timedelta64(5, "ns"), "WRONG_TYPE",
         "expected a bool, a number, a str or a date, not np.timedelta64(5,'ns') of type timedelta64"),
        ("computers", np.array([3]), "WRONG_TYPE",
         "expected a bool, a number, a str or a date, not array([3]) of type ndarray"),
        ("computers", np.array(3), "WRONG_TYPE",
         "expected a bool, a number, a str or a date, not array(3) of type ndarray"),
        ("computers", np.datetime64("20000-01-01"), "WRONG_TYPE",
         "expected a bool, a number, a str or a date, not np.datetime64('20000-01-01') of type datetime64"),
        ("issued", np.datetime64("2020-06"), "BAD_DATE", "is a year, month or week; give a day, not 2020-06"),
        ("issued", np.datetime64("2020-06-30T00:00:00.000000001"), "BAD_DATE",
         "has a time of day; give a date, or midnight, not 2020-06-30T00:00:00.000000001"),
        ("issued", pd.Timestamp("2020-06-30T00:00:00.000000001"), "BAD_DATE",
         "has a time of day; give a date, or midnight, not 2020-06-30 00:00:00.000000001"),
        ("awarded", Decimal("NaN"), "NOT_A_NUMBER",
         "is not a number (NaN); leave the indicator out when it was not reported"),
        ("awarded", Decimal("sNaN"), "NOT_A_NUMBER",
         "is not a number (NaN); leave the indicator out when it was not reported"),
        ("awarded", Fraction(1, 10**5000), "TOO_MANY_DECIMALS", "must have at most six decimals, not <unprintable>"),
        ("computers", [10**5000], "WRONG_TYPE",
         "expected a bool, a number, a str or a date, not <unprintable> of type list"),
        ("computers", Unprintable(), "WRONG_TYPE",
         "expected a bool, a number, a str or a date, not <unprintable> of type Unprintable"),
        ("computers", Colourful(), "WRONG_TYPE",
         r"expected a bool, a number, a str or a date, not \x1b[31mred\n of type Colourful"),
        ("head", "deputy\ud800", "BAD_TEXT", "has a character that UTF-8 cannot express: 'deputy\\ud800'"),
        ("computers", None, "WRONG_KIND",
         "has no value; leave the indicator out when it was not reported; 'computers' is a count: give 'number'"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_sent_is_named(
    client: Client, code: str, value: Any, reason: str, description: str
) -> None:
    violation = refused(client, answering(**{code: value})).violations
    assert violation == ((f'unit_answers.answers["{code}"]', reason, description),)


@pytest.mark.parametrize(
    ("wrong", "field", "description"),
    [
        (row(7), "unit.id", "expected a str, not 7 of type int"),
        (row(np.int64(7)), "unit.id", "expected a str, not np.int64(7) of type int64"),
        (row(name=math.nan), "unit.name", "expected a str, not nan of type float"),
        (row(parent=pd.NA), "unit.parent", "expected a str, not <NA> of type NAType"),
        (row(tier=["district"]), "unit.tier", "expected a str, not ['district'] of type list"),
        (row(not_applicable="INF.02"), "not_applicable_criteria",
         "expected a list of ids of criteria, not 'INF.02' of type str"),
        (row(not_applicable={"INF.02": True}), "not_applicable_criteria",
         "expected a list of ids of criteria, not {'INF.02': True} of type dict"),
        (row(not_applicable=["INF.02", 2]), "not_applicable_criteria[1]", "expected a str, not 2 of type int"),
        (row(answers=[("computers", 3)]), "answers",
         "expected a mapping of answers by indicator, not [('computers', 3)] of type list"),
        (row(answers={3: 3}), 'answers["3"]', "expected a str, not 3 of type int"),
        (row(name=Colourful()), "unit.name", r"expected a str, not \x1b[31mred\n of type Colourful"),
    ],
    ids=str,
)  # fmt: skip
def test_a_field_of_another_type_is_named(client: Client, wrong: Row, field: str, description: str) -> None:
    error = refused(client, wrong)
    assert error.reason == "INVALID_ROWS"
    assert error.violations == ((f"unit_answers.{field}", "WRONG_TYPE", description),)


def test_an_indicator_that_has_no_text_is_named(client: Client) -> None:
    (violation,) = refused(client, row(answers={Unprintable(): 3})).violations
    assert violation == (
        'unit_answers.answers["<unprintable>"]', "WRONG_TYPE", "expected a str, not <unprintable> of type Unprintable"
    )  # fmt: skip


def test_an_argument_that_is_not_a_row_is_named(client: Client) -> None:
    (violation,) = refused(client, {"id": "hue"}).violations
    assert violation == ("unit_answers", "WRONG_TYPE", "expected a Row, not {'id': 'hue'} of type dict")


def test_all_values_that_cannot_be_sent_are_named_at_once(client: Client) -> None:
    with pytest.raises(ScorerError) as caught:
        client.rank_province(SET, [row(1, not_applicable="INF.02"), row(), answering(computers=10**400)])
    assert [violation.field for violation in caught.value.violations] == [
        "rows.units[0].unit.id", "rows.units[0].not_applicable_criteria", 'rows.units[2].answers["computers"]',
    ]  # fmt: skip
    assert caught.value.violations_total == 3


@pytest.mark.parametrize(
    ("column", "values", "field", "reason"),
    [
        ("id", [7], "[id]", "WRONG_TYPE"),
        ("not_applicable", ["INF.02"], "[not_applicable]", "WRONG_TYPE"),
        ("issued", [datetime.datetime(2020, 6, 30, tzinfo=HANOI)], "[issued]", "WRONG_TYPE"),
        ("issued", pd.Series([pd.Timestamp("2020-06-30", tz="UTC")]), "[issued]", "WRONG_TYPE"),
        ("issued", [datetime.datetime(2020, 6, 30, 12)], "[issued][0]", "BAD_DATE"),
        ("computers", [10**400], "[computers][0]", "WRONG_TYPE"),
        ("awarded", [Decimal("2.69999999999999999999")], "[awarded][0]", "TOO_MANY_DECIMALS"),
        ("awarded", np.array([0.1234567], dtype=np.float32), "[awarded][0]", "TOO_MANY_DECIMALS"),
    ],
    ids=str,
)
def test_a_value_of_a_table_that_cannot_be_converted_is_named(
    client: Client, column: str, values: Any, field: str, reason: str
) -> None:
    for table in ({"id": ["hue"], column: values}, pd.DataFrame({"id": ["hue"], column: values})):
        with pytest.raises(ScorerError) as caught:
            client.rank_table(SET, table, tier="district")
        named = f"table{field}".replace("[" + column + "]", f'["{column}"]')
        assert [(violation.field, violation.reason) for violation in caught.value.violations] == [(named, reason)]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("computers", pd.Series([3, pd.NA], dtype="Int64")),
        ("firewall", pd.Series([True, pd.NA], dtype="boolean")),
        ("awarded", pd.Series([2.7, pd.NA], dtype="Float64")),
        ("awarded", pd.Series([2.7, np.nan], dtype="float32")),
        ("head", pd.Series(["deputy", pd.NA], dtype="string")),
        ("head", pd.Series(["deputy", np.nan], dtype="category")),
        ("issued", pd.Series([pd.Timestamp("2020-06-30"), pd.NaT])),
        ("name", ["Huế", math.nan]),
        ("awarded", [Decimal("2.7"), Decimal("NaN")]),
        ("awarded", [Decimal("2.7"), Decimal("sNaN")]),
    ],
    ids=str,
)
def test_missing_values_of_pandas_are_missing_answers(client: Client, column: str, values: Any) -> None:
    plain = {"id": ["a", "b"], "name": ["", ""], **{code: [value, None] for code, value in ANSWERS.items()}}
    expected = client.rank_table(SET, plain, tier="district").to_pandas().drop(columns="name")
    found = client.rank_table(SET, pd.DataFrame(plain | {column: values}), tier="district").to_pandas()
    assert found.drop(columns="name").equals(expected)
    assert found["name"].isna().tolist() == ([False, True] if column == "name" else [True, True])
