"""The settings of the service, with their defaults and limits."""

from __future__ import annotations

import ipaddress
import re
import typing
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo

from scorer.service.runtime.addresses import Address, is_reachable, overlap

CERTIFICATE_NAMES = ("dns", "uri", "email", "ip", "cn")
"""Kinds of names in a certificate: four kinds of alternative names, and the common name."""

WHOLE, NUMBER = "has to be a whole number", "has to be a number"


class Role(StrEnum):
    """A right to call certain methods."""

    READER = "reader"
    """ListCriteriaSets and GetCriteriaSet."""
    SCORER = "scorer"
    """ScoreUnit."""
    RANKER = "ranker"
    """RankProvince."""
    OPERATOR = "operator"
    """ReloadCriteriaSets, and reflection."""


def _identity(value: str) -> str:
    kind, _, name = value.partition(":")
    if value != "anonymous" and (
        kind not in ("token", *CERTIFICATE_NAMES) or not re.fullmatch(r"[\x21-\x7e]{1,200}", name)
    ):
        kinds = ", ".join(f"{kind}:NAME" for kind in CERTIFICATE_NAMES)
        raise ValueError(
            f"{value!r} is not a caller: write token:SUBJECT, a name in a certificate ({kinds}), or anonymous"
        )
    if kind == "dns" and name != name.lower():
        raise ValueError(f"{value!r} has capital letters: write DNS names in lower case")
    if kind == "ip":
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            raise ValueError(f"{value!r} is not an address: write ip:10.0.0.5 or ip:2001:db8::1") from None
        if name != str(address):
            raise ValueError(f"{value!r} is not in the usual form: write ip:{address}")
    return value


Identity = Annotated[str, AfterValidator(_identity)]


