"""Who may do what: every method, by every role and by every way to say, or not to say, who calls."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import grpc
import pytest
from access import METHODS, OTHER_SIGNER, ROLES, SIGNER, Method, reflect, refused, score_unit, subject
from credentials import AUDIENCE, ISSUER, Signer, key_set
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection_pb2
from harness import Refused, catalogue, good, host, serving
from small_set import INFRASTRUCTURE, OTHER_SET

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc
from scorer.service.runtime.settings import Role, Settings, Tokens

PATHS = {
    "/egov.scorer.v1.ScorerService/ScoreUnit",
    "/egov.scorer.v1.ScorerService/RankProvince",
    "/egov.scorer.v1.CriteriaService/ListCriteriaSets",
    "/egov.scorer.v1.CriteriaService/GetCriteriaSet",
    "/egov.scorer.v1.CriteriaService/ReloadCriteriaSets",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.health.v1.Health/List",
}
"""The paths of the methods."""


def unsigned(name: str) -> str:
    """A token that claims to need no signature."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": name, "exp": now + 600}
    parts = [{"alg": "none", "typ": "JWT", "kid": "key-1"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def by_secret(name: str) -> str:
    """A token signed with the public key as if it were a secret; servers that trust the token's algorithm accept it."""
    head = {"alg": "HS256", "typ": "JWT", "kid": "key-1"}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": name, "exp": int(time.time()) + 600}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    secret = json.dumps(SIGNER.public()).encode()
    signature = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


TOKENS: dict[str, tuple[Callable[[str], str | None], str]] = {
    "no token": (lambda name: None, "NO_CREDENTIALS"),
    "expired": (lambda name: SIGNER.token(name, exp=int(time.time()) - 3600), "TOKEN_EXPIRED"),
    "without an end": (lambda name: SIGNER.token(name, exp=None), "TOKEN_INVALID"),
    "not yet": (lambda name: SIGNER.token(name, nbf=int(time.time()) + 3600), "TOKEN_INVALID"),
    "wrong audience": (lambda name: SIGNER.token(name, aud="portal"), "TOKEN_INVALID"),
    "wrong issuer": (lambda name: SIGNER.token(name, iss="https://elsewhere.example"), "TOKEN_INVALID"),
    "wrong key": (lambda name: OTHER_SIGNER.token(name), "TOKEN_INVALID"),
    "unknown key": (lambda name: SIGNER.token(name, kid="key-9"), "TOKEN_INVALID"),
    "alg none": (unsigned, "TOKEN_INVALID"),
    "public key as secret": (by_secret, "TOKEN_INVALID"),
    "no token at all": (lambda name: "scorer", "TOKEN_INVALID"),
    "an end beyond all numbers": (lambda name: SIGNER.token(name, exp=10**400), "TOKEN_INVALID"),
    "subject of two lines": (lambda name: SIGNER.token(f"{name}\nforged"), "TOKEN_INVALID"),
    "subject with half a character": (lambda name: SIGNER.token(f"{name}\ud800"), "TOKEN_INVALID"),
    "subject that is no text": (lambda name: SIGNER.token(name, sub=7), "TOKEN_INVALID"),
    "right": (lambda name: SIGNER.token(name), ""),
}
"""Invalid tokens, and the reason why each is refused."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    file.write_text(key_set(SIGNER))
    return file


@pytest.fixture(scope="module")
def channel(keys: Path) -> Iterator[grpc.Channel]:
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=keys, issuer=ISSUER, audience=AUDIENCE),
        access={f"token:{subject(roles)}": roles for roles in ROLES},
    )
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:
        yield service.channel


@pytest.mark.parametrize("way", TOKENS)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_a_method_accepts_exactly_valid_tokens_with_its_role(channel: grpc.Channel, method: Method, way: str) -> None:
    make, reason = TOKENS[way]
    for roles in ROLES:
        token = make(subject(roles))
        found = refused(method, channel, [("authorization", f"Bearer {token}")] if token else [])
        if METHODS[method] is None:
            assert found is None
        elif reason:
            assert found is not None
            assert (found.code, found.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)
        elif METHODS[method] in roles:
            assert found is None
        else:
            assert found is not None
            assert (found.code, found.info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
            assert found.info.metadata["role"] == METHODS[method]


def test_every_served_method_is_in_the_access_matrix(channel: grpc.Channel) -> None:
    token = SIGNER.token(subject(frozenset([Role.OPERATOR])))
    (reply,) = cast(
        "list[reflection_pb2.ServerReflectionResponse]", reflect(channel, [("authorization", f"Bearer {token}")])
    )
    pool, found = descriptor_pool.Default(), set()
    for service in reply.list_services_response.service:
        found |= {f"/{service.name}/{method.name}" for method in pool.FindServiceByName(service.name).methods}
    assert found == PATHS
    assert len(found) == len(METHODS)


@pytest.mark.parametrize("version", ["v1alpha", "v1"])
def test_every_service_is_described_in_both_versions_of_reflection(channel: grpc.Channel, version: str) -> None:
    metadata = [("authorization", f"Bearer {SIGNER.token(subject(frozenset([Role.OPERATOR])))}")]
    replies = "list[reflection_pb2.ServerReflectionResponse]"
    (listed,) = cast(replies, reflect(channel, metadata, version))
    names = {service.name for service in listed.list_services_response.service}
    assert {f"grpc.reflection.{known}.ServerReflection" for known in ("v1alpha", "v1")} < names
    methods = [path[1:].replace("/", ".") for path in PATHS]
    for symbol in (*names, *methods):
        name = symbol if symbol in names else symbol.rpartition(".")[0]
        (described,) = cast(replies, reflect(channel, metadata, version, file_containing_symbol=symbol))
        files = [
            descriptor_pb2.FileDescriptorProto.FromString(file)
            for file in described.file_descriptor_response.file_descriptor_proto
        ]
        assert name in {f"{file.package}.{service.name}" for file in files for service in file.service}
    (unknown,) = cast(replies, reflect(channel, metadata, version, file_containing_symbol=f"{methods[0]}s"))
    assert unknown.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_a_revoked_key_closes_every_method_to_every_role(tmp_path: Path, method: Method) -> None:
    file = tmp_path / "keys.json"
    file.write_text(key_set(SIGNER))
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=file, issuer=ISSUER, audience=AUDIENCE),
        access={f"token:{subject(roles)}": roles for roles in ROLES},
    )
    tokens = {roles: [("authorization", f"Bearer {SIGNER.token(subject(roles))}")] for roles in ROLES}
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:
        for roles, metadata in tokens.items():
            assert (refused(method, service.channel, metadata) is None) == (METHODS[method] in (None, *roles))
        file.write_text(key_set(Signer("key-2")))
        for metadata in tokens.values():
            found = refused(method, service.channel, metadata)
            if METHODS[method] is None:
                assert found is None
            else:
                assert found is not None
                assert (found.code, found.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


def test_an_identity_without_roles_may_call_nothing(channel: grpc.Channel) -> None:
    found = refused(score_unit, channel, [("authorization", f"Bearer {SIGNER.token('nobody')}")])
    assert found is not None
    assert found.code is grpc.StatusCode.PERMISSION_DENIED
    assert "needs the role 'scorer'" in found.details


def test_refusals_reveal_no_criteria_sets(channel: grpc.Channel) -> None:
    request = criteria_pb2.GetCriteriaSetRequest(criteria_set="besides-2020")
    with pytest.raises(grpc.RpcError) as caught:
        criteria_pb2_grpc.CriteriaServiceStub(channel).GetCriteriaSet(request, timeout=10)
    assert "beside" not in str(Refused(caught.value)) + str(Refused(caught.value).info)


def test_a_revoked_key_ends_its_tokens_even_if_cached(tmp_path: Path) -> None:
    file, other = tmp_path / "keys.json", Signer("key-2")
    file.write_text(key_set(SIGNER, other))
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=file, issuer=ISSUER, audience=AUDIENCE),
        access={"token:portal": frozenset([Role.SCORER])},
    )
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:

        def answered(signer: Signer, token: str) -> bool:
            return refused(score_unit, service.channel, [("authorization", f"Bearer {token}")]) is None

        tokens = {signer: signer.token("portal") for signer in (SIGNER, other)}
        assert all(answered(signer, token) for signer, token in tokens.items())
        file.write_text(key_set(other))
        assert [answered(signer, token) for signer, token in tokens.items()] == [False, True]
        file.write_text("{")  # a broken edit keeps the keys there were
        assert [answered(signer, token) for signer, token in tokens.items()] == [False, True]
        file.write_text(key_set(SIGNER))
        assert [answered(signer, token) for signer, token in tokens.items()] == [True, False]


def test_no_token_is_logged(channel: grpc.Channel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    right = SIGNER.token(subject(frozenset([Role.SCORER])))
    for token in (right, SIGNER.token("nobody"), unsigned("nobody"), f"{right}x"):
        refused(score_unit, channel, [("authorization", f"Bearer {token}")])
        said = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
        assert "token:has-scorer" in said
        assert not [part for part in token.split(".") if len(part) > 8 and part in said]
