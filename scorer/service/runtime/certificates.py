"""Reads the names in callers' certificates. TLS has already checked who signed the certificates."""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

MIN_RSA_BITS = 2048
"""Shorter RSA keys can be broken (NIST SP 800-131A)."""

SERVER_CURVES = ("secp256r1", "secp384r1")
"""Elliptic curves of server keys that clients of gRPC support."""

_UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""Exceptions that the library raises for certificates that it cannot read."""

_KINDS: dict[type[x509.GeneralName], str] = {
    x509.DNSName: "dns",
    x509.UniformResourceIdentifier: "uri",
    x509.RFC822Name: "email",
    x509.IPAddress: "ip",
}


class BadCertificate(Exception):
    """Raised if a certificate cannot identify a caller. The message gives the reason."""


def is_weak(key: object) -> bool:
    """Whether a public key is an RSA key that is too short."""
    return isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS


def serves_grpc(key: object) -> bool:
    """Whether gRPC clients support the type and size of this public key in a server's certificate."""
    if isinstance(key, EllipticCurvePublicKey):
        return key.curve.name in SERVER_CURVES
    return isinstance(key, RSAPublicKey) and not is_weak(key)


def read_certificates(pem: bytes) -> list[tuple[x509.Certificate, object]]:
    """The certificates of a PEM file, at least one, each with its public key.

    Raises:
        ValueError: a certificate cannot be read, or the file has none.
    """
    try:
        return [(certificate, certificate.public_key()) for certificate in x509.load_pem_x509_certificates(pem)]
    except _UNREADABLE as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=1024)
def identities(pem: bytes) -> tuple[str, ...]:
    """The names in a certificate, each with its kind, such as ``dns:portal.example``.

    These are the subject alternative names; the common name only if the certificate has no alternative names
    (RFC 6125, 6.4.4). gRPC's own list of names is not used, because it has no kinds and cuts some names at a NUL.

    Raises:
        BadCertificate: the certificate cannot be read or has a weak key, or a name has characters that cannot be shown.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = _names(certificate)
        weak = is_weak(certificate.public_key())
    except _UNREADABLE:
        raise BadCertificate("the certificate cannot be read") from None
    if weak:
        raise BadCertificate(f"the certificate has an RSA key of less than {MIN_RSA_BITS} bits")
    if not all(map(str.isprintable, names)):
        raise BadCertificate("a name in the certificate has a NUL or another character that cannot be shown")
    return names


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if len(common) > 1:  # programs differ in which of the names they use
            raise BadCertificate("the certificate has more than one common name, and no alternative names") from None
        return tuple(f"cn:{name.value!s}" for name in common)
    named = [(_KINDS[type(name)], str(name.value)) for name in alternative if type(name) in _KINDS]
    return tuple(f"{kind}:{name.lower() if kind == 'dns' else name}" for kind, name in named)
