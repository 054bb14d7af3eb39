"""Settings of the service: from flags, the environment (``SCORER_...``) and one TOML file, in this order of weight."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import (
    SettingsError as SettingsSourceError,
)

from scorer.model.suggestions import did_you_mean

PREFIX = "SCORER_"
FILE = f"{PREFIX}SETTINGS"
"""The environment variable that names the TOML file."""

CERTIFICATE_NAMES = ("dns", "uri", "email", "ip", "cn")
"""Kinds of names in a certificate: the alternative ones, and the common name of a certificate without any."""

_HOST = r"[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63})*"
"""The name of a host, or an IPv4 address."""

_SERVICE_LINKS = {
    r"SERVICE_HOST": r"[0-9a-fA-F.:]+",
    r"SERVICE_PORT(_[A-Z0-9_]+)?": r"[0-9]+",
    r"PORT(_[0-9]+_(TCP|UDP|SCTP))?": r"(tcp|udp|sctp)://.+",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_PROTO": r"tcp|udp|sctp",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_PORT": r"[0-9]+",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_ADDR": r"[0-9a-fA-F.:]+",
}
"""Names, without the service's, and values of the variables by which Kubernetes tells a pod where services are. Of a
service called scorer, or scorer-something, they begin as our own do."""


_WHOLE, _NUMBER = "has to be a whole number", "has to be a number"
_WORDS = {
    **dict.fromkeys(("tuple_type", "frozen_set_type"), "has to be a list, as [a, b]"),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dict_type", "mapping_type"), "has to be a table of settings"
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), _NUMBER),
    "string_type": "has to be text, in quotation marks",
    "missing": "has to be given",
}
"""What is wrong, by pydantic's type of error, where its own words are Python's."""


class SettingsError(Exception):
    """Settings that cannot be used: one line for each mistake, with the place it stands at."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Role(StrEnum):
    """What a caller may do."""

    READER = "reader"
    """Look at criteria sets."""
    SCORER = "scorer"
    """ScoreUnit."""
    RANKER = "ranker"
    """RankProvince."""
    OPERATOR = "operator"
    """Reload criteria sets; reflection."""


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if ":" in host and _is_ipv6(host):
        raise ValueError(f"{value!r} is an IPv6 address without brackets; write [{host}]:{port}")
    in_brackets = host.startswith("[") and host.endswith("]") and _is_ipv6(host[1:-1])
    known = in_brackets or re.fullmatch(_HOST, host)
    if not known or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(f"{value!r} is not HOST:PORT, such as 127.0.0.1:50051")
    return value


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _leads_away(address: str) -> bool:
    """Whether others than this machine can reach an address."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: it may lead anywhere
        return True


def _identity(value: str) -> str:
    kind, _, name = value.partition(":")
    if value != "anonymous" and (
        kind not in ("token", *CERTIFICATE_NAMES) or not re.fullmatch(r"[\x21-\x7e]{1,200}", name)
    ):
        kinds = ", ".join(f"{kind}:NAME" for kind in CERTIFICATE_NAMES)
        raise ValueError(f"{value!r} is neither token:SUBJECT, a name in a certificate ({kinds}) nor anonymous")
    if kind == "dns" and name != name.lower():
        raise ValueError(f"{value!r} has capital letters: names of DNS are compared in small ones")
    return value


Address = Annotated[str, AfterValidator(_address)]
Identity = Annotated[str, AfterValidator(_identity)]


class Section(BaseModel):
    """A table of the TOML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _is_a_path(cls, value: object, info: ValidationInfo) -> object:
        """Python takes an empty path for the current directory."""
        if isinstance(value, str) and _is_path(cls.model_fields[str(info.field_name)]):
            if not value:
                raise ValueError("is empty; give a path, or leave the setting out")
            if "\0" in value:
                raise ValueError("has to be a path, which holds no NUL")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        """Python takes true for 1, so that ``calls = true`` would leave room for one call."""
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and kind in (int, float):
            raise ValueError(_WHOLE if kind is int else _NUMBER)
        return value


class Tls(Section):
    """Transport security. The files are read again when they change."""

    certificate: Path = Field(description="PEM file: the server's certificate and those that lead to its root.")
    key: Path = Field(description="PEM file: the key of the certificate.")
    clients: Path | None = Field(
        None, description="PEM file: authorities. Callers have to show a certificate of theirs to be connected."
    )


