"""Who may do what: every method, by every role and by every way to say, or not to say, who calls."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import itertools
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import grpc
import jwt
import pytest
from credentials import AUDIENCE, ISSUER, Authority, Party, Signer, key_set
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from harness import Refused, catalogue, good, host, serving
from tested import BESIDE, INFRASTRUCTURE, row

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer.service.call.logs import Text
from scorer.service.call.tokens import TokenChecker
from scorer.service.runtime.settings import Role, Settings, Tls, Tokens
from scorer.service.runtime.tls import credentials

Metadata = list[tuple[str, str]]
Method = Callable[[grpc.Channel, Metadata], object]


def score_unit(channel: grpc.Channel, metadata: Metadata) -> object:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="beside-2020", unit_answers=row("a"))
    return scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(request, metadata=metadata, timeout=10)


def rank_province(channel: grpc.Channel, metadata: Metadata) -> object:
    request = scorer_pb2.RankProvinceRequest(
        criteria_set="beside-2020", rows=scorer_pb2.UnitRows(units=[row("a"), row("b")])
    )
    return scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince(request, metadata=metadata, timeout=10)


def list_criteria_sets(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
    return stub.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(), metadata=metadata, timeout=10)


def get_criteria_set(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
    request = criteria_pb2.GetCriteriaSetRequest(criteria_set="beside-2020")
    return stub.GetCriteriaSet(request, metadata=metadata, timeout=10)


def reload_criteria_sets(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
    try:
        return stub.ReloadCriteriaSets(criteria_pb2.ReloadCriteriaSetsRequest(), metadata=metadata, timeout=10)
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.FAILED_PRECONDITION:  # this far only those come who may
            return None
        raise


def reflect(channel: grpc.Channel, metadata: Metadata, version: str = "v1alpha", **question: str) -> object:
    """Both versions have the same messages."""
    asked = iter([reflection_pb2.ServerReflectionRequest(**(question or {"list_services": ""}))])
    call = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    return list(call(asked, metadata=metadata, timeout=10))


def reflect_v1(channel: grpc.Channel, metadata: Metadata) -> object:
    return reflect(channel, metadata, "v1")


def check_health(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(), metadata=metadata, timeout=10)


def watch_health(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = health_pb2_grpc.HealthStub(channel)
    stream = stub.Watch(health_pb2.HealthCheckRequest(), metadata=metadata, timeout=10)
    first = next(stream)
    stream.cancel()
    return first


def list_health(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = health_pb2_grpc.HealthStub(channel)
    reply = stub.List(health_pb2.HealthListRequest(), metadata=metadata, timeout=10)
    assert {one.status for one in reply.statuses.values()} == {health_pb2.HealthCheckResponse.SERVING}
    assert "egov.scorer.v1.ScorerService" in reply.statuses
    return reply


METHODS: dict[Method, Role | None] = {
    score_unit: Role.SCORER,
    rank_province: Role.RANKER,
    list_criteria_sets: Role.READER,
    get_criteria_set: Role.READER,
    reload_criteria_sets: Role.OPERATOR,
    reflect: Role.OPERATOR,
    reflect_v1: Role.OPERATOR,
    check_health: None,
    watch_health: None,
    list_health: None,
}
"""Every method, and the role it needs; None: it is open to everybody."""

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
"""Their paths."""

ROLES = [frozenset(some) for n in range(len(Role) + 1) for some in itertools.combinations(Role, n)]
"""Every set of roles."""


def subject(roles: frozenset[Role]) -> str:
    return "-".join(["has", *sorted(roles)])


SIGNER, OTHER_SIGNER = Signer("key-1"), Signer("key-1")


def unsigned(name: str) -> str:
    """A token that says that it needs no signature."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": name, "exp": now + 600}
    parts = [{"alg": "none", "typ": "JWT", "kid": "key-1"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def by_secret(name: str) -> str:
    """A token signed with the public key as if it were a secret: servers that let tokens choose have taken it."""
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
"""Ways to show a token, and why it does not count."""


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
    with serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings) as service:
        yield service.channel


def refused(method: Method, channel: grpc.Channel, metadata: Metadata) -> Refused | None:
    try:
        method(channel, metadata)
    except grpc.RpcError as error:
        return Refused(error)
    return None


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
    for name in names:
        (described,) = cast(replies, reflect(channel, metadata, version, file_containing_symbol=name))
        files = [
            descriptor_pb2.FileDescriptorProto.FromString(file)
            for file in described.file_descriptor_response.file_descriptor_proto
        ]
        assert name in {f"{file.package}.{service.name}" for file in files for service in file.service}


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
    with serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings) as service:
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
    with serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings) as service:

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


