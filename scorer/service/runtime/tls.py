"""TLS: the certificate, the key and the certificate authorities that the server uses."""

from __future__ import annotations

import datetime

import grpc
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from scorer.service.runtime.certificates import MIN_RSA_BITS, is_weak, read_certificates, serves_grpc
from scorer.service.runtime.file_reload import ReloadedFiles
from scorer.service.runtime.settings import Tls
from scorer.service.runtime.small_file import read_small_file


def credentials(tls: Tls) -> grpc.ServerCredentials:
    """gRPC's credentials for the TLS settings. Each new connection uses the current content of the files.

    Raises:
        ValueError, OSError: the files cannot be used.
    """
    paths = (tls.certificate, tls.key, *([tls.clients] if tls.clients else []))
    files = ReloadedFiles(paths, lambda: _read(tls))
    # gRPC for Python cannot make certificates optional: it requires them from all clients or from none.
    return grpc.dynamic_ssl_server_credentials(files.current, lambda: files.current, tls.clients is not None)


def _read(tls: Tls) -> grpc.ServerCertificateConfiguration:
    """Reads and checks the certificate, the key and the certificate authorities.

    gRPC itself would accept files that do not belong together, and then every connection would fail.

    Raises:
        ValueError, OSError: the files cannot be used.
    """
    certificate, key = read_small_file(tls.certificate), read_small_file(tls.key)
    try:
        [(own, public_key), *_] = read_certificates(certificate)
    except ValueError as error:
        raise ValueError(f"{tls.certificate}: no certificate in PEM: {error}") from None
    now = datetime.datetime.now(datetime.UTC)
    if (expiry := own.not_valid_after_utc) < now:
        raise ValueError(f"{tls.certificate} expired at {expiry:%Y-%m-%d %H:%M} UTC, and callers would not accept it")
    if not serves_grpc(public_key):
        raise ValueError(
            f"{tls.certificate} has a key that clients of gRPC do not support: use RSA with at least {MIN_RSA_BITS} "
            "bits, or ECDSA with P-256 or P-384"
        )
    try:
        key_of_file = load_pem_private_key(key, None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{tls.key}: no key in PEM without a password: {error}") from None
    if key_of_file != public_key:
        raise ValueError(f"{tls.key} is not the key of {tls.certificate}")
    clients = read_small_file(tls.clients) if tls.clients else None
    if clients is not None:
        try:
            authorities = read_certificates(clients)
        except ValueError as error:
            raise ValueError(f"{tls.clients}: no certificates in PEM: {error}") from None
        if b"PRIVATE KEY-----" in clients:
            raise ValueError(f"{tls.clients} has a private key: everybody who can read it could issue certificates")
        if b"X509 CRL-----" in clients:  # gRPC for Python has no parameter for it, and BoringSSL would ignore it
            raise ValueError(
                f"{tls.clients} has a revocation list (CRL), which the service cannot check: remove the list, and "
                "remove the names of revoked certificates from [access]"
            )
        if any(is_weak(authority_key) for _, authority_key in authorities):
            raise ValueError(f"{tls.clients} has an RSA key of less than {MIN_RSA_BITS} bits, which can be broken")
        if all(authority.not_valid_after_utc < now for authority, _ in authorities):
            raise ValueError(f"{tls.clients} has only expired authorities, so that no caller could connect")
    return grpc.ssl_server_certificate_configuration([(key, certificate)], clients)