class Tokens(Section):
    """Bearer tokens: JSON Web Tokens, signed by a key of the key set."""

    keys: Path = Field(description="JSON file: the key set (JWKS), public keys only. Read again when it changes.")
    issuer: str = Field(min_length=1, description="What a token's iss must be.")
    audience: str = Field(min_length=1, description="What a token's aud must be or hold.")
    leeway: float = Field(30.0, ge=0, le=600, description="Seconds by which clocks may differ.")


class Limits(Section):
    """What is taken at most, by each worker. What is more is refused at once, with RESOURCE_EXHAUSTED."""

    units: int = Field(100_000, ge=1, le=1_000_000, description="Units of one call.")
    request_bytes: int = Field(128 * 2**20, ge=1024, le=2**30, description="Bytes of one request.")
    calls: int = Field(
        64,
        ge=1,
        le=256,
        description="Calls under way: waiting, at work, or with a reply that is not read yet. Each connection may have "
        "its share of them in any case.",
    )
    calls_each: int = Field(64, ge=1, le=256, description="The same, of one identity.")
    held_bytes: int = Field(2**30, ge=1024, description="Bytes of all requests and replies of calls under way.")
    scoring: int = Field(2, ge=1, le=64, description="Rankings at work at once; the others wait. ScoreUnit does not.")
    seconds: float = Field(300.0, gt=0, le=3600, description="Deadline of a call that states none.")
    transfer_seconds: float = Field(
        60.0, gt=0, le=3600, description="Seconds that a request may take to arrive, and a reply to be read."
    )


class Settings(Section):
    """All of them. In the environment ``SCORER_ADDRESS``, ``SCORER_TLS__CERTIFICATE``, and so on."""

    address: Address = Field("127.0.0.1:50051", description="Host and port to listen on; port 0 takes a free one.")
    workers: int = Field(1, ge=1, le=256, description="Processes that share the port, such as one a core (Linux).")
    criteria: Path | None = Field(None, description="Directory of criteria sets, loaded anew when it changes.")
    plugin_seconds: float = Field(
        10.0, gt=0, le=3600, description="Seconds that trying out one plugin may take; other commands read it too."
    )
    strict: bool = Field(False, description="Whether not to start with a quarantined plugin or a refused set.")
    required: tuple[str, ...] = Field((), description="Codes of criteria sets without which it does not start.")
    insecure: bool = Field(
        False,
        description="Whether to serve beyond this machine without TLS, and metrics without anything, all the same.",
    )
    grace: float = Field(10.0, ge=0, le=600, description="Seconds that calls under way have when the server stops.")
    unresponsive_seconds: float = Field(
        30.0,
        ge=3,
        le=3600,
        description="Seconds without a heartbeat after which a worker is replaced (with workers > 1).",
    )
    log: Literal["text", "json"] = Field("text", description="How the log is written to standard error.")
    metrics: Address | None = Field(None, description="Host and port of Prometheus metrics over HTTP; unset: none.")
    tls: Tls | None = Field(None, description="Transport security.")
    tokens: Tokens | None = Field(None, description="Bearer tokens.")
    access: Mapping[Identity, frozenset[Role]] | None = Field(
        None,
        description="Roles by identity: token:SUBJECT, anonymous, or a name in a certificate: dns:NAME, uri:NAME, "
        "email:NAME, ip:NAME, or cn:NAME if it has no others. Unset, everybody on this machine may do everything, and "
        "nobody else anything.",
    )
    limits: Limits = Field(Limits(), description="What is taken at most.")

    @property
    def beyond_this_machine(self) -> bool:
        """Whether others than this machine can reach the address."""
        return _leads_away(self.address)

    @model_validator(mode="after")
    def _fit_together(self) -> Settings:
        if self.beyond_this_machine and self.tls is None and not self.insecure:
            raise ValueError(
                f"{self.address} can be reached from other machines: give [tls], or say insecure if something before "
                "the service encrypts"
            )
        if self.metrics and _leads_away(self.metrics) and not self.insecure:
            raise ValueError(
                f"metrics on {self.metrics} can be read from other machines, by everybody: take 127.0.0.1, or say "
                "insecure if something before the service keeps others out"
            )
        if self.access is not None:
            named = {identity.partition(":")[0] for identity in self.access}
            if "token" in named and self.tokens is None:
                raise ValueError("access names tokens: give [tokens], by which they are checked")
            if named & {*CERTIFICATE_NAMES} and (self.tls is None or self.tls.clients is None):
                raise ValueError("access names certificates: give [tls] clients, by which they are checked")
        return self


