"""The service with the installed sets, and the results of Bắc Kạn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bac_kan_results import LINES, SET, Tier, answer, left_out
from harness import Service, installed_catalogue, serving

from egov.scorer.v1 import criteria_pb2, scorer_pb2


@pytest.fixture(scope="package")
def service() -> Iterator[Service]:
    with serving(installed_catalogue()) as running:
        yield running


@pytest.fixture(scope="package")
def issued(service: Service) -> criteria_pb2.CriteriaSet:
    """The criteria set as a caller gets it."""
    return service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest(criteria_set=SET)).criteria_set


@pytest.fixture(scope="package")
def rows(issued: criteria_pb2.CriteriaSet) -> list[scorer_pb2.UnitAnswers]:
    kinds = {indicator.code: indicator.kind for indicator in issued.indicators}
    return [
        scorer_pb2.UnitAnswers(
            unit={field: line[field] for field in ("id", "name", "tier", "parent")},
            answers={code: answer(kinds[code], text) for code, text in line.items() if code in kinds and text},
            not_applicable_criteria=left_out(line),
        )
        for line in LINES
    ]


@pytest.fixture(scope="package")
def reply(service: Service, rows: list[scorer_pb2.UnitAnswers]) -> scorer_pb2.RankProvinceResponse:
    request = scorer_pb2.RankProvinceRequest(
        criteria_set=SET,
        province="Bắc Kạn",
        period="2020-H1",
        rows=scorer_pb2.UnitRows(units=rows),
        view=scorer_pb2.SCORECARD_VIEW_FULL,
    )
    return service.scorer.RankProvince(request)


@pytest.fixture(scope="package")
def departments(reply: scorer_pb2.RankProvinceResponse) -> Tier:
    return Tier(reply.rankings[0])


@pytest.fixture(scope="package")
def districts(reply: scorer_pb2.RankProvinceResponse) -> Tier:
    return Tier(reply.rankings[1])


@pytest.fixture(scope="package")
def communes(reply: scorer_pb2.RankProvinceResponse) -> Tier:
    return Tier(reply.rankings[2])