# --- certificates --------------------------------------------------------------------------------------------------

AUTHORITY, OTHERS = Authority("authority of tests"), Authority("another authority")


def tls_settings(folder: Path, *, clients: bool = True, **more: object) -> Settings:
    certificate, key = AUTHORITY.server().write(folder, "server")
    (folder / "clients.pem").write_bytes(AUTHORITY.certificate)
    tls = Tls(certificate=certificate, key=key, clients=folder / "clients.pem" if clients else None)
    return Settings(address="127.0.0.1:0", tls=tls, **more)


def secure(address: str, party: object = None, roots: bytes | None = None) -> grpc.Channel:
    key = getattr(party, "key", None)
    shown = getattr(party, "certificate", None)
    return grpc.secure_channel(
        address, grpc.ssl_channel_credentials(AUTHORITY.certificate if roots is None else roots, key, shown)
    )


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_a_method_accepts_exactly_certificates_with_its_role(tmp_path: Path, method: Method) -> None:
    by_name = {f"{'dns' if n % 2 else 'cn'}:{subject(roles)}.example": roles for n, roles in enumerate(ROLES)}
    settings = tls_settings(tmp_path, access=by_name)
    with serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings) as service:
        for n, roles in enumerate(ROLES):
            name = f"{subject(roles)}.example"
            party = AUTHORITY.party("any", x509.DNSName(name)) if n % 2 else AUTHORITY.party(name)
            with secure(service.address, party) as channel:
                found = refused(method, channel, [])
                if METHODS[method] in (None, *roles):
                    assert found is None
                else:
                    assert found is not None
                    assert found.code is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("who", ["nobody", "of another authority", "ended", "plain text"])
def test_a_caller_without_a_valid_certificate_cannot_connect(tmp_path: Path, who: str) -> None:
    settings = tls_settings(tmp_path, access={"cn:portal": frozenset(Role)})
    with serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings) as service:
        channel = {
            "nobody": lambda: secure(service.address),
            "of another authority": lambda: secure(service.address, OTHERS.party("portal")),
            "ended": lambda: secure(service.address, AUTHORITY.party("portal", days=-1)),
            "plain text": lambda: grpc.insecure_channel(service.address),
        }[who]()
        with channel, pytest.raises(grpc.RpcError) as caught:
            check_health(channel, [])
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        with secure(service.address, AUTHORITY.party("portal")) as channel:
            score_unit(channel, [])


EVIL = {
    "NUL in the common name": [x509.NameAttribute(NameOID.COMMON_NAME, "portal\0.evil.example")],
    "ESC in the common name": [x509.NameAttribute(NameOID.COMMON_NAME, "portal\x1b[2J")],
    "direction in the common name": [x509.NameAttribute(NameOID.COMMON_NAME, "portal\N{RIGHT-TO-LEFT OVERRIDE}")],
    "two common names": [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in ("portal", "evil")],
    "NUL in a name of DNS": [x509.DNSName("portal\0.evil.example")],
    "NUL in a URI": [x509.UniformResourceIdentifier("portal\0.evil.example")],
    "NUL in an e-mail address": [x509.RFC822Name("portal\0@evil.example")],
    "a clean name beside a bad one": [x509.DNSName("portal"), x509.DNSName("evil\n")],
}
"""Names in certificates of somebody who is not the portal; what is no alternative name is the subject."""


