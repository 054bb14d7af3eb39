"""All violations of a request are reported at once, in order, and counted; suggestions cost little."""

from __future__ import annotations

import difflib
import logging

import pytest
from arrow_tables import unit_table
from harness import Service, refusal
from small_set import (
    LONG_WORDS,
    TOTAL,
    logged,
    number,
    rank,
    rank_table,
    row,
    score,
    still_answers,
    trailer_bytes,
)

from egov.scorer.v1 import scorer_pb2
from scorer.model import violations
from scorer.model.suggestions import MAX_SEARCHES
from scorer.service.call import logs

# --- all or nothing, in order, counted -----------------------------------------------------------------------------


def test_violations_are_in_input_order_after_those_of_the_request(service: Service) -> None:
    with refusal() as caught:
        rank(
            service,
            row("hue", computers=number(-1)),
            row("hue", tier="distrct"),
            row("phu-loc"),
            row("nam-dong", computrs=number(1), not_applicable=("INF.09",)),
            row("a-luoi", online=number(2), files=number(1)),
            row("quang-dien", "department", awarded=number(6)),
            period="2019",
            page_size=-1,
        )
    refused = caught[0]
    assert list(refused.fields.items()) == [
        ("period", "PERIOD_OUTSIDE_SET"),
        ("page_size", "OUT_OF_RANGE"),
        ("rows.units[0].answers[\"computers\"]", "OUT_OF_RANGE"),
        ("rows.units[1].unit.id", "DUPLICATE_UNIT_ID"),
        ("rows.units[1].unit.tier", "UNKNOWN_TIER"),
        ("rows.units[3].answers[\"computrs\"]", "UNKNOWN_INDICATOR"),
        ("rows.units[3].not_applicable_criteria[0]", "UNKNOWN_CRITERION"),
        ("rows.units[4].answers[\"online\"]", "PART_LARGER_THAN_WHOLE"),
        ("rows.units[5].answers[\"awarded\"]", "OUT_OF_RANGE"),
    ]  # fmt: skip
    assert refused.info.metadata[TOTAL] == "9"
    assert refused.details.startswith("period: '2019' has no day on which the set is in force (")
    assert refused.details.endswith(" (and 8 more)")


def test_one_bad_unit_refuses_all_and_is_named_alone(service: Service) -> None:
    good_rows = [row(f"xa-{n}", computers=number(n), staff=number(99)) for n in range(99)]
    with refusal() as caught:
        rank(service, *good_rows, row("xa-99", computers=number(-1)))
    assert list(caught[0].fields) == ['rows.units[99].answers["computers"]']
    assert rank(service, *good_rows).rankings[0].unit_count == 99


def test_a_bad_unit_outside_the_requested_tier_refuses_all(service: Service) -> None:
    with refusal() as caught:
        rank(service, row("hue"), row("so-y-te", "department", computers=number(-1)), tier="district")
    assert list(caught[0].fields) == ['rows.units[1].answers["computers"]']


def test_a_failed_gate_is_a_result_and_not_an_error(service: Service) -> None:
    category = score(service, row("hue", awarded=number(3))).scorecard.categories[0]
    assert category.standing == scorer_pb2.STANDING_BELOW_MINIMUM
    assert [(gate.gate.measure, gate.passed) for gate in category.failing] == [("total", False)]


"""80 letters that take 320 bytes, and 960 where they are percent-encoded."""


def test_a_hundred_violations_arrive_fifty_times_and_the_server_still_answers(service: Service) -> None:
    short = [row(f"xa-{n}", computrs=number(n)) for n in range(100)]
    long = [row(f"xa-{n}", tier=LONG_WORDS, **{LONG_WORDS: number(n)}) for n in range(50)]
    for n in range(50):
        rows, code = (long, LONG_WORDS) if n % 2 else (short, "computrs")
        request = scorer_pb2.RankProvinceRequest(criteria_set="tested-2020", rows=scorer_pb2.UnitRows(units=rows))
        with refusal() as caught:
            service.scorer.RankProvince(request, metadata=[("x-request-id", "i" * 128)])
        refused = caught[0]
        assert refused.info.metadata[TOTAL] == "100"
        assert trailer_bytes(refused) <= 4096
        assert 5 <= len(refused.bad.field_violations) < 100
        assert refused.bad.field_violations[0].field == f'rows.units[0].answers["{code}"]'
    assert still_answers(service)


def test_as_many_violations_are_sent_as_fit(service: Service) -> None:
    with refusal() as caught:
        rank(service, *(row(f"xa-{n}", zebra=number(n)) for n in range(200)))
    assert 3000 < trailer_bytes(caught[0]) <= 4096
    travelling = [v.field for v in caught[0].bad.field_violations]
    assert travelling == [f'rows.units[{n}].answers["zebra"]' for n in range(len(travelling))]


def test_the_log_has_every_violation(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="scorer.calls")
    with refusal() as caught:
        rank(service, *(row(f"xa-{n}", zebra=number(n)) for n in range(500)))
    request_id = caught[0].info.metadata["request_id"]
    assert caught[0].info.metadata[TOTAL] == "500"
    assert [call["violations"] for call in logged(caplog, "call")] == [500]
    assert logged(caplog, "violation") == [
        {"request_id": request_id, "field": f'rows.units[{n}].answers["zebra"]', "reason": "UNKNOWN_INDICATOR"}
        for n in range(500)
    ]


def test_the_log_lists_a_limited_number_of_violations_and_counts_all(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="scorer.calls")
    units = violations.MAX_LISTED + 7
    with refusal() as caught:
        rank_table(service, unit_table([str(n) for n in range(units)], {"staff": [-1.0] * units}))
    assert caught[0].info.metadata[TOTAL] == str(units)
    assert caught[0].details.endswith(f" (and {units - 1} more)")
    assert [call["violations"] for call in logged(caplog, "call")] == [units]
    lines = logged(caplog, "violation")
    assert len(lines) == logs.MAX_VIOLATION_LINES == 1_000  # as docs/operations.md says
    assert [line["field"] for line in lines] == [f'table["staff"][{n}]' for n in range(1_000)]


# --- a nearly-right name costs little ------------------------------------------------------------------------------


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of names that each search for a suggestion compares."""
    sizes: list[int] = []
    search = difflib.get_close_matches

    def counted(word: str, possibilities: list[str], *args: object, **named: object) -> list[str]:
        sizes.append(len(possibilities))
        return search(word, possibilities, *args, **named)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    return sizes


def test_one_misspelling_in_many_rows_is_looked_up_once(service: Service, compared: list[int]) -> None:
    with refusal() as caught:
        rank(service, *(row(f"xa-{n}", tier="distrct", computrs=number(n)) for n in range(300)))
    assert caught[0].info.metadata[TOTAL] == "600"
    assert len(compared) <= 10


def test_suggestions_for_many_misspelt_columns_are_limited(service: Service, compared: list[int]) -> None:
    wrong = unit_table(["hue"], {f"computer{n}": [1] for n in range(40)})
    with refusal() as caught:
        rank_table(service, wrong)
    assert caught[0].info.metadata[TOTAL] == "40"
    assert len(compared) == MAX_SEARCHES
