"""Which headers have a token, and which key sets a server accepts."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import grpc
import jwt
import pytest
from access import SIGNER, score_unit, tls_settings
from credentials import AUDIENCE, ISSUER, key_set
from cryptography.hazmat.primitives.asymmetric import rsa
from harness import catalogue, good, host, serving
from small_set import INFRASTRUCTURE, OTHER_SET

from scorer.service.call.tokens import TokenChecker
from scorer.service.runtime.settings import Role, Settings, Tokens
from scorer.service.runtime.tls import credentials


def test_headers_without_exactly_one_bearer_token_are_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(key_set(SIGNER))
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=tmp_path / "keys.json", issuer=ISSUER, audience=AUDIENCE),
        access={name: frozenset([Role.SCORER]) for name in ("token:portal", "anonymous")},
    )
    token = SIGNER.token("portal")
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings) as service:
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
        serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), settings),
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
"""Keys that a key set may not have, and the message for each."""


@pytest.mark.parametrize("way", UNFIT)
def test_unsafe_keys_in_a_key_set_are_refused(tmp_path: Path, way: str, caplog: pytest.LogCaptureFixture) -> None:
    make, what = UNFIT[way]
    file = tmp_path / "keys.json"
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=file, issuer=ISSUER, audience=AUDIENCE),
        access={"token:portal": frozenset([Role.SCORER])},
    )
    sets, token = good(catalogue(host(INFRASTRUCTURE), OTHER_SET)), SIGNER.token("portal")
    unfit = json.dumps({"keys": [SIGNER.public(), make()]})
    file.write_text(unfit)
    with pytest.raises(ValueError, match=re.escape(what)), serving(sets, settings):
        pass
    file.write_text(key_set(SIGNER))
    with serving(sets, settings) as service:
        file.write_text(unfit)
        score_unit(service.channel, [("authorization", f"Bearer {token}")])  # by the keys before
    assert [record for record in caplog.records if what in record.getMessage()]
