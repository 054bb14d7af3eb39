"""Bearer tokens: JSON Web Tokens, checked by a key set."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from threading import Lock

import jwt

from scorer.service.runtime.file_reload import ReloadedFiles
from scorer.service.runtime.settings import Tokens

REMEMBERED = 10_000
"""Tokens that were checked and need not be again: a signature takes longer than scoring a unit."""

SIGNED_BY = frozenset(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"])
"""Algorithms with public keys: a key set that is only read must not be able to sign."""


class BadToken(Exception):
    """A token that proves nothing; ``reason`` in capitals for programs."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TokenChecker:
    """Who the bearer of a token is.

    Raises:
        ValueError, OSError: the key set cannot be used.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._keys = ReloadedFiles((tokens.keys,), self._read)
        self._known: OrderedDict[bytes, tuple[_Keys, str, float]] = OrderedDict()
        self._lock = Lock()

    def subject(self, token: str) -> str:
        """The token's subject.

        Raises:
            BadToken: it proves nothing.
        """
        keys, digest = self._keys.now, hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            known = self._known.get(digest)
        if known and known[0] is keys and time.time() < known[2]:
            return known[1]
        subject, ends = self._check(token, keys)
        with self._lock:
            self._known[digest] = keys, subject, ends
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return subject

    def _check(self, token: str, keys: _Keys) -> tuple[str, float]:
        """Subject, and the second at which the token ends."""
        try:
            key = keys.of(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key=key,
                algorithms=[key.algorithm_name],
                audience=self._tokens.audience,
                issuer=self._tokens.issuer,
                leeway=self._tokens.leeway,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            subject, ends = claims["sub"], float(claims["exp"]) + self._tokens.leeway
        except jwt.ExpiredSignatureError:
            raise BadToken("TOKEN_EXPIRED", "the token has expired") from None
        except jwt.InvalidAudienceError:
            raise BadToken("TOKEN_INVALID", "the token is for another audience") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            # Which of its checks failed would help to forge one.
            raise BadToken("TOKEN_INVALID", "the token is not valid") from None
        if not subject.isprintable():  # a line of the log could not hold it, nor an answer half a character
            raise BadToken("TOKEN_INVALID", "the token is not valid")
        return subject, ends

    def _read(self) -> _Keys:
        return _Keys(self._tokens.keys.read_bytes())


class _Keys:
    """The keys of a key set, by id."""

    def __init__(self, data: bytes) -> None:
        try:
            keys = jwt.PyJWKSet.from_dict(json.loads(data)).keys
        except (jwt.PyJWTError, ValueError, AttributeError, TypeError, RecursionError) as error:
            raise ValueError(f"not a key set (JWKS): {error}") from None
        for key in keys:
            if key.algorithm_name not in SIGNED_BY:
                raise ValueError(
                    f"key {key.key_id!r} is for {key.algorithm_name}; use one of {', '.join(sorted(SIGNED_BY))}"
                )
        self._keys = {key.key_id: key for key in keys}
        if len(self._keys) != len(keys):
            raise ValueError("two keys have one id (kid)")

    def of(self, name: object) -> jwt.PyJWK:
        """The key of this id; a set of one key needs no id.

        Raises:
            jwt.InvalidKeyError: there is none.
        """
        if name is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if not isinstance(name, str) or name not in self._keys:
            raise jwt.InvalidKeyError
        return self._keys[name]
