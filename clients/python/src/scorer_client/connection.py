"""How the service is talked to: what the client's transports share."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import grpc

from scorer_client.targets import channel_target, leaves_this_machine

Pem: TypeAlias = bytes | str | Path
"""Certificates or a key in PEM: as bytes, or in a file, which is read once."""

Token: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A bearer token; or what gives one that is fresh, asked before each call."""

REQUEST_ID = "x-request-id"

SERVICES = ("egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService")

SERVICE_CONFIG = {
    # In turn to all servers that the target leads to, but for those that say they are not well or about to stop.
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": SERVICES[0]},
    "methodConfig": [
        {
            "name": [{"service": service} for service in SERVICES],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}
"""Only a server that could not be reached, or was lost, is asked again: everything else is an answer.

To ask again is safe: no call changes anything.
"""

OPTIONS: Mapping[str, int | str] = {
    "grpc.service_config": json.dumps(SERVICE_CONFIG),
    "grpc.max_receive_message_length": 512 * 2**20,
    # A call of which more than this was sent is not tried again; gRPC's own 256 KiB are a few hundred units.
    "grpc.per_rpc_retry_buffer_size": 2**30,
    # A server that went without a word is noticed within 40 seconds.
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    # One that comes back gets calls again within ten; gRPC would take up to two minutes.
    "grpc.max_reconnect_backoff_ms": 10_000,
}
"""Options of channels, unless the caller says otherwise."""

_TOKEN = re.compile(r"[\x21-\x7e]+")


class Connection:
    """A target, and what is shown there; arguments as those of ``Client``.

    Raises:
        ValueError: the arguments do not fit together.
        OSError: a file cannot be read.
    """

    def __init__(
        self,
        target: str | Sequence[str],
        *,
        authority: Pem | None,
        certificate: Pem | None,
        key: Pem | None,
        server_name: str,
        token: Token | None,
        insecure: bool,
        options: Mapping[str, int | str],
    ) -> None:
        self.target = channel_target(target)
        self.token = token
        self.credentials: grpc.ChannelCredentials | None = None
        leaves, asks_tls = leaves_this_machine(self.target), bool(authority or certificate or key or server_name)
        if (certificate is None) != (key is None):
            raise ValueError("a certificate and its key go together: give both or none")
        if insecure and asks_tls:
            raise ValueError("insecure is plain text, which has no authority, certificate, key or server_name")
        if insecure and leaves and token is not None:
            raise ValueError(
                f"a token is never sent in plain text to another machine, as {self.target} may be: use TLS"
            )
        own: dict[str, int | str] = {}
        if asks_tls or (leaves and not insecure):
            self.credentials = grpc.ssl_channel_credentials(
                _pem("authority", authority), _pem("key", key), _pem("certificate", certificate)
            )
            if server_name:
                own["grpc.default_authority"] = server_name
        elif not leaves:
            own["grpc.enable_http_proxy"] = 0  # or what is meant for this machine would go to another one
        self.options = list({**OPTIONS, **own, **options}.items())

    def metadata(self, request_id: str, token: str | None) -> tuple[tuple[str, str], ...]:
        """What goes with a call.

        Raises:
            TypeError, ValueError: the token is none.
        """
        if token is None:
            return ((REQUEST_ID, request_id),)
        if not isinstance(token, str):
            raise TypeError(f"the token has to be a str, not {type(token).__name__}")
        if not _TOKEN.fullmatch(token := token.strip()):  # files end with a newline
            # gRPC would quote it in its error.
            raise ValueError("the token is empty, or has spaces or characters that are not ASCII")
        return (REQUEST_ID, request_id), ("authorization", f"Bearer {token}")


def _pem(what: str, pem: Pem | None) -> bytes | None:
    if pem is None:
        return None
    data = pem if isinstance(pem, bytes) else Path(pem).read_bytes()
    if b"-----BEGIN " not in data:  # gRPC would only say that no server can be reached
        where = "" if isinstance(pem, bytes) else f": {pem}"
        raise ValueError(f"{what}{where} is not in PEM, which has lines such as -----BEGIN CERTIFICATE-----")
    return data