class Section(BaseModel):
    """A table of the TOML file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_a_path(cls, value: object, info: ValidationInfo) -> object:
        """Refuses an empty path, which Python would take for the current directory, and a path with a NUL."""
        if isinstance(value, str) and is_path(cls.model_fields[str(info.field_name)]):
            if not value:
                raise ValueError("is empty; give a path, or leave the setting out")
            if "\0" in value:
                raise ValueError("has to be a path without NUL")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _is_a_plain_number(cls, value: object, info: ValidationInfo) -> object:
        """Refuses values that Python would read as numbers: true as 1, ``1_0`` as 10, and digits of other scripts.

        So ``calls = true`` does not mean one call.
        """
        kind = cls.model_fields[str(info.field_name)].annotation
        misread = isinstance(value, str) and ("_" in value or not value.isascii())
        if kind in (int, float) and (isinstance(value, bool) or misread):
            raise ValueError(WHOLE if kind is int else NUMBER)
        return value


class Tls(Section):
    """Transport security. The files are read again when they change."""

    certificate: Path = Field(
        description="PEM file: the server's certificate, followed by the intermediate certificates."
    )
    key: Path = Field(description="PEM file: the private key of the certificate.")
    clients: Path | None = Field(
        None,
        description="PEM file: certificate authorities. Only callers with a certificate that one of these authorities "
        "has signed can connect.",
    )


class Tokens(Section):
    """Bearer tokens: JSON Web Tokens, signed by a key of the key set."""

    keys: Path = Field(description="JSON file: the key set (JWKS), public keys only. Read again when it changes.")
    issuer: str = Field(min_length=1, description="The issuer that tokens must name in the claim iss.")
    audience: str = Field(min_length=1, description="The audience that tokens must name in the claim aud.")
    leeway: float = Field(
        30.0,
        ge=0,
        le=600,
        description="Seconds by which the clocks of the issuer of tokens and of this server may differ.",
    )


class Limits(Section):
    """Limits of each worker. Calls beyond a limit are refused at once, with RESOURCE_EXHAUSTED."""

    units: int = Field(100_000, ge=1, le=1_000_000, description="Units per call.")
    request_bytes: int = Field(
        128 * 2**20,
        ge=1024,
        le=2**30,
        description="Bytes per request of RankProvince; requests of other methods have at most 1 MiB. In memory, a "
        "request can take 30 times its bytes.",
    )
    calls: int = Field(
        64,
        ge=1,
        le=256,
        description="Calls in flight: waiting, at work, or with a reply that is not yet read. Even when this limit is "
        "reached, a connection may begin calls until it has its equal share of the limit.",
    )
    calls_each: int = Field(
        32,
        ge=1,
        le=256,
        description="Calls in flight of one identity. All rankings wait in one queue, so a ranking of another identity "
        "may wait for as many.",
    )
    held_bytes: int = Field(
        2**30, ge=1024, description="Bytes of the requests and replies of all calls in flight together."
    )
    scoring: int = Field(
        2,
        ge=1,
        le=64,
        description="Calls that threads compute at the same time; further calls wait. Threads compute rankings, large "
        "requests, and calls of criteria sets that run plugin code. Each set that runs plugin code has threads of its "
        "own, as many again.",
    )
    seconds: float = Field(300.0, gt=0, le=3600, description="Seconds that a call without a deadline may take.")
    transfer_seconds: float = Field(
        60.0, gt=0, le=3600, description="Seconds that a request may take to arrive, and a reply to be read."
    )


class Settings(Section):
    """All settings. Environment variables are ``SCORER_ADDRESS``, ``SCORER_TLS__CERTIFICATE``, and so on."""

    address: Address = Field(
        "127.0.0.1:50051", description="Host and port to listen on. With port 0, the system chooses a free port."
    )
    workers: int = Field(
        1,
        ge=1,
        le=256,
        description="Processes that share the port, such as one per core. More than 1 works only on Linux.",
    )
    criteria: Path | None = Field(None, description="Directory of criteria sets. It is reloaded when it changes.")
    gate_cache: Path | None = Field(
        None,
        description="Directory that keeps compiled gates for the next start. Unset: each start compiles all gates.",
    )
    plugin_seconds: float = Field(
        10.0,
        gt=0,
        le=3600,
        description="Seconds that the probe of one plugin may take. Commands other than serve use this setting too.",
    )
    strict: bool = Field(False, description="Refuse to start with a quarantined plugin or a refused criteria set.")
    required: tuple[str, ...] = Field(
        (), description="Codes of criteria sets. The server does not start if one of these sets cannot be used."
    )
    insecure: bool = Field(
        False,
        description="Start even if other machines can connect without TLS, or can read the metrics.",
    )
    grace: float = Field(
        10.0, ge=0, le=600, description="Seconds that calls in flight have to end when the server stops."
    )
    unresponsive_seconds: float = Field(
        30.0,
        ge=3,
        le=3600,
        description="A worker without a heartbeat for this number of seconds is replaced. Only with workers > 1.",
    )
    log: Literal["text", "json"] = Field("text", description="Format of the log on standard error.")
    metrics: Address | None = Field(
        None, description="Host and port of Prometheus metrics over HTTP. Unset: there are no metrics."
    )
    tls: Tls | None = Field(None, description="Transport security.")
    tokens: Tokens | None = Field(None, description="Bearer tokens.")
    access: Mapping[Identity, frozenset[Role]] | None = Field(
        None,
        description="Roles by identity: token:SUBJECT, anonymous, or a name in a certificate: dns:NAME, uri:NAME, "
        "email:NAME, ip:NAME, or cn:NAME if the certificate has no other names. Unset: callers may call all methods if "
        "only this machine can reach the address; otherwise all calls are refused.",
    )
    limits: Limits = Field(Limits(), description="Limits of each worker.")

    @property
    def is_reachable(self) -> bool:
        """Whether other machines may be able to reach the address."""
        return is_reachable(self.address)

    @model_validator(mode="after")
    def _check_combinations(self) -> Settings:
        if contradictions := [*self._contradictions()]:
            raise ValueError("\n".join(contradictions))
        return self

    def _contradictions(self) -> Iterator[str]:
        """Settings that cannot be used together, one line each."""
        if self.is_reachable and self.tls is None and not self.insecure:
            yield (
                f"{self.address} can be reached from other machines: give [tls], or set insecure if a proxy in front "
                "of the service encrypts"
            )
        if self.metrics and is_reachable(self.metrics) and not self.insecure:
            yield (
                f"metrics on {self.metrics} can be read from other machines, by everybody: use 127.0.0.1, or set "
                "insecure if a firewall or proxy keeps others out"
            )
        if self.metrics and overlap(self.address, self.metrics):
            yield f"metrics on {self.metrics} use the port of the service, {self.address}: give them another port"
        if self.limits.held_bytes < self.limits.request_bytes:
            yield (
                f"limits.held_bytes = {self.limits.held_bytes} is less than limits.request_bytes = "
                f"{self.limits.request_bytes}: no request of that size would be accepted"
            )
        kinds = {identity.partition(":")[0] for identity in self.access or ()}
        if "token" in kinds and self.tokens is None:
            yield "access names tokens: give [tokens], which is needed to check them"
        if kinds & {*CERTIFICATE_NAMES} and (self.tls is None or self.tls.clients is None):
            yield "access names certificates: give [tls] clients, which is needed to check them"


def is_path(info: FieldInfo) -> bool:
    """Whether a setting is a path."""
    return Path in (info.annotation, *typing.get_args(info.annotation))


def section_of(info: FieldInfo) -> type[Section] | None:
    """The type of a section; None if the field is a single setting."""
    kinds = (info.annotation, *typing.get_args(info.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)
