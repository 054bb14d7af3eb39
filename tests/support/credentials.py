"""Creates certificates, keys and tokens for tests."""

from __future__ import annotations

import datetime
import json
import time
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

ISSUER, AUDIENCE = "https://login.tinh.example", "scorer"


class Signer:
    """A key that signs tokens, and its public part for a key set."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.key = ec.generate_private_key(ec.SECP256R1())

    def public(self) -> dict[str, Any]:
        algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
        return {**json.loads(algorithm.to_jwk(self.key.public_key())), "kid": self.kid, "alg": "ES256", "use": "sig"}

    def token(self, subject: str, *, kid: str | None = None, **claims: object) -> str:
        now = int(time.time())
        body = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 600, **claims}
        return jwt.encode(body, self.key, algorithm="ES256", headers={"kid": kid or self.kid})


def key_set(*signers: Signer) -> str:
    return json.dumps({"keys": [signer.public() for signer in signers]})


@dataclass(frozen=True)
class Party:
    """A certificate with its key, in PEM."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        files = folder / f"{name}.pem", folder / f"{name}.key"
        files[0].write_bytes(self.certificate)
        files[1].write_bytes(self.key)
        return files


class Authority:
    """Signs certificates."""

    def __init__(self, name: str) -> None:
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def certificate(self) -> bytes:
        ca = x509.BasicConstraints(ca=True, path_length=0)
        made = self._builder(self._name, self._key.public_key()).add_extension(ca, critical=True)
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def party(self, name: str, *alternative: x509.GeneralName, days: int = 1, key: Key | None = None) -> Party:
        """A certificate with this common name; with negative ``days`` it has expired."""
        return self.sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), *alternative, days=days, key=key)

    def sign(self, subject: x509.Name, *alternative: x509.GeneralName, days: int = 1, key: Key | None = None) -> Party:
        """A certificate with this subject, and its key, by default a new one."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        made = self._builder(subject, key.public_key(), days)
        if alternative:
            made = made.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        signed = made.sign(self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Party(signed.public_bytes(serialization.Encoding.PEM), private)

    def server(self, *, days: int = 1) -> Party:
        """A certificate of a server on the loopback interface; ``days`` as in ``party``."""
        return self.party("localhost", x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), days=days)

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey,
        days: int = 1,
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=3))
            .not_valid_after(now + datetime.timedelta(days=days))
        )
