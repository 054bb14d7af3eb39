"""Mistakes in a request as a whole: status code, message, field and reason. The service goes on serving."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from arrow_tables import unit_table
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import Refused, Service, catalogue, good, group, host, plugin, refusal, serving
from small_set import (
    INFRASTRUCTURE,
    LONG_WORDS,
    SMALL_SET,
    WATER,
    assert_refused,
    calls_with,
    number,
    rank,
    row,
    score,
    still_answers,
    trailer_bytes,
)

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.plugin_api import Indicator
from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin
from scorer.service.call.metrics import FOLDER_VARIABLE

ROOT = Path(__file__).resolve().parents[2]

# --- the request as a whole ----------------------------------------------------------------------------------------


WRONG_REQUESTS: dict[str, tuple[dict[str, object], str, str, str]] = {
    "misspelt tier": (
        {"tier": "distrikt"}, "tier", "UNKNOWN_TIER",
        "unknown tier 'distrikt'; the set has department, district; did you mean 'district'?",
    ),
    "province of 513 bytes": (
        {"province": "x" * 513}, "province", "BAD_TEXT", "has 513 bytes, at most 512 are allowed",
    ),
    "province with an escape": (
        {"province": "a\x1b[31m"}, "province", "BAD_TEXT", "has a control or format character",
    ),
    "page of -1 units": (
        {"page_size": -1}, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all units",
    ),
    "view 7": ({"view": 7}, "view", "UNKNOWN_VIEW", "7 is not a view"),
    "period before the set": (
        {"period": "2019"}, "period", "PERIOD_OUTSIDE_SET",
        "'2019' has no day on which the set is in force (2020-01-01 to 2020-12-31)",
    ),
    "period in words": (
        {"period": "năm 2020"}, "period", "BAD_PERIOD",
        "'năm 2020' is not a period: write YYYY, YYYY-H1, YYYY-Q1, YYYY-W01 or YYYY-01, with a year from 1800 to 2199",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_REQUESTS.values(), ids=WRONG_REQUESTS)
def test_a_wrong_field_of_the_request_is_named(service: Service, case: tuple[dict[str, object], str, str, str]) -> None:
    fields, field, reason, description = case
    with refusal() as caught:
        rank(service, row("hue"), **fields)
    assert_refused(caught, field, reason, description)


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({}, "source"),
        ({"rows": scorer_pb2.UnitRows()}, "rows.units"),
        ({"table": unit_table([])}, "table"),
    ],
    ids=["neither rows nor table", "no rows", "table without rows"],
)
def test_a_province_without_units_is_refused(service: Service, source: dict[str, object], field: str) -> None:
    with refusal() as caught:
        service.scorer.RankProvince(scorer_pb2.RankProvinceRequest(criteria_set="tested-2020", **source))
    assert_refused(caught, field, "REQUIRED", "give the units to rank")


def test_a_request_without_criteria_set_is_refused_with_the_known_ones(service: Service) -> None:
    calls: list[Callable[[], object]] = [
        lambda: score(service, row("hue"), ""),
        lambda: rank(service, row("hue"), criteria_set=""),
        lambda: service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest()),
    ]
    for call in calls:
        with refusal() as caught:
            call()
        assert_refused(
            caught, "criteria_set", "REQUIRED", "name one of: tested-2020, water-2020; or give a day in effective_on"
        )


def test_a_negative_page_of_criteria_sets_is_refused(service: Service) -> None:
    with refusal() as caught:
        service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_size=-5))
    assert_refused(caught, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all sets")


# --- criteria sets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ScoreUnit", "RankProvince", "GetCriteriaSet"])
def test_an_unknown_criteria_set_is_not_found_and_the_known_ones_are_named(service: Service, method: str) -> None:
    with refusal() as caught:
        calls_with(service, "testd-2020")[method]()
    refused = caught[0]
    assert refused.code is grpc.StatusCode.NOT_FOUND
    assert refused.details == (
        "unknown criteria set 'testd-2020'; there are: tested-2020, water-2020; did you mean 'tested-2020'?"
    )
    assert (refused.info.reason, refused.info.domain) == ("UNKNOWN_CRITERIA_SET", "scorer.egov.vn")
    assert refused.info.metadata["criteria_set"] == "testd-2020"
    assert refused.info.metadata["known"] == "tested-2020, water-2020"


@pytest.mark.parametrize("code", ["bộ-tiêu-chí", "x" * 100_000, "\0\n", "SMALL_SET-2020"])
def test_any_other_text_as_criteria_set_is_not_found(service: Service, code: str) -> None:
    with refusal() as caught:
        score(service, row("hue"), code)
    assert caught[0].code is grpc.StatusCode.NOT_FOUND
    assert len(caught[0].details) < 500
    assert still_answers(service)


def test_an_unknown_criteria_set_is_not_found_among_hundreds() -> None:
    one = good(catalogue(host(INFRASTRUCTURE), SMALL_SET))
    plan = one.sets["tested-2020"]
    many = dataclasses.replace(one, sets={f"tinh-{n:03}-chinh-quyen-dien-tu-2020": plan for n in range(300)})
    with serving(many) as service:
        for _ in range(20):
            with pytest.raises(grpc.RpcError) as caught:
                score(service, row("hue"), "tinh-301-chinh-quyen-dien-tu-2020")
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
            assert "'tinh-301-chinh-quyen-dien-tu-2020'" in caught.value.details()
            assert trailer_bytes(Refused(caught.value)) <= 4096


def test_a_set_of_a_quarantined_plugin_names_plugin_and_advice() -> None:
    def broken() -> object:
        raise ImportError("no module named 'hydrology'")

    hosts = PluginHost.of([(Plugin("infrastructure"), lambda: plugin(INFRASTRUCTURE)), (Plugin("water"), broken)])
    with serving(catalogue(hosts, SMALL_SET, WATER)) as service:
        for call in calls_with(service, "water-2020").values():
            with refusal() as caught:
                call()
            refused = caught[0]
            assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
            assert refused.info.reason == "CRITERIA_SET_REFUSED"
            assert refused.info.domain == "scorer.egov.vn"
            assert refused.info.metadata["criteria_set"] == "water-2020"
            assert refused.details.startswith(
                "criteria set 'water-2020' was refused when it was loaded: categories.supply.groups.water: "
                "its plugin 'water' is quarantined: ImportError: no module named 'hydrology'"
            )
            mend = "; fix it, see 'scorer criteria check set1.yaml' and 'scorer plugins list'"
            assert refused.details.endswith(mend)
        listed = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest()).criteria_sets
        assert {summary.code: summary.state for summary in listed} == {
            "tested-2020": criteria_pb2.CRITERIA_SET_STATE_AVAILABLE,
            "water-2020": criteria_pb2.CRITERIA_SET_STATE_REFUSED,
        }
        assert "its plugin 'water' is quarantined: ImportError" in listed[1].problems[0]
        assert still_answers(service)


def test_the_reason_of_a_quarantine_may_be_long() -> None:
    def broken() -> object:
        raise ImportError(LONG_WORDS * 30)

    with serving(catalogue(PluginHost.of([(Plugin("water"), broken)]), WATER)) as service:
        with pytest.raises(grpc.RpcError) as caught:
            score(service, row("hue"), "water-2020")
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert f"its plugin 'water' is quarantined: ImportError: {LONG_WORDS[:20]}" in caught.value.details()
        assert "'scorer plugins list'" in caught.value.details()
        assert dict(caught.value.trailing_metadata())["grpc-status-details-bin"]


COMPARED = """
criteria_set: compared-2020
title: {en: Compared}
provenance: published
tiers: [district]
categories:
  supply:
    groups:
      water:
        criteria:
          - {id: C.1, formula: ratio_to_best, numerator: wells, denominator: tanks, when_zero: zero, points: 4}
          - {id: C.2, formula: awarded, indicator: given, points: 2}
          - id: C.3
            formula: sum
            points: 3
            terms:
              - {formula: awarded, indicator: given, points: 2}
              - {formula: ratio_to_best, numerator: wells, denominator: tanks, when_zero: zero, points: 1}
