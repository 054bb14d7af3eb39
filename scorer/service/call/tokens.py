"""Checks bearer tokens, which are JSON Web Tokens signed by a key of a key set."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from threading import Lock

import grpc
import jwt

from scorer.service.call.errors import CallRefused
from scorer.service.runtime.certificates import MIN_RSA_BITS, is_weak
from scorer.service.runtime.file_reload import ReloadedFiles
from scorer.service.runtime.settings import Tokens
from scorer.service.runtime.small_file import read_small_file

MAX_CACHED = 10_000
"""Maximum number of valid tokens that are cached. Checking a signature takes longer than scoring a unit."""

ALGORITHMS = frozenset(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"])
"""Allowed signature algorithms. All use public keys, so that readers of the key set cannot sign tokens."""

PRIVATE_MEMBERS = frozenset(["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"])
"""Members of a JWK that only private and secret keys have (RFC 7518, section 6)."""

TEXT_MEMBERS = ("kid", "kty", "alg", "use", "crv", "n", "e", "x", "y")
"""Members of a JWK that are text in all public keys."""


class BadToken(CallRefused):
    """Raised if a token is not valid. ``reason`` is a word in capitals for programs."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(grpc.StatusCode.UNAUTHENTICATED, reason, f"{message}; send a valid one")


class TokenChecker:
    """Checks tokens by the key set of the settings.

    Raises:
        ValueError, OSError: the key set cannot be used.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._keys = ReloadedFiles((tokens.keys,), self._read)
        self._cache: OrderedDict[bytes, tuple[_Keys, str, float]] = OrderedDict()
        """By the hash of each token: the keys that it was checked with, its subject, and its expiry (Unix time)."""
        self._lock = Lock()

    def subject(self, token: str) -> str:
        """Checks a token and returns its subject.

        Raises:
            BadToken: the token is not valid.
        """
        keys, digest = self._keys.current, hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            cached = self._cache.get(digest)
        if cached and cached[0] is keys and time.time() < cached[2]:
            return cached[1]
        subject, expiry = self._check(token, keys)
        with self._lock:
            self._cache[digest] = keys, subject, expiry
            while len(self._cache) > MAX_CACHED:
                self._cache.popitem(last=False)
        return subject

    def _check(self, token: str, keys: _Keys) -> tuple[str, float]:
        """Checks a token. Returns its subject and its expiry (Unix time).

        Raises:
            BadToken: the token is not valid.
        """
        try:
            key = keys.find(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key=key,
                algorithms=[key.algorithm_name],
                audience=self._tokens.audience,
                issuer=self._tokens.issuer,
                leeway=self._tokens.leeway,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            subject, expiry = claims["sub"], float(claims["exp"]) + self._tokens.leeway
        except jwt.ExpiredSignatureError:
            raise BadToken("TOKEN_EXPIRED", "the token has expired") from None
        except jwt.InvalidAudienceError:
            raise BadToken("TOKEN_INVALID", "the token is for another audience") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            # The error does not say which check failed, because that would help to forge a token.
            raise BadToken("TOKEN_INVALID", "the token is not valid") from None
        if (
            not subject.isprintable()
        ):  # it has, for example, a line feed, or a lone surrogate, which UTF-8 cannot encode
            raise BadToken("TOKEN_INVALID", "the token is not valid")
        return subject, expiry

    def _read(self) -> _Keys:
        return _Keys(read_small_file(self._tokens.keys))


class _Keys:
    """The keys of a key set, by id."""

    def __init__(self, data: bytes) -> None:
        try:
            key_set = json.loads(data)
        except ValueError as error:
            raise ValueError(f"not a key set (JWKS): not JSON: {error}") from None
        except RecursionError:
            raise ValueError("not a key set (JWKS): it is nested too deeply") from None
        _check_key_set(key_set)
        try:
            keys = jwt.PyJWKSet.from_dict(key_set).keys
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"not a key set (JWKS): {error}") from None
        for key in keys:
            if is_weak(key.key):
                raise ValueError(
                    f"key {key.key_id!r} is an RSA key of less than {MIN_RSA_BITS} bits, which can be broken"
                )
            if key.algorithm_name not in ALGORITHMS:
                raise ValueError(
                    f"key {key.key_id!r} is for {key.algorithm_name}; use one of {', '.join(sorted(ALGORITHMS))}"
                )
        self._keys = {key.key_id: key for key in keys}
        if len(self._keys) != len(keys):
            raise ValueError("two keys have the same id (kid)")

    def find(self, key_id: object) -> jwt.PyJWK:
        """The key with this id; or the only key, if the id is None.

        Raises:
            jwt.InvalidKeyError: there is no such key.
        """
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if not isinstance(key_id, str) or key_id not in self._keys:
            raise jwt.InvalidKeyError
        return self._keys[key_id]


def _check_key_set(key_set: object) -> None:
    """Checks the form of a key set and its entries.

    Raises:
        ValueError: the key set does not have the right form, or one of its entries cannot be used.
    """
    entries = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(entries, list):
        raise ValueError('not a key set (JWKS): it has to be an object with a list of keys: {"keys": [...]}')
    for entry in entries:
        _check_entry(entry)


def _check_entry(entry: object) -> None:
    """Checks that an entry of a key set is a public key for signatures.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(entry, dict):
        raise ValueError('not a key set (JWKS): an entry of its list "keys" is not a JSON object')
    for member in TEXT_MEMBERS:
        if not isinstance(entry.get(member, ""), str):
            raise ValueError(f"the {member} of a key is {entry[member]!r}; it has to be text")
    name = f"key {entry.get('kid')!r}"
    if entry.keys() & PRIVATE_MEMBERS:
        raise ValueError(
            f"{name} is a private or secret key: everybody who can read this file could sign tokens; "
            "list public keys only"
        )
    if entry.get("alg") == "none":
        raise ValueError(f"{name} is for the algorithm none, which signs nothing: remove the key from the set")
    if (use := entry.get("use", "sig")) != "sig":
        raise ValueError(f"{name} is not for signatures (its use is {use!r}): remove the key from the set")
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list):
        raise ValueError(f'{name} has the key_ops {operations!r}; they have to be a list, such as ["verify"]')
    if "verify" not in operations:
        raise ValueError(
            f"{name} is not for checking signatures (its key_ops are {operations!r}): remove the key from the set"
        )