def evil_party(names: list[Any]) -> Party:
    if isinstance(names[0], x509.NameAttribute):
        return AUTHORITY.sign(x509.Name(names))
    return AUTHORITY.party("portal", *names)


@pytest.mark.parametrize("names", EVIL.values(), ids=EVIL.keys())
def test_a_certificate_with_names_that_are_not_plain_text_identifies_nobody(tmp_path: Path, names: list[Any]) -> None:
    settings = tls_settings(
        tmp_path, access={f"{kind}:portal": frozenset(Role) for kind in ("dns", "uri", "email", "cn")}
    )
    party = evil_party(names)
    sets = good(catalogue(host(INFRASTRUCTURE), BESIDE))
    with serving(sets, settings) as service, secure(service.address, party) as channel:
        found = refused(score_unit, channel, [])
        assert found is not None
        assert (found.code, found.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CERTIFICATE_INVALID")
        assert found.details.isprintable()
        check_health(channel, [])


NAMES: dict[str, list[x509.GeneralName]] = {
    "cn:portal": [],
    "dns:portal": [x509.DNSName("Portal")],
    "uri:portal": [x509.UniformResourceIdentifier("portal")],
    "email:portal": [x509.RFC822Name("portal")],
    "ip:192.0.2.7": [x509.IPAddress(ip_address("192.0.2.7"))],
}
"""Alternative names of a certificate by the identity that they give; all have the common name ``portal``."""


@pytest.mark.parametrize("identity", NAMES)
def test_each_kind_of_name_in_a_certificate_is_an_identity_of_its_own(tmp_path: Path, identity: str) -> None:
    settings = tls_settings(tmp_path, access={identity: frozenset([Role.SCORER])})
    with serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings) as service:
        for name, alternative in NAMES.items():
            with secure(service.address, AUTHORITY.party("portal", *alternative)) as channel:
                found = refused(score_unit, channel, [])
                if name == identity:
                    assert found is None
                else:
                    assert found is not None
                    assert found.code is grpc.StatusCode.PERMISSION_DENIED
                    assert f"which {name} does not have" in found.details


def test_a_common_name_does_not_count_beside_a_name_of_any_other_kind(tmp_path: Path) -> None:
    settings = tls_settings(tmp_path, access={"cn:portal": frozenset(Role)})
    directory = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")]))
    sets, party = good(catalogue(host(INFRASTRUCTURE), BESIDE)), AUTHORITY.party("portal", directory)
    with serving(sets, settings) as service, secure(service.address, party) as channel:
        found = refused(score_unit, channel, [])
        assert found is not None
        assert (found.code, found.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NO_CREDENTIALS")


def test_a_certificate_has_the_roles_of_all_its_names(tmp_path: Path) -> None:
    access = {"dns:portal": frozenset([Role.SCORER]), "uri:spiffe://tinh/portal": frozenset([Role.READER])}
    party = AUTHORITY.party("x", x509.DNSName("portal"), x509.UniformResourceIdentifier("spiffe://tinh/portal"))
    sets = good(catalogue(host(INFRASTRUCTURE), BESIDE))
    with serving(sets, tls_settings(tmp_path, access=access)) as service, secure(service.address, party) as channel:
        assert refused(score_unit, channel, []) is None
        assert refused(list_criteria_sets, channel, []) is None
        assert refused(rank_province, channel, []) is not None


def test_a_certificate_with_a_short_rsa_key_identifies_nobody(tmp_path: Path) -> None:
    settings = tls_settings(tmp_path, access={"cn:portal": frozenset(Role)})
    party = AUTHORITY.party("portal", key=rsa.generate_private_key(65537, 1024))
    sets = good(catalogue(host(INFRASTRUCTURE), BESIDE))
    with serving(sets, settings) as service, secure(service.address, party) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            score_unit(channel, [])
        # TLS itself may refuse it before.
        assert caught.value.code() in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAVAILABLE)


