"""How connections are made: TLS, its files read again when they change, and what a balancer expects of them."""

from __future__ import annotations

import datetime

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from scorer.service.runtime.file_reload import ReloadedFiles
from scorer.service.runtime.settings import Tls

KEEP_ALIVE = (
    # A balancer that counts connections (L4) has to see new ones now and then, or a new server gets no calls.
    ("grpc.max_connection_age_ms", 30 * 60_000),
    ("grpc.max_connection_age_grace_ms", 5 * 60_000),
    # Who has gone without a word is noticed, and firewalls see that a quiet connection lives.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Callers may do the same, every ten seconds at most.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
)
"""Options of the server."""


def credentials(tls: Tls) -> grpc.ServerCredentials:
    """TLS as the settings say; each new connection gets what the files say by then.

    Raises:
        ValueError, OSError: the files cannot be used.
    """
    files = (tls.certificate, tls.key, *([tls.clients] if tls.clients else []))
    watched = ReloadedFiles(files, lambda: _read(tls))
    # gRPC for Python asks all clients for a certificate, or none.
    return grpc.dynamic_ssl_server_credentials(watched.now, lambda: watched.now, tls.clients is not None)


def _read(tls: Tls) -> grpc.ServerCertificateConfiguration:
    """Certificate, key and authorities.

    gRPC says nothing of files that do not fit: callers would find out.
    """
    certificate, key = tls.certificate.read_bytes(), tls.key.read_bytes()
    try:
        chain = x509.load_pem_x509_certificates(certificate)
    except ValueError as error:
        raise ValueError(f"{tls.certificate}: no certificate in PEM: {error}") from None
    if (ended := chain[0].not_valid_after_utc) < datetime.datetime.now(datetime.UTC):
        raise ValueError(f"{tls.certificate} expired at {ended:%Y-%m-%d %H:%M} UTC, and callers would not take it")
    try:
        own = load_pem_private_key(key, None).public_key()
    except (ValueError, TypeError) as error:
        raise ValueError(f"{tls.key}: no key in PEM without a password: {error}") from None
    if own != chain[0].public_key():
        raise ValueError(f"{tls.key} is not the key of {tls.certificate}")
    clients = tls.clients.read_bytes() if tls.clients else None
    if clients is not None:
        try:
            x509.load_pem_x509_certificates(clients)
        except ValueError as error:
            raise ValueError(f"{tls.clients}: no certificates in PEM: {error}") from None
    return grpc.ssl_server_certificate_configuration([(key, certificate)], clients)
