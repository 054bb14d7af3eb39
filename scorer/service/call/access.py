"""Access control: identifies callers, and checks which methods they may call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc

from scorer.service.call.errors import CallRefused
from scorer.service.runtime.settings import Role, Settings

if TYPE_CHECKING:
    from scorer.service.call.tokens import TokenChecker

ANONYMOUS = "anonymous"

Metadata = Iterable[tuple[str, str | bytes]]
"""The metadata of a call: pairs of key and value."""

ALL_ROLES = frozenset(Role)


class Caller(NamedTuple):
    """The caller of a call."""

    identity: str
    """``token:SUBJECT``, a name in a certificate with its kind (``dns:NAME``, ...), or ``anonymous``."""
    roles: frozenset[Role]


class Access:
    """Identifies callers and checks their roles, as the settings ``access``, ``tokens`` and ``tls`` say.

    Raises:
        ValueError, OSError: the key set of the tokens cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._roles = settings.access
        self.open = settings.access is None and not settings.is_reachable
        """Whether all callers may call all methods."""
        self._tokens: TokenChecker | None = None
        if settings.tokens:
            # PyJWT and cryptography take a tenth of the CPU time of ``scorer criteria list`` to import.
            from scorer.service.call.tokens import TokenChecker

            self._tokens = TokenChecker(settings.tokens)
        self._certificates = settings.tls is not None and settings.tls.clients is not None

    def caller(self, metadata: Metadata, context: grpc.aio.ServicerContext[Any, Any]) -> Caller:
        """Identifies the caller by the call's metadata and the connection's certificate.

        Raises:
            CallRefused: UNAUTHENTICATED: the caller's token or certificate is not valid.
        """
        sent = [value for key, value in metadata if key == "authorization"]
        if sent and self._tokens is not None:
            return self._caller([f"token:{self._tokens.subject(_bearer(sent))}"])
        return self._caller((_certificate_names(context) if self._certificates else ()) or (ANONYMOUS,))

    def check(self, caller: Caller, method: str, role: Role) -> None:
        """Checks that a caller has the role that a method needs.

        Raises:
            CallRefused: UNAUTHENTICATED: the caller is anonymous; PERMISSION_DENIED: the caller lacks the role.
        """
        if self.open or role in caller.roles:
            return
        problem = f"{method} needs the role {role.value!r}"
        if caller.identity == ANONYMOUS:
            advice = "the operator of the service has to list callers in the setting 'access'"
            if self._tokens:
                advice = "send a bearer token in the metadata 'authorization'"
            raise _unauthenticated("NO_CREDENTIALS", f"{problem}, and the caller has no credentials: {advice}")
        message = f"{problem}, which {caller.identity} does not have; the operator of the service can grant it"
        raise CallRefused(grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING", message, {"role": role.value})

    def _caller(self, names: Sequence[str]) -> Caller:
        """The caller whose credential has these names. The caller has the roles of all these names."""
        if self._roles is None:
            return Caller(names[0], ALL_ROLES if self.open else frozenset())
        listed = [name for name in names if name in self._roles] or names[:1]
        return Caller(listed[0], frozenset().union(*(self._roles.get(name, frozenset()) for name in listed)))


def _bearer(sent: Sequence[str | bytes]) -> str:
    """The bearer token, from the values of the metadata ``authorization``.

    Raises:
        CallRefused: there is not exactly one value, or it is not a bearer token (UNAUTHENTICATED).
    """
    scheme, _, token = str(sent[0]).partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer":
        raise _unauthenticated("TOKEN_INVALID", "the metadata 'authorization' has to be one bearer token: Bearer TOKEN")
    return token.strip()


def _certificate_names(context: grpc.aio.ServicerContext[Any, Any]) -> tuple[str, ...]:
    """Names in the caller's certificate, which TLS has checked; empty if there is no certificate.

    Raises:
        CallRefused: the certificate cannot be used (UNAUTHENTICATED).
    """
    from scorer.service.runtime.certificates import BadCertificate, identities

    certificates = tuple(context.auth_context().get("x509_pem_cert", ()))
    try:
        return identities(certificates[0]) if certificates else ()
    except BadCertificate as error:
        raise _unauthenticated("CERTIFICATE_INVALID", f"{error}; use another one") from None


def _unauthenticated(reason: str, message: str) -> CallRefused:
    return CallRefused(grpc.StatusCode.UNAUTHENTICATED, reason, message)