def test_a_name_in_a_certificate_cannot_forge_the_log(tmp_path: Path) -> None:
    name, log = "x INFO call identity=cn:portal code=OK", io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(Text(""))
    logger = logging.getLogger("scorer.calls")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        sets = good(catalogue(host(INFRASTRUCTURE), BESIDE))
        settings = tls_settings(tmp_path, access={"cn:portal": frozenset(Role)})
        with serving(sets, settings) as service, secure(service.address, AUTHORITY.party(name)) as channel:
            assert refused(score_unit, channel, []) is not None
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    (line,) = log.getvalue().splitlines()
    assert f" identity={json.dumps(f'cn:{name}')} method=ScoreUnit code=PERMISSION_DENIED " in line


def test_new_certificates_are_used_without_a_restart_unless_broken(tmp_path: Path) -> None:
    settings = tls_settings(tmp_path, clients=False)
    assert settings.tls is not None
    sets = good(catalogue(host(INFRASTRUCTURE), BESIDE))
    with serving(sets, settings) as service, secure(service.address) as before:
        score_unit(before, [])
        OTHERS.server().write(tmp_path, "server")
        score_unit(before, [])  # connections there are go on
        with secure(service.address, roots=OTHERS.certificate) as after:
            score_unit(after, [])
        settings.tls.key.write_bytes(AUTHORITY.server().key)  # not the certificate's
        with secure(service.address, roots=OTHERS.certificate) as after:
            score_unit(after, [])


def test_mismatched_certificates_and_keys_are_refused_at_the_start(tmp_path: Path) -> None:
    sets = good(catalogue(host(INFRASTRUCTURE), BESIDE))
    settings = tls_settings(tmp_path)
    assert settings.tls is not None
    settings.tls.key.write_bytes(OTHERS.server().key)
    with pytest.raises(ValueError, match="is not the key of"), serving(sets, settings):
        pass
    settings.tls.key.write_text("no key")
    with pytest.raises(ValueError, match=r"server\.key: no key in PEM"), serving(sets, settings):
        pass
    AUTHORITY.server().write(tmp_path, "server")
    assert settings.tls.clients is not None
    settings.tls.clients.write_bytes(AUTHORITY.certificate + AUTHORITY.server().key)
    with pytest.raises(ValueError, match=r"clients\.pem has a private key"), serving(sets, settings):
        pass
    weak = AUTHORITY.party("weak authority", key=rsa.generate_private_key(65537, 1024))
    settings.tls.clients.write_bytes(AUTHORITY.certificate + weak.certificate)
    with pytest.raises(ValueError, match=r"clients\.pem has an RSA key of less than 2048"), serving(sets, settings):
        pass
    settings.tls.key.unlink()
    with pytest.raises(FileNotFoundError), serving(sets, settings):
        pass


def damaged(pem: bytes, old: str, new: str) -> bytes:
    """A certificate in which bytes, in hexadecimal digits, are replaced."""
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    assert der.count(bytes.fromhex(old)) == 1
    changed = base64.encodebytes(der.replace(bytes.fromhex(old), bytes.fromhex(new)))
    return b"-----BEGIN CERTIFICATE-----\n" + changed + b"-----END CERTIFICATE-----\n"


