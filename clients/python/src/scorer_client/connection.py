"""Settings of a connection that both gRPC transports use: target, credentials, token, channel options."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import grpc

from scorer_client.targets import channel_target, leaves_this_machine

Pem: TypeAlias = bytes | str | Path
"""Certificates or a key in PEM format: bytes, or a file, which is read once."""

Token: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A bearer token; or a function that returns one and is called before each call."""

REQUEST_ID = "x-request-id"

SERVICES = ("egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService")

SERVICE_CONFIG = {
    # Calls go in turn to all servers of the target, except servers whose health check fails or that are about to stop.
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
"""Calls are repeated if they fail with UNAVAILABLE: a server could not be reached, its connection was lost, or a plugin
is busy. Repeating is safe, because the client's calls change nothing.
"""

OPTIONS: Mapping[str, int | str] = {
    "grpc.service_config": json.dumps(SERVICE_CONFIG),
    "grpc.max_receive_message_length": 512 * 2**20,
    # gRPC repeats only requests up to this size. Its default, 256 KiB, is only a few hundred units.
    "grpc.per_rpc_retry_buffer_size": 2**30,
    # A server that disappears without closing the connection is noticed within 40 seconds.
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    # A server that can be reached again gets calls within ten seconds; with gRPC's default, within two minutes.
    "grpc.max_reconnect_backoff_ms": 10_000,
}
"""The default channel options."""

_TOKEN = re.compile(r"[\x21-\x7e]+")


class Connection:
    """A target with credentials, token and channel options; the arguments are those of ``Client``.

    Raises:
        TypeError, ValueError: the arguments contradict each other, or one of them is not valid.
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
        leaves, needs_tls = leaves_this_machine(self.target), bool(authority or certificate or key or server_name)
        if (certificate is None) != (key is None):
            raise ValueError("a certificate and its key go together: give both or none")
        if insecure and needs_tls:
            raise ValueError("insecure is plain text, which has no authority, certificate, key or server_name")
        if insecure and leaves and token is not None:
            raise ValueError(
                f"a token is never sent in plain text to another machine, and {self.target} may be one: use TLS"
            )
        defaults: dict[str, int | str] = {}
        if needs_tls or (leaves and not insecure):
            self.credentials = grpc.ssl_channel_credentials(
                _pem("authority", authority), _pem("key", key), _pem("certificate", certificate)
            )
            if server_name:
                defaults["grpc.default_authority"] = server_name
        elif not leaves:
            defaults["grpc.enable_http_proxy"] = 0  # a proxy would be another machine
        self.options = list({**OPTIONS, **defaults, **options}.items())

    def metadata(self, request_id: str, token: str | None) -> tuple[tuple[str, str], ...]:
        """The metadata of a call.

        Raises:
            TypeError, ValueError: the token is not valid.
        """
        if self.token is None:
            return ((REQUEST_ID, request_id),)
        if not isinstance(token, str):
            raise TypeError(f"the token has to be a str, not {type(token).__name__}")
        if not _TOKEN.fullmatch(token := token.strip()):  # files end with a newline
            # The message does not contain the token. gRPC's own error message would quote it.
            raise ValueError("the token is empty, or has spaces or characters that are not ASCII")
        return (REQUEST_ID, request_id), ("authorization", f"Bearer {token}")


def _pem(what: str, pem: Pem | None) -> bytes | None:
    if pem is None:
        return None
    data = pem if isinstance(pem, bytes) else Path(pem).read_bytes()
    if b"-----BEGIN " not in data:  # otherwise gRPC would only report that no server can be reached
        where = "" if isinstance(pem, bytes) else f": {pem}"
        raise ValueError(f"{what}{where} is not in PEM, which has lines such as -----BEGIN CERTIFICATE-----")
    return data
