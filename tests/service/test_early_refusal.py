"""Callers without access are refused when the call begins, before their request is read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import grpc
import pytest
from credentials import AUDIENCE, ISSUER, Signer, key_set
from harness import Refused, Service, catalogue, good, host, serving
from processes import until
from small_set import INFRASTRUCTURE, OTHER_SET

from scorer.service.runtime.settings import Role, Settings, Tokens
from scorer.service.server import MAX_STREAMS

SIGNER = Signer("key-1")
METHOD = "/egov.scorer.v1.ScorerService/RankProvince"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    keys.write_text(key_set(SIGNER))
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=keys, issuer=ISSUER, audience=AUDIENCE),
        access={"token:ranker": frozenset([Role.RANKER]), "token:reader": frozenset([Role.READER])},
    )
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:
        yield service


def answer_before_bytes(service: Service, token: str | None, seconds: float) -> grpc.RpcError:
    """The error of a call whose request never arrives."""
    begun = threading.Event()

    def never() -> Iterator[bytes]:
        begun.wait(30)
        yield b""

    metadata = [("authorization", f"Bearer {token}")] if token else []
    try:
        error = service.channel.stream_unary(METHOD).future(never(), metadata=metadata, timeout=seconds).exception()
    finally:
        begun.set()
    assert isinstance(error, grpc.RpcError)
    return error


@pytest.mark.parametrize(
    ("token", "code", "reason"),
    [
        (lambda: None, grpc.StatusCode.UNAUTHENTICATED, "NO_CREDENTIALS"),
        (lambda: Signer("key-1").token("ranker"), grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID"),
        (lambda: SIGNER.token("nobody"), grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING"),
        (lambda: SIGNER.token("reader"), grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING"),
    ],
    ids=["no token", "wrong key", "nobody", "another role"],
)
def test_an_unauthorized_caller_is_refused_before_the_request_arrives(
    service: Service, token: Callable[[], str | None], code: grpc.StatusCode, reason: str
) -> None:
    refused = Refused(answer_before_bytes(service, token(), 20))
    assert (refused.code, refused.info.reason) == (code, reason)


def test_the_request_of_an_authorized_caller_is_awaited(service: Service) -> None:
    error = answer_before_bytes(service, SIGNER.token("ranker"), 2)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_calls_without_requests_do_not_delay_a_refusal(service: Service) -> None:
    ended = threading.Event()

    def never() -> Iterator[bytes]:
        ended.wait(60)
        yield b""

    channels = [
        grpc.insecure_channel(service.address, options=[("grpc.use_local_subchannel_pool", 1)]) for _ in range(20)
    ]
    metadata = [("authorization", f"Bearer {SIGNER.token('ranker')}")]
    calls = [
        channel.stream_unary(METHOD).future(never(), metadata=metadata, timeout=60)
        for channel in channels
        for _ in range(MAX_STREAMS)
    ]
    try:
        until(lambda: sum(call.done() for call in calls) > 300, "those beyond the limit are not refused")
        refused = Refused(answer_before_bytes(service, None, 20))
        assert (refused.code, refused.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NO_CREDENTIALS")
    finally:
        ended.set()
        for call in calls:
            call.cancel()
        for channel in channels:
            channel.close()