UNUSABLE: dict[str, Callable[[], tuple[str, bytes, str]]] = {
    "unknown curve": lambda: (
        "clients.pem",
        damaged(AUTHORITY.certificate, "06082a8648ce3d030107", "06082a8648ce3d030177"),
        "no certificates in PEM: Curve",
    ),
    "unknown version": lambda: (
        "server.pem",
        damaged(AUTHORITY.server().certificate, "a003020102", "a003020109"),
        "no certificate in PEM: 9 is not a valid X509 version",
    ),
    "Ed25519": lambda: (
        "server.pem",
        AUTHORITY.party("localhost", key=ed25519.Ed25519PrivateKey.generate()).certificate,
        "has a key that clients of gRPC do not support",
    ),
    "P-521": lambda: (
        "server.pem",
        AUTHORITY.party("localhost", key=ec.generate_private_key(ec.SECP521R1())).certificate,
        "has a key that clients of gRPC do not support",
    ),
    "expired": lambda: ("clients.pem", AUTHORITY.party("old", days=-1).certificate, "has only expired authorities"),
}
"""Files with certificates that cannot be used, and what is said of them."""


@pytest.mark.parametrize("way", UNUSABLE)
def test_certificates_that_cannot_be_used_are_refused_at_the_start_and_later(
    tmp_path: Path, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, content, what = UNUSABLE[way]()
    sets, settings = good(catalogue(host(INFRASTRUCTURE), BESIDE)), tls_settings(tmp_path, access={"cn:a": ["scorer"]})
    usable = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(what)), serving(sets, settings):
        pass
    (tmp_path / name).write_bytes(usable)
    with serving(sets, settings) as service:
        (tmp_path / name).write_bytes(content)
        with secure(service.address, AUTHORITY.party("a")) as channel:
            score_unit(channel, [])  # by the files before
    assert [record for record in caplog.records if what in record.getMessage()]


def test_headers_without_exactly_one_bearer_token_are_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(key_set(SIGNER))
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=tmp_path / "keys.json", issuer=ISSUER, audience=AUDIENCE),
        access={name: frozenset([Role.SCORER]) for name in ("token:portal", "anonymous")},
    )
    token = SIGNER.token("portal")
    with serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings) as service:
        score_unit(service.channel, [])
        score_unit(service.channel, [("authorization", f"bearer  {token} ")])
        for values in ([token], [f"Basic {token}"], [""], [f"Bearer {token}"] * 2):
            with pytest.raises(grpc.RpcError, match="has to be one bearer token: Bearer TOKEN"):
                score_unit(service.channel, [("authorization", value) for value in values])


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "[" * 100_000,
        "[]",
        "{}",
        '{"keys": 5}',
        '{"keys": []}',
        '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}',
    ],
    ids=["empty", "deeply nested", "a list", "without keys", "keys is a number", "no key", "a secret"],
)
def test_unusable_key_sets_are_refused_at_the_start(tmp_path: Path, keys: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(keys)
    settings = Settings(address="127.0.0.1:0", tokens=Tokens(keys=file, issuer=ISSUER, audience=AUDIENCE))
    with (
        pytest.raises(ValueError, match=r"^not a key set \(JWKS\)|secret key"),
        serving(good(catalogue(host(INFRASTRUCTURE), BESIDE)), settings),
    ):
        pass


@pytest.mark.parametrize("kind", ["device", "pipe", "large"])
def test_files_that_are_not_regular_or_too_large_are_refused_at_the_start_and_later(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys.json"
    settings = tls_settings(tmp_path).model_copy(update={"tokens": Tokens(keys=file, issuer=ISSUER, audience=AUDIENCE)})
    assert settings.tls is not None
    assert settings.tls.clients is not None
    what = "has more than 1,048,576 bytes" if kind == "large" else "is not a regular file"

    def spoil(path: Path) -> None:
        path.unlink(missing_ok=True)
        if kind == "device":
            path.symlink_to("/dev/zero")
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(bytes(2**20 + 1))

    spoil(file)
    with pytest.raises(ValueError, match=f"{re.escape(str(file))} {what}"):
        TokenChecker(settings.tokens)
    file.unlink()
    file.write_text(key_set(SIGNER))
    checker = TokenChecker(settings.tokens)
    spoil(file)
    assert checker.subject(SIGNER.token("portal")) == "portal"  # by the keys before
    assert f"{file} {what}" in caplog.text
    spoil(settings.tls.clients)
    with pytest.raises(ValueError, match=f"{re.escape(str(settings.tls.clients))} {what}"):
        credentials(settings.tls)


def rsa_key(bits: int, **more: object) -> dict[str, Any]:
    """A private RSA key as a JWK."""
    described = jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, bits), as_dict=True)
    return {**described, "kid": "rsa", "alg": "RS256", **more}


