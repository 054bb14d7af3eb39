"""Credentials of clients with a real server: TLS, certificates, tokens and request ids."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from credentials import AUDIENCE, ISSUER, Authority, Signer, key_set
from harness import catalogue, good, group, host, serving

from scorer.catalogue.catalogue import Catalogue
from scorer.plugin_api import Indicator
from scorer.service.runtime.settings import Role, Settings, Tls, Tokens
from scorer_client import AsyncClient, Client, Row, ScorerError
from scorer_client.targets import channel_target, leaves_this_machine

SET = "small-2020"
DOCUMENT = """
criteria_set: small-2020
title: {en: Small}
provenance: published
effective: {from: 2020-01-01, to: 2020-12-31}
tiers: [district]
rounding: {points: 2, percent: 2}
categories:
  readiness:
    title: {en: Readiness}
    groups:
      policy:
        criteria:
          - {id: PE.01, formula: awarded, indicator: policy_points, points: 20}
"""
ROW = Row("a", "district", {"policy_points": 12})
SIGNER, AUTHORITY = Signer("key-1"), Authority("root")
CALLER = AUTHORITY.party("caller")


@pytest.fixture(scope="module")
def sets() -> Catalogue:
    return good(catalogue(host(group("policy", Indicator("policy_points", kind="number"))), DOCUMENT))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("credentials")
    (folder / "keys.json").write_text(key_set(SIGNER))
    (folder / "root.pem").write_bytes(AUTHORITY.certificate)
    AUTHORITY.server().write(folder, "server")
    CALLER.write(folder, "caller")
    return folder


@pytest.fixture(scope="module")
def address(sets: Catalogue, folder: Path) -> Iterator[str]:
    """The address of a server with TLS that requires tokens."""
    settings = Settings(
        address="127.0.0.1:0",
        tls=Tls(certificate=folder / "server.pem", key=folder / "server.key"),
        tokens=Tokens(keys=folder / "keys.json", issuer=ISSUER, audience=AUDIENCE),
        access={"token:portal": frozenset(Role)},
    )
    with serving(sets, settings) as service:
        yield service.address


def failure(client: Client) -> ScorerError:
    with pytest.raises(ScorerError) as caught:
        client.score_unit(SET, ROW)
    return caught.value


def test_a_token_is_sent_over_tls(address: str, folder: Path) -> None:
    for authority in (AUTHORITY.certificate, folder / "root.pem", str(folder / "root.pem")):
        with Client(address, authority=authority, token=SIGNER.token("portal") + "\n") as client:
            assert client.score_unit(SET, ROW).overall.points == 12


def test_the_token_function_is_called_before_each_call(address: str) -> None:
    tokens = iter([SIGNER.token("portal"), "expired", SIGNER.token("portal")])
    with Client(address, authority=AUTHORITY.certificate, token=lambda: next(tokens)) as client:
        assert client.score_unit(SET, ROW).overall.points == 12
        assert failure(client).reason == "TOKEN_INVALID"
        assert client.score_unit(SET, ROW).overall.points == 12


def test_a_function_that_returns_no_token_is_refused_before_the_call(address: str) -> None:
    nothing: Any = None
    with (
        Client(address, authority=AUTHORITY.certificate, token=lambda: nothing) as client,
        pytest.raises(TypeError, match="the token has to be a str, not NoneType"),
    ):
        client.form("hue-2020")


def test_the_token_function_of_an_async_client_may_be_async(address: str) -> None:
    async def token() -> str:
        await asyncio.sleep(0)
        return SIGNER.token("portal")

    async def ask() -> float:
        async with AsyncClient(address, authority=AUTHORITY.certificate, token=token) as client:
            return (await client.score_unit(SET, ROW)).overall.points

    assert asyncio.run(ask()) == 12
    with pytest.raises(TypeError, match="AsyncClient"):
        Client(address, authority=AUTHORITY.certificate, token=token)


def test_a_caller_without_credentials_is_unauthenticated(address: str) -> None:
    with Client(address, authority=AUTHORITY.certificate) as client:
        error = failure(client)
    assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NO_CREDENTIALS")


def test_a_server_with_a_certificate_of_another_authority_is_refused(address: str) -> None:
    with Client(address, authority=Authority("other").certificate, token="x", timeout=5) as client:
        error = failure(client)
    assert error.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def test_several_addresses_are_known_by_the_name_of_their_certificate(sets: Catalogue, folder: Path) -> None:
    settings = Settings(
        address="127.0.0.1:0",
        tls=Tls(certificate=folder / "server.pem", key=folder / "server.key", clients=folder / "root.pem"),
        access={"cn:caller": frozenset(Role)},
    )
    with serving(sets, settings) as one, serving(sets, settings) as two:
        targets = [one.address, two.address]
        shown: dict[str, Any] = {
            "certificate": folder / "caller.pem",
            "key": CALLER.key,
            "authority": AUTHORITY.certificate,
        }
        with Client(targets, server_name="localhost", **shown) as client:
            assert {client.score_unit(SET, ROW).overall.points for _ in range(4)} == {12}
        with Client(targets, server_name="elsewhere.example", timeout=5, **shown) as client:
            assert failure(client).code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def test_a_token_is_in_no_message_or_repr(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "sec ret-of-mine"
    with Client(address, authority=AUTHORITY.certificate, token=secret) as client:
        with pytest.raises(ValueError, match="the token is empty, or has spaces") as wrong:
            client.score_unit(SET, ROW)
        assert "ret-of-mine" not in repr(client) + str(wrong.value) + caplog.text
    with Client(address, authority=AUTHORITY.certificate, token="ret-of-mine") as client:
        error = failure(client)
    assert error.reason == "TOKEN_INVALID"
    assert "ret-of-mine" not in repr(client) + repr(error) + str(error.metadata) + repr(error.__cause__) + caplog.text


MISFITS: dict[str, tuple[Callable[[], Client], str]] = {
    "token in plain text": (lambda: Client("10.0.0.5:50051", token="t", insecure=True), "never sent in plain text"),
    "key alone": (lambda: Client("10.0.0.5:50051", key=CALLER.key), "go together"),
    "plain text with an authority": (lambda: Client("a:1", authority=CALLER.certificate, insecure=True), "plain text"),
    "not PEM": (lambda: Client("a:1", authority=b"\x30\x82"), "authority is not in PEM"),
    "names": (lambda: Client(["a.example:1", "b.example:1"]), "all addresses of one kind"),
    "port too large": (lambda: Client("127.0.0.1:99999"), "'127.0.0.1:99999' has no port from 1 to 65535"),
    "port of many digits": (lambda: Client("[::1]:" + "9" * 5_000), "has no port from 1 to 65535"),
    "negative port": (lambda: Client("dns:///scorer.example:-1"), "has no port from 1 to 65535"),
    "one port of several": (lambda: Client(["10.0.0.5:1", "10.0.0.6:0"]), "'10.0.0.6:0' has no port from 1 to 65535"),
    "port with an underscore": (lambda: Client("127.0.0.1:5_0"), "'127.0.0.1:5_0' has no port from 1 to 65535"),
    "port in other digits": (lambda: Client("127.0.0.1:\u0665"), "has no port from 1 to 65535"),
    "no port after the colon": (lambda: Client("scorer.example:"), "'scorer.example:' has no port from 1 to 65535"),
    "a line break": (lambda: Client("127.0.0.1:50051\n"), "has a space or a line break"),
    "nothing": (lambda: Client(""), "target: is empty; write HOST:PORT, such as 127.0.0.1:50051"),
    "a URL": (lambda: Client("http://127.0.0.1:1"), "'http://127.0.0.1:1' is a URL; write HOST:PORT"),
    "no target": (lambda: Client([]), "give one target"),
    "request id": (lambda: Client("127.0.0.1:1").criteria_sets(request_id="a b"), "1 to 128 ASCII characters"),
}


@pytest.mark.parametrize("what", MISFITS)
def test_contradictory_options_are_refused(what: str) -> None:
    make, message = MISFITS[what]
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("target", "leaves"),
    [
        ("127.0.0.1:50051", False), ("127.8.9.1:1", False), ("localhost:50051", False), ("localhost", False),
        ("[::1]:50051", False), ("ipv4:127.0.0.1:1,127.0.0.1:2", False), ("dns:///localhost:1", False),
        ("unix:/run/scorer", False), ("10.0.0.5:50051", True), ("ipv4:127.0.0.1:1,10.0.0.5:2", True),
        ("localhost.example:1", True), ("127.0.0.1.example:1", True), ("dns://10.0.0.1/localhost:1", True),
        ("[2001:db8::1]:1", True), ("localhost:1@10.0.0.5:1", True), ("xds:///localhost", True), ("", True),
        ("unixes.example:1", True), ("0.0.0.0:1", True),
    ],
)  # fmt: skip
def test_other_machines_are_called_over_tls_only(target: str, leaves: bool) -> None:
    assert leaves_this_machine(target) is leaves


def test_several_addresses_become_one_target() -> None:
    assert channel_target(["10.0.0.5:1", "10.0.0.6:1"]) == "ipv4:10.0.0.5:1,10.0.0.6:1"
    assert channel_target(["[::1]:1", "[::2]:1"]) == "ipv6:[::1]:1,[::2]:1"
    assert channel_target(["scorer.example:1"]) == channel_target("scorer.example:1") == "scorer.example:1"


def test_a_request_id_is_sent_or_created_and_returned(sets: Catalogue, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "scorer.calls")
    with serving(sets) as service, Client(service.address) as client:
        assert client.score_unit(SET, ROW, request_id="mine").request_id == "mine"
        made = [client.rank_province(SET, [ROW]).request_id for _ in range(2)]
        with pytest.raises(ScorerError) as caught:
            client.score_unit("unknown", ROW, request_id="wrong")
        assert caught.value.request_id == "wrong"
    assert len({*made}) == 2
    assert [record.request_id for record in caplog.records if record.msg == "call"] == ["mine", *made, "wrong"]
