"""Which certificates identify a caller, and which ones a server accepts for itself."""

from __future__ import annotations

import base64
import datetime
import io
import json
import logging
import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc
import pytest
from access import (
    AUTHORITY,
    METHODS,
    OTHERS,
    ROLES,
    Method,
    check_health,
    list_criteria_sets,
    rank_province,
    refused,
    score_unit,
    subject,
    tls_settings,
)
from credentials import Party
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from harness import catalogue, good, host, serving
from small_set import INFRASTRUCTURE, OTHER_SET

from scorer.service.call.logs import Text
from scorer.service.runtime.settings import Role


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
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:
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
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:
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
"""Names in certificates of a caller that is not the portal; a name that is not an alternative name is the subject."""


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
    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
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
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:
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
    sets, party = good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), AUTHORITY.party("portal", directory)
    with serving(sets, settings) as service, secure(service.address, party) as channel:
        found = refused(score_unit, channel, [])
        assert found is not None
        assert (found.code, found.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NO_CREDENTIALS")


def test_a_certificate_has_the_roles_of_all_its_names(tmp_path: Path) -> None:
    access = {"dns:portal": frozenset([Role.SCORER]), "uri:spiffe://tinh/portal": frozenset([Role.READER])}
    party = AUTHORITY.party("x", x509.DNSName("portal"), x509.UniformResourceIdentifier("spiffe://tinh/portal"))
    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
    with serving(sets, tls_settings(tmp_path, access=access)) as service, secure(service.address, party) as channel:
        assert refused(score_unit, channel, []) is None
        assert refused(list_criteria_sets, channel, []) is None
        assert refused(rank_province, channel, []) is not None


def test_a_certificate_with_a_short_rsa_key_identifies_nobody(tmp_path: Path) -> None:
    settings = tls_settings(tmp_path, access={"cn:portal": frozenset(Role)})
    party = AUTHORITY.party("portal", key=rsa.generate_private_key(65537, 1024))
    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
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
        sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
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
    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
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
    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
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


def revocation_list() -> bytes:
    """A list of another authority that revokes nothing."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateRevocationListBuilder(x509.Name([]), now, now + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


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
    "revocation list": lambda: (
        "clients.pem",
        AUTHORITY.certificate + revocation_list(),
        "has a revocation list (CRL)",
    ),
    "expired": lambda: ("clients.pem", AUTHORITY.party("old", days=-1).certificate, "has only expired authorities"),
}
"""Files with unusable certificates, and the message for each."""


@pytest.mark.parametrize("way", UNUSABLE)
def test_certificates_that_cannot_be_used_are_refused_at_the_start_and_later(
    tmp_path: Path, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, content, what = UNUSABLE[way]()
    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
    settings = tls_settings(tmp_path, access={"cn:a": ["scorer"]})
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