def load_settings(file: Path | None, flags: Mapping[str, Any]) -> Settings:
    """The settings in force.

    Args:
        file: the TOML file, if there is one; relative paths in it start from its folder.
        flags: those that were given, by name.

    Raises:
        SettingsError: with every mistake.
    """
    written = _read(file) if file else {}

    class Loaded(Settings, BaseSettings):  # the sources hang on the class
        model_config = SettingsConfigDict(
            env_prefix=PREFIX, env_nested_delimiter="__", nested_model_default_partial_update=True
        )

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings
            return init_settings, env_settings, InitSettingsSource(settings_cls, written)

    mistakes = [
        f"{variable}: unknown setting{did_you_mean(variable.upper(), variables())}"
        for variable in sorted(os.environ)
        if variable.upper().startswith(PREFIX) and variable not in variables() and not _is_service_link(variable)
    ]
    try:
        loaded = Loaded(**flags)
    except ValidationError as error:
        mistakes += [_mistake(item, flags, written, file) for item in error.errors()]
    except (SettingsSourceError, RecursionError) as error:  # JSON of a variable
        mistakes.append(str(error))
    if mistakes:
        raise SettingsError(mistakes)
    return Settings.model_construct(loaded.model_fields_set, **dict(loaded))


def fields(model: type[BaseModel] = Settings, before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting by its path, such as ``tls.certificate``; sections come before what stands in them."""
    for name, info in model.model_fields.items():
        yield before + name, info
        if section := _section(info):
            yield from fields(section, f"{before}{name}.")


def variable(path: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + path.upper().replace(".", "__")


def sections() -> frozenset[str]:
    """The settings that hold others."""
    return frozenset(path for path, info in fields() if _section(info))


def source(path: str, file: Path | None) -> str:
    """Where a setting comes from, but for flags: its environment variable, the file, or nowhere (its default)."""
    steps = path.split(".")
    for length in range(len(steps), 0, -1):
        if (name := variable(".".join(steps[:length]))) in os.environ:
            return name
    table: Any = _read(file) if file else {}
    for step in steps:
        table = table.get(step) if isinstance(table, dict) else None
    return "default" if table is None else str(file)


def variables() -> frozenset[str]:
    """Those that are settings, or name the file of them."""
    return frozenset([FILE, *(variable(path) for path, _ in fields())])


def _is_service_link(variable: str) -> bool:
    """Whether Kubernetes has set a variable, to say where a service is."""
    return any(
        re.fullmatch(f"{PREFIX}([A-Z0-9_]+_)?{name}", variable) and re.fullmatch(value, os.environ[variable])
        for name, value in _SERVICE_LINKS.items()
    )


def _is_path(info: FieldInfo) -> bool:
    return Path in (info.annotation, *typing.get_args(info.annotation))


def _section(info: FieldInfo) -> type[Section] | None:
    kinds = (info.annotation, *typing.get_args(info.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)


def _read(file: Path) -> dict[str, Any]:
    """The values of a TOML file, with paths that start from its folder."""
    try:
        written = tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise SettingsError([f"{file}: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError([f"{file}: not TOML: {error}"]) from None
    for path, info in fields():
        *sections, name = path.split(".")
        table: Any = written
        for section in sections:
            table = table.get(section) if isinstance(table, dict) else None
        if _is_path(info) and isinstance(table, dict) and isinstance(table.get(name), str) and table[name]:
            table[name] = str(file.parent / table[name])
    return written


def _mistake(error: ErrorDetails, flags: Mapping[str, Any], written: Mapping[str, Any], file: Path | None) -> str:
    """One line: the place, and what is wrong there."""
    steps = [str(step) for step in error["loc"] if step != "[key]"]
    path = ".".join(steps)
    known = [name for name, _ in fields()]
    message = _WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    message = message.replace("Input should be", "has to be")
    if error["type"] == "extra_forbidden":
        siblings = [name for name in known if name.count(".") == path.count(".")]
        message = f"unknown setting{did_you_mean(path, siblings)}"
    if not path:
        return message
    if steps[0] in flags:
        return f"--{steps[0].replace('_', '-')}: {message}"
    for length in range(len(steps), 0, -1):
        if (name := variable(".".join(steps[:length]))) in variables() & os.environ.keys():
            return ": ".join([name, *filter(None, [".".join(steps[length:])]), message])
    return f"{file}: {path}: {message}" if file and steps[0] in written else f"{path}: {message}"