def public(described: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in described.items() if name in ("kty", "n", "e", "kid", "alg", "use", "key_ops")
    }


def private_ec() -> dict[str, Any]:
    described = jwt.algorithms.ECAlgorithm.to_jwk(SIGNER.key, as_dict=True)
    return {**described, "kid": "private", "alg": "ES256"}


def without_operations(described: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in described.items() if name != "key_ops"}


UNFIT: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "private RSA": (lambda: without_operations(rsa_key(2048)), "key 'rsa' is a private or secret key"),
    "parts of a private RSA key": (
        lambda: {**public(without_operations(rsa_key(2048))), "p": "AQAB"},
        "key 'rsa' is a private or secret key",
    ),
    "private EC": (private_ec, "key 'private' is a private or secret key"),
    "secret": (lambda: {"kty": "oct", "k": "c2VjcmV0", "kid": "s"}, "key 's' is a private or secret key"),
    "for encryption": (lambda: {**SIGNER.public(), "kid": "e", "use": "enc"}, "key 'e' is not for signatures"),
    "for encryption, by its algorithm too": (
        lambda: public(without_operations(rsa_key(2048, use="enc", alg="RSA-OAEP"))),
        "key 'rsa' is not for signatures",
    ),
    "operations": (
        lambda: {**SIGNER.public(), "kid": "w", "key_ops": ["wrapKey"]},
        "key 'w' is not for checking signatures",
    ),
    "short RSA": (
        lambda: public(without_operations(rsa_key(1024))),
        "key 'rsa' is an RSA key of less than 2048 bits",
    ),
    "no key": (lambda: cast("dict[str, Any]", "text"), "is not a JSON object"),
    "id that is a list": (
        lambda: {**SIGNER.public(), "kid": ["a"]},
        "the kid of a key is ['a']; it has to be text",
    ),
    "use that is a list": (
        lambda: {**SIGNER.public(), "kid": "u", "use": ["sig"]},
        "the use of a key is ['sig']; it has to be text",
    ),
    "algorithm none": (
        lambda: {"kty": "oct", "kid": "n", "alg": "none"},
        "key 'n' is for the algorithm none",
    ),
    "operations that are a number": (
        lambda: {**SIGNER.public(), "kid": "o", "key_ops": 5},
        "key 'o' has the key_ops 5; they have to be a list",
    ),
    "operations that are text": (
        lambda: {**SIGNER.public(), "kid": "o", "key_ops": "verify_not"},
        "key 'o' has the key_ops 'verify_not'; they have to be a list",
    ),
}
"""Keys that have no place in a key set, and what is said of them."""


@pytest.mark.parametrize("way", UNFIT)
def test_unsafe_keys_in_a_key_set_are_refused(tmp_path: Path, way: str, caplog: pytest.LogCaptureFixture) -> None:
    make, what = UNFIT[way]
    file = tmp_path / "keys.json"
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=file, issuer=ISSUER, audience=AUDIENCE),
        access={"token:portal": frozenset([Role.SCORER])},
    )
    sets, token = good(catalogue(host(INFRASTRUCTURE), BESIDE)), SIGNER.token("portal")
    unfit = json.dumps({"keys": [SIGNER.public(), make()]})
    file.write_text(unfit)
    with pytest.raises(ValueError, match=re.escape(what)), serving(sets, settings):
        pass
    file.write_text(key_set(SIGNER))
    with serving(sets, settings) as service:
        file.write_text(unfit)
        score_unit(service.channel, [("authorization", f"Bearer {token}")])  # by the keys before
    assert [record for record in caplog.records if what in record.getMessage()]