"""


def test_a_unit_alone_is_refused_if_criteria_compare_units() -> None:
    counts = group(
        "water", *(Indicator(code, kind="count") for code in ("wells", "tanks")), Indicator("given", kind="number")
    )
    with serving(good(catalogue(host(counts), COMPARED))) as service:
        with refusal() as caught:
            score(service, row("hue", wells=number(1), tanks=number(2)), "compared-2020")
        refused = caught[0]
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.details == (
            "criteria C.1, C.3 compare a unit with the other units of its tier: send all units to RankProvince"
        )
        assert (refused.info.reason, refused.info.metadata["criteria"]) == ("NEEDS_COHORT", "C.1, C.3")
        rows = [row(code, wells=number(wells), tanks=number(2)) for code, wells in (("hue", 1), ("phu-loc", 2))]
        reply = rank(service, *rows, criteria_set="compared-2020")
        assert [card.unit.id for card in reply.rankings[0].scorecards] == ["phu-loc", "hue"]


def test_a_unit_alone_is_scored_if_only_other_tiers_compare_units() -> None:
    counts = group(
        "water", *(Indicator(code, kind="count") for code in ("wells", "tanks")), Indicator("given", kind="number")
    )
    by_tier = COMPARED.replace("tiers: [district]", "tiers: [district, commune]")
    by_tier = by_tier.replace("points: 4}", "points: {commune: 4}}").replace("points: 3\n", "points: {commune: 3}\n")
    with serving(good(catalogue(host(counts), by_tier))) as service:
        alone = score(service, row("hue", given=number(1)), "compared-2020")
        assert alone.scorecard.categories[0].score.points == 1
        with refusal() as caught:
            score(service, row("xa-1", "commune", given=number(1)), "compared-2020")
        assert caught[0].info.metadata["criteria"] == "C.1, C.3"


def test_the_health_of_an_unknown_service_is_not_found(service: Service) -> None:
    with refusal() as caught:
        health_pb2_grpc.HealthStub(service.channel).Check(health_pb2.HealthCheckRequest(service="scorer"))
    [refused] = caught
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_SERVICE")


# --- none forgotten ------------------------------------------------------------------------------------------------


CASES_STAND_IN = (
    "small_set.py", "test_errors.py", "test_periods.py", "test_unit_errors.py", "test_table_errors.py",
    "test_all_or_nothing.py", "test_pages.py", "test_request_sizes.py", "test_internal_faults.py",
    "test_resource_abuse.py", "test_access.py", "test_certificates.py", "test_limits.py", "test_slow_plugins.py",
    "test_sets_by_day.py", "test_cohorts.py", "test_malformed_tables.py", "test_overload.py",
    "test_plugin_crashes.py", "test_computed_answers.py",
)  # fmt: skip


def test_every_error_reason_is_tested_in_this_file() -> None:
    sources = [
        *(file for file in (ROOT / "scorer" / "service").rglob("*.py") if file.parent.name != "runtime"),
        ROOT / "scorer" / "engine" / "validation.py",
        ROOT / "scorer" / "plugins" / "group.py",
    ]
    texts = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    words = {text for text in texts if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", text) and len(text) > 4}
    reasons = {word for word in words if word != FOLDER_VARIABLE and not word.startswith("OTEL_")}  # of the environment
    assert len(reasons) > 30
    tests = {file.name: file for file in (ROOT / "tests").rglob("*.py")}
    here = "".join(tests[name].read_text(encoding="utf-8") for name in CASES_STAND_IN)
    assert {reason for reason in reasons if f'"{reason}"' not in here} == set()


def test_error_details_name_the_service_as_their_domain(service: Service) -> None:
    with refusal() as caught:
        score(service, row("hue"), "nowhere-2020")
    status = status_pb2.Status.FromString(caught[0].trailers["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (status.code, status.message) == (grpc.StatusCode.NOT_FOUND.value[0], caught[0].details)
    assert info.domain == "scorer.egov.vn"
