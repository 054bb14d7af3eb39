"""Violations of a unit, among others and alone."""

from __future__ import annotations

import math
import sys

import grpc
import pyarrow as pa
import pytest
from arrow_tables import as_message, unit_table
from harness import Refused, Service, refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_set import assert_refused, choice, date, flag, number, rank, rank_table, row, score

from egov.scorer.v1 import scorer_pb2

WRONG_ROWS: dict[str, tuple[scorer_pb2.UnitAnswers, str, str, str]] = {
    "misspelt indicator": (
        row(computrs=number(3)),
        'answers["computrs"]', "UNKNOWN_INDICATOR", "unknown indicator; did you mean 'computers'?",
    ),
    "indicator in capitals": (
        row(COMPUTERS=number(3)),
        'answers["COMPUTERS"]', "UNKNOWN_INDICATOR", "unknown indicator; did you mean 'computers'?",
    ),
    "indicator like no other": (row(zebra=number(3)), 'answers["zebra"]', "UNKNOWN_INDICATOR", "unknown indicator"),
    "indicator with a quote": (
        row(**{'a"b\n': number(3)}), 'answers["a\\"b\\n"]', "UNKNOWN_INDICATOR", "unknown indicator",
    ),
    "indicator in Vietnamese": (
        row(**{"máy_tính": number(3)}), 'answers["máy_tính"]', "UNKNOWN_INDICATOR", "unknown indicator",
    ),
    "answer without a value": (
        row(computers=scorer_pb2.Answer()),
        'answers["computers"]', "WRONG_KIND",
        "has no value; leave the indicator out when it was not reported; 'computers' is a count: give 'number'",
    ),
    "flag of a half": (
        row(firewall=number(0.5)),
        'answers["firewall"]', "WRONG_KIND", "is a number; 'firewall' is a flag: give 'flag'",
    ),
    "count as a flag": (
        row(computers=flag(True)),
        'answers["computers"]', "WRONG_KIND", "is a flag; 'computers' is a count: give 'number'",
    ),
    "choice as a number": (
        row(head=number(1)), 'answers["head"]', "WRONG_KIND", "is a number; 'head' is a choice: give 'choice'",
    ),
    "date as text": (
        row(issued=choice("2020-06-30")),
        'answers["issued"]', "WRONG_KIND", "is a choice; 'issued' is a date: give 'date'",
    ),
    "half a computer": (
        row(computers=number(12.5)), 'answers["computers"]', "WRONG_KIND", "a count is a whole number, not 12.5",
    ),
    "a ten-millionth more than a computer": (
        row(computers=number(2.0000001)),
        'answers["computers"]', "WRONG_KIND", "a count is a whole number, not 2.0000001",
    ),
    "day in the year 20": (
        row(issued=date(20, 6, 30)),
        'answers["issued"]', "OUT_OF_RANGE",
        "must be from 1800-01-01 to 2199-12-31 in tier 'district', not 0020-06-30",
    ),
    "day in the year 2563 of the Buddhist calendar": (
        row(issued=date(2563, 6, 30)),
        'answers["issued"]', "OUT_OF_RANGE",
        "must be from 1800-01-01 to 2199-12-31 in tier 'district', not 2563-06-30",
    ),
    "count that is not a number": (
        row(computers=number(math.nan)),
        'answers["computers"]', "NOT_A_NUMBER",
        "is not a number (NaN); leave the indicator out when it was not reported",
    ),
    "endless count": (
        row(computers=number(math.inf)),
        'answers["computers"]', "OUT_OF_RANGE", "must be from 0 to 8000000000 in tier 'district', not inf",
    ),
    "endless negative number": (
        row(awarded=number(-math.inf)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not -inf",
    ),
    "largest double": (
        row(awarded=number(sys.float_info.max)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not 1.7976931348623157e+308",
    ),
    "negative count": (
        row(computers=number(-1)),
        'answers["computers"]', "OUT_OF_RANGE", "must be from 0 to 8000000000 in tier 'district', not -1",
    ),
    "count beyond the largest": (
        row(computers=number(8_000_000_001)),
        'answers["computers"]', "OUT_OF_RANGE", "must be from 0 to 8000000000 in tier 'district', not 8000000001",
    ),
    "more points than the tier's maximum": (
        row(awarded=number(3.000001)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not 3.000001",
    ),
    "a little more points than the tier's maximum": (
        row(awarded=number(3.0000004)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not 3.0000004",
    ),
    "a little less than no points": (
        row(awarded=number(-4e-7)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not -4e-07",
    ),
    "seven decimals": (
        row(awarded=number(2.6999995)),
        'answers["awarded"]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 2.6999995",
    ),
    "a sum of doubles that was not rounded": (
        row(awarded=number(0.1 + 0.2)),
        'answers["awarded"]', "TOO_MANY_DECIMALS", "must have at most six decimals, not 0.30000000000000004",
    ),
    "misspelt option": (
        row(head=choice("deputi")),
        'answers["head"]', "UNKNOWN_CHOICE",
        "unknown choice 'deputi'; 'head' has chairman, deputy, nobody; did you mean 'deputy'?",
    ),
    "no option": (
        row(head=choice("")),
        'answers["head"]', "UNKNOWN_CHOICE", "unknown choice ''; 'head' has chairman, deputy, nobody",
    ),
    "part larger than its whole": (
        row(online=number(5), files=number(3)),
        'answers["online"]', "PART_LARGER_THAN_WHOLE", "5 is more than files = 3, of which it is a part",
    ),
    "empty id": (row(""), "unit.id", "BAD_UNIT_ID", "is empty; every unit needs an id"),
    "id of 129 bytes": (row("a" * 129), "unit.id", "BAD_UNIT_ID", "has 129 bytes, at most 128 are allowed"),
    "id of 43 Vietnamese letters, 129 bytes": (
        row("ế" * 43), "unit.id", "BAD_UNIT_ID", "has 129 bytes, at most 128 are allowed",
    ),
    "id in decomposed letters": (
        row("hue\u0302\u0301"), "unit.id", "BAD_UNIT_ID", "is not in Unicode normal form C (composed letters)",
    ),
    "id with a line break": (row("hue\n"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "id with DEL": (row("hue\x7f"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "id with NUL": (row("\0"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "Vietnamese id with a C1 control": (row("huế\x85"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "misspelt tier": (
        row(tier="distrct"),
        "unit.tier", "UNKNOWN_TIER",
        "unknown tier 'distrct'; the set has department, district; did you mean 'district'?",
    ),
    "no tier": (row(tier=""), "unit.tier", "UNKNOWN_TIER", "is empty; the set has department, district"),
    "id with a letter that is not seen": (
        row("hue\u200b"), "unit.id", "BAD_UNIT_ID", "has a control or format character",
    ),
    "id that turns the line around": (
        row("hue\u202e"), "unit.id", "BAD_UNIT_ID", "has a control or format character",
    ),
    "id with a line separator": (row("a\u2028b"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "id that ends with a space": (row("hue "), "unit.id", "BAD_UNIT_ID", "begins or ends with a space"),
    "id that is a space": (row("\u00a0"), "unit.id", "BAD_UNIT_ID", "begins or ends with a space"),
    "name of 513 bytes": (row(name="x" * 513), "unit.name", "BAD_TEXT", "has 513 bytes, at most 512 are allowed"),
    "name with a tab": (row(name="A\tB"), "unit.name", "BAD_TEXT", "has a control or format character"),
    "unit that is its own parent": (
        row(parent="a-luoi"),
        "unit.parent", "OWN_PARENT", "is the unit itself; give the id of the unit above it, or leave it out",
    ),
    "parent with a space at its end": (row(parent="p "), "unit.parent", "BAD_TEXT", "begins or ends with a space"),
    "parent of 129 bytes": (row(parent="p" * 129), "unit.parent", "BAD_TEXT", "has 129 bytes, at most 128 are allowed"),
    "misspelt criterion": (
        row(not_applicable=("INF.2",)),
        "not_applicable_criteria[0]", "UNKNOWN_CRITERION", "unknown criterion 'INF.2'; did you mean 'INF.02'?",
    ),
    "criterion twice": (
        row(not_applicable=("INF.02", "INF.02")),
        "not_applicable_criteria[1]", "DUPLICATE_CRITERION", "criterion 'INF.02' is listed twice",
    ),
    "criterion that always applies": (
        row(not_applicable=("INF.02", "INF.01")),
        "not_applicable_criteria[1]", "NOT_EXCLUDABLE", "criterion 'INF.01' applies to every unit of the set",
    ),
}  # fmt: skip

wrong_rows = pytest.mark.parametrize("case", WRONG_ROWS.values(), ids=WRONG_ROWS)


@wrong_rows
def test_a_wrong_row_refuses_the_whole_request_and_is_named(
    service: Service, case: tuple[scorer_pb2.UnitAnswers, str, str, str]
) -> None:
    wrong, field, reason, description = case
    with refusal() as caught:
        rank(service, row("hue"), row("nam-dong", computers=number(1)), wrong, row("phu-vang"))
    assert_refused(caught, f"rows.units[2].{field}", reason, description)


@wrong_rows
def test_a_wrong_unit_alone_gives_the_same_violations(
    service: Service, case: tuple[scorer_pb2.UnitAnswers, str, str, str]
) -> None:
    wrong, field, reason, description = case
    with refusal() as caught:
        score(service, wrong)
    assert_refused(caught, f"unit_answers.{field}", reason, description)


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2020, 2, 30), (2020, 6, 0), (2020, 0, 0), (0, 6, 30), (2**31 - 1, 1, 1), (-1, 1, 1)]
)
def test_an_incomplete_or_impossible_day_is_named(service: Service, year: int, month: int, day: int) -> None:
    with refusal() as caught:
        score(service, row(issued=date(year, month, day)))
    assert caught[0].fields == {'unit_answers.answers["issued"]': "BAD_DATE"}
    assert caught[0].details.startswith('unit_answers.answers["issued"]: is not a day: ')


def test_an_empty_unit_lacks_id_and_tier(service: Service) -> None:
    with refusal() as caught:
        service.scorer.ScoreUnit(scorer_pb2.ScoreUnitRequest(criteria_set="tested-2020"))
    assert caught[0].fields == {"unit_answers.unit.id": "BAD_UNIT_ID", "unit_answers.unit.tier": "UNKNOWN_TIER"}


def test_a_range_may_differ_by_tier(service: Service) -> None:
    reply = rank(service, row("a", "department", awarded=number(4)), row("b", awarded=number(3)))
    assert [ranking.tier for ranking in reply.rankings] == ["department", "district"]
    with refusal() as caught:
        rank(service, row("a", "department", awarded=number(5.5)), row("b", awarded=number(4)))
    assert [v.description for v in caught[0].bad.field_violations] == [
        "must be from 0 to 5 in tier 'department', not 5.5",
        "must be from 0 to 3 in tier 'district', not 4",
    ]


def test_answers_of_a_unit_of_unknown_tier_are_checked_by_the_rules_of_all_tiers(service: Service) -> None:
    answers = {"awarded": number(5.0000001), "computers": number(0.5), "online": number(5), "files": number(3)}
    expected = {
        'answers["awarded"]': "OUT_OF_RANGE",
        'answers["computers"]': "WRONG_KIND",
        'answers["online"]': "PART_LARGER_THAN_WHOLE",
        "unit.tier": "UNKNOWN_TIER",
    }
    with refusal() as caught:
        score(service, row("a", "distrct", **answers))
    assert caught[0].fields == {f"unit_answers.{field}": reason for field, reason in expected.items()}
    with refusal() as caught:
        rank(service, row("good"), row("a", "distrct", **answers), row("b", "", awarded=number(4.0000001)))
    assert caught[0].fields == {
        **{f"rows.units[1].{field}": reason for field, reason in expected.items()},
        'rows.units[2].answers["awarded"]': "TOO_MANY_DECIMALS",
        "rows.units[2].unit.tier": "UNKNOWN_TIER",
    }
    descriptions = [violation.description for violation in caught[0].bad.field_violations]
    assert "must be from 0 to 5, not 5.0000001" in descriptions


def test_answers_of_a_table_without_tiers_are_checked(service: Service) -> None:
    columns = {"id": ["a", "b"], "awarded": [4.0, 4.0000001], "computers": [1, -2]}
    with refusal() as caught:
        rank_table(service, as_message(pa.table(columns)))
    assert caught[0].fields == {
        'table["tier"]': "MISSING_COLUMN",
        'table["awarded"][1]': "TOO_MANY_DECIMALS",
        'table["computers"][1]': "OUT_OF_RANGE",
    }


@pytest.mark.parametrize(
    "code",
    ["x", "x" * 128, "ế" * 42 + "ab", "thành phố Huế", "Thừa Thiên-Huế", "\N{SNOWMAN}" * 42, "00.45.123", "xã Bộc Bố"],
)
def test_an_id_of_up_to_128_bytes_is_accepted(service: Service, code: str) -> None:
    name = "Ủy ban nhân dân huyện Nam Đông"
    reply = score(service, row(code, name=name, parent="ế" * 42 + "cd"))
    assert (reply.scorecard.unit.id, reply.scorecard.unit.name) == (code, name)


def test_a_name_of_512_bytes_is_accepted_and_returned(service: Service) -> None:
    name = "ế" * 170 + "ab"
    assert len(name.encode()) == 512
    assert score(service, row(name=name)).scorecard.unit.name == name


def test_a_duplicate_id_points_to_the_first_unit(service: Service) -> None:
    with refusal() as caught:
        rank(service, row("hue"), row("nam-dong"), row("hue", "department"), row("hue"))
    assert [(v.field, v.reason, v.description) for v in caught[0].bad.field_violations] == [
        (f"rows.units[{n}].unit.id", "DUPLICATE_UNIT_ID", "'hue' is already the id at rows.units[0].unit.id")
        for n in (2, 3)
    ]
    assert caught[0].details.endswith(" (and 1 more)")


def test_ids_that_differ_in_case_are_two_units(service: Service) -> None:
    assert rank(service, row("hue"), row("HUE")).rankings[0].unit_count == 2


texts = st.lists(
    st.one_of(
        st.from_regex(r"[0-9]{5}", fullmatch=True),
        st.text(st.sampled_from("aĐệe\u0323\u200b \t\n\x1f\x7f|~"), max_size=4),
        st.sampled_from(["a" * 128, "a" * 129, "ệ" * 42, "ệ" * 43]),
    ),
    max_size=6,
    unique=True,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=texts, names=texts)
def test_texts_are_refused_together_as_individually(service: Service, ids: list[str], names: list[str]) -> None:
    """Many are looked at together; what is wrong with any must not hide among the others, which are good."""
    refused = {f'table["id"][{at}]' for at, code in enumerate(ids) if refuses(service, [code], [])}
    refused |= {f'table["name"][{at}]' for at, name in enumerate(names) if refuses(service, ["u"], [name])}
    units = 40
    ids += [f"u-{at}" for at in range(len(ids), units)]
    names += [""] * (units - len(names))
    assert refuses(service, ids, names) == refused


def refuses(service: Service, ids: list[str], names: list[str]) -> set[str]:
    """The fields of a table that are refused."""
    try:
        rank_table(service, unit_table(ids, {"name": pa.array(names or [""] * len(ids), pa.string())}))
    except grpc.RpcError as error:
        return set(Refused(error).fields)
    return set()
