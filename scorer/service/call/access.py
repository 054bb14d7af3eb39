"""Who calls, and what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import grpc

from scorer.service.call.errors import CallRefused
from scorer.service.call.tokens import BadToken, TokenChecker
from scorer.service.runtime.settings import Role, Settings

ANONYMOUS = "anonymous"

Metadata = Iterable[tuple[str, str | bytes]]
"""What a call carries besides its message."""

NEEDS = {
    "/egov.scorer.v1.ScorerService/ScoreUnit": Role.SCORER,
    "/egov.scorer.v1.ScorerService/RankProvince": Role.RANKER,
    "/egov.scorer.v1.CriteriaService/ListCriteriaSets": Role.READER,
    "/egov.scorer.v1.CriteriaService/GetCriteriaSet": Role.READER,
    "/egov.scorer.v1.CriteriaService/ReloadCriteriaSets": Role.OPERATOR,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Role.OPERATOR,
}
"""The role that each method needs."""

OPEN = frozenset(["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/List"])
"""Methods for everybody: a balancer has no token."""

EVERYTHING = frozenset(Role)


class Caller(NamedTuple):
    """Who calls."""

    identity: str
    """``token:SUBJECT``, ``certificate:NAME`` or ``anonymous``."""
    roles: frozenset[Role]


class Access:
    """The table of who may do what.

    Raises:
        ValueError, OSError: the key set of tokens cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._table = settings.access
        self._open = settings.access is None and not settings.beyond_this_machine
        self._tokens = TokenChecker(settings.tokens) if settings.tokens else None
        self._certificates = settings.tls is not None and settings.tls.clients is not None

    def caller(self, metadata: Metadata, context: grpc.aio.ServicerContext[Any, Any]) -> Caller:
        """Who calls, by the call's metadata and the connection's certificate.

        Raises:
            CallRefused: a token was sent that proves nothing (UNAUTHENTICATED).
        """
        token = _bearer(metadata)
        if token is not None and self._tokens is not None:
            try:
                return self._of([f"token:{self._tokens.subject(token)}"])
            except BadToken as error:
                raise _unauthenticated(error.reason, f"{error}; send a valid one") from None
        names = _certificate_names(context) if self._certificates else []
        return self._of([f"certificate:{name}" for name in names] or [ANONYMOUS])

    def check(self, caller: Caller, method: str) -> None:
        """Lets a caller into a method, or not.

        Raises:
            CallRefused: UNAUTHENTICATED when nothing says who calls, PERMISSION_DENIED when they lack the role.
        """
        role = NEEDS.get(method)
        if self._open or role in caller.roles:
            return
        what = f"{method.rpartition('/')[2]} needs the role {role.value!r}" if role else "this is for nobody"
        if caller.identity == ANONYMOUS:
            how = "whoever runs the service has to say in its settings who may call it"
            if self._tokens:
                how = "send a bearer token in the metadata 'authorization'"
            raise _unauthenticated("NO_CREDENTIALS", f"{what}, and nothing says who calls: {how}")
        message = f"{what}, which {caller.identity} does not have; whoever runs the service can give it"
        metadata = {"role": role.value} if role else {}
        raise CallRefused(grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING", message, metadata)

    def _of(self, names: Iterable[str]) -> Caller:
        """The caller of these names: all roles that the table gives them."""
        names = list(names)
        if self._table is None:
            return Caller(names[0], EVERYTHING if self._open else frozenset())
        known = [name for name in names if name in self._table] or names[:1]
        return Caller(known[0], frozenset().union(*(self._table.get(name, frozenset()) for name in known)))


def _bearer(metadata: Metadata) -> str | None:
    """The token that was sent, if any."""
    for key, value in metadata:
        if key == "authorization" and isinstance(value, str):
            scheme, _, token = value.partition(" ")
            if scheme.lower() == "bearer":
                return token.strip()
    return None


def _certificate_names(context: grpc.aio.ServicerContext[Any, Any]) -> list[str]:
    """Names in the certificate that the caller has shown and TLS has checked: alternative ones, then the common one."""
    shown = context.auth_context()
    found = [*shown.get("x509_subject_alternative_name", ()), *shown.get("x509_common_name", ())]
    return list(dict.fromkeys(name.decode("utf-8", "replace") for name in found))


def _unauthenticated(reason: str, message: str) -> CallRefused:
    return CallRefused(grpc.StatusCode.UNAUTHENTICATED, reason, message)
