"""Pages of a ranking, and of the list of criteria sets."""

from __future__ import annotations

import base64
from collections.abc import Callable

import grpc
import pytest
from arrow_tables import column, unit_table
from harness import Service, catalogue, good, host, refusal, serving
from small_set import INFRASTRUCTURE, SMALL_SET, number, rank, row

from egov.scorer.v1 import criteria_pb2, scorer_pb2

PROVINCE = [row(f"xa-{n}", awarded=number(n / 2)) for n in range(5)]


def test_a_page_token_works_with_another_page_size(service: Service) -> None:
    first = rank(service, *PROVINCE, page_size=2)
    rest = rank(service, *PROVINCE, page_token=first.next_page_token, page_size=3)
    ids = [card.unit.id for reply in (first, rest) for card in reply.rankings[0].scorecards]
    assert ids == ["xa-4", "xa-3", "xa-2", "xa-1", "xa-0"]
    assert rest.next_page_token == ""


def test_a_page_token_of_another_revision_is_a_failed_precondition(service: Service) -> None:
    token = rank(service, *PROVINCE, page_size=2).next_page_token
    corrected = SMALL_SET.replace("at_least: 90%", "at_least: 80%")
    with serving(good(catalogue(host(INFRASTRUCTURE), corrected))) as reloaded:
        with refusal() as caught:
            rank(reloaded, *PROVINCE, page_size=2, page_token=token)
        refused = caught[0]
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.info.reason == "PAGE_TOKEN_OUTDATED"
        assert refused.details == "page_token belongs to another revision of the criteria set; start again without it"
        assert rank(reloaded, *PROVINCE, page_size=2).next_page_token


@pytest.mark.parametrize(
    "changed",
    [
        {"period": "2020"},
        {"view": scorer_pb2.SCORECARD_VIEW_FULL},
        {"tier": "district"},
        {"province": "Thừa Thiên Huế"},
    ],
    ids=["period", "view", "tier", "province"],
)
def test_a_page_token_of_another_request_is_refused(service: Service, changed: dict[str, object]) -> None:
    token = rank(service, *PROVINCE, page_size=2).next_page_token
    with refusal() as caught:
        rank(service, *PROVINCE, page_size=2, page_token=token, **changed)
    assert caught[0].code is grpc.StatusCode.INVALID_ARGUMENT
    assert caught[0].info.reason == "PAGE_TOKEN_OF_ANOTHER_REQUEST"
    assert "send the request unchanged, or start again without it" in caught[0].details


def test_a_page_token_is_refused_after_an_answer_changed(service: Service) -> None:
    token = rank(service, *PROVINCE, page_size=2).next_page_token
    with refusal() as caught:
        rank(service, *PROVINCE[:4], row("xa-4", awarded=number(0)), page_size=2, page_token=token)
    assert caught[0].info.reason == "PAGE_TOKEN_OF_ANOTHER_REQUEST"


@pytest.mark.parametrize(
    "token",
    [
        *("garbage", "%%%", "mã-trang", "\0", "=", "AAAA", "x" * 10_000),
        *(base64.urlsafe_b64encode(text).decode() for text in (b"1.2.3", b"\xff\xfe", b"-1." + b"0" * 16)),
        base64.urlsafe_b64encode(f"{'9' * 30}.{'0' * 16}.{'0' * 16}".encode()).decode(),
    ],
)
def test_a_forged_page_token_is_refused(service: Service, token: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: rank(service, *PROVINCE, page_size=2, page_token=token),
        lambda: rank(service, *PROVINCE, page_token=token),
        lambda: service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_token=token)),
    ]
    for call in calls:
        with refusal() as caught:
            call()
        assert caught[0].code is grpc.StatusCode.INVALID_ARGUMENT
        assert caught[0].info.reason == "BAD_PAGE_TOKEN"
        assert caught[0].details == "page_token is not a token of this service; start again without it"


def test_a_page_token_of_another_list_of_sets_is_a_failed_precondition(service: Service) -> None:
    token = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_size=1)).next_page_token
    assert token
    with serving(good(catalogue(host(INFRASTRUCTURE), SMALL_SET))) as reloaded, refusal() as caught:
        reloaded.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_size=1, page_token=token))
    assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
    assert caught[0].info.reason == "PAGE_TOKEN_OUTDATED"


def test_a_page_token_is_refused_after_a_table_changed(service: Service) -> None:
    def page(*awarded: float, token: str = "") -> scorer_pb2.RankProvinceResponse:
        table = unit_table(["a", "b", "c"], {"awarded": awarded})
        asked = scorer_pb2.RankProvinceRequest(criteria_set="tested-2020", table=table, page_size=2, page_token=token)
        return service.scorer.RankProvince(asked)

    first = page(1, 2, 3)
    assert column(first.rankings[0], "id") == ["c", "b"]
    rest = page(1, 2, 3, token=first.next_page_token)
    assert column(rest.rankings[0], "id") == ["a"]
    with refusal() as caught:
        page(1, 2, 2.5, token=first.next_page_token)
    assert caught[0].info.reason == "PAGE_TOKEN_OF_ANOTHER_REQUEST"


def test_a_page_token_works_with_units_in_another_order(service: Service) -> None:
    staff, awarded = row("a", staff=number(9)).SerializeToString(), row("a", awarded=number(2)).SerializeToString()

    def page(row_bytes: bytes, token: str = "") -> scorer_pb2.RankProvinceResponse:
        units = b"".join(b"\x0a" + bytes([len(one)]) + one for one in (row_bytes, row("b").SerializeToString()))
        asked = scorer_pb2.RankProvinceRequest(criteria_set="tested-2020", page_size=1, page_token=token)
        data = asked.SerializeToString() + b"\x22" + bytes([len(units)]) + units
        call = service.channel.unary_unary("/egov.scorer.v1.ScorerService/RankProvince")
        return scorer_pb2.RankProvinceResponse.FromString(call(data))

    first = page(staff + awarded)
    rest = page(awarded + staff, first.next_page_token)
    assert [card.unit.id for reply in (first, rest) for card in reply.rankings[0].scorecards] == ["a", "b"]
