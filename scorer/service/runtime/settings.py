"""Settings of the service. Flags override environment variables (``SCORER_...``), which override a TOML file."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import tomllib
import typing
from collections.abc import Iterable, Iterator, Mapping
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
from scorer.service.runtime.small_file import read_small_file

PREFIX = "SCORER_"
FILE = f"{PREFIX}SETTINGS"
"""The environment variable that names the TOML file."""

CERTIFICATE_NAMES = ("dns", "uri", "email", "ip", "cn")
"""Kinds of names in a certificate: four kinds of alternative names, and the common name."""

_HOST = r"[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63})*"
"""A host name or an IPv4 address."""

_SERVICE_LINKS = {
    r"SERVICE_HOST": r"[0-9a-fA-F.:]+",
    r"SERVICE_PORT(_[A-Z0-9_]+)?": r"[0-9]+",
    r"PORT(_[0-9]+_(TCP|UDP|SCTP))?": r"(tcp|udp|sctp)://.+",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_PROTO": r"tcp|udp|sctp",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_PORT": r"[0-9]+",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_ADDR": r"[0-9a-fA-F.:]+",
}
"""Names and values of the environment variables with which Kubernetes tells a pod the addresses of a service. The names
here lack the prefix SERVICE_. For a service called scorer or scorer-something, this prefix looks like our own."""


_WHOLE, _NUMBER = "has to be a whole number", "has to be a number"
_MESSAGES = {
    **dict.fromkeys(("tuple_type", "frozen_set_type"), "has to be a list, as [a, b]"),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dict_type", "mapping_type"), "has to be a table of settings"
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), "has to be true or false"),
    "string_type": "has to be text, in quotation marks",
    "missing": "has to be given",
}
"""Messages by pydantic's type of error, in place of pydantic's own messages, which use Python's terms."""


class SettingsError(Exception):
    """Settings that cannot be used. ``mistakes`` has one line per mistake: the setting and what is wrong."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Role(StrEnum):
    """The right to call some of the methods."""

    READER = "reader"
    """ListCriteriaSets and GetCriteriaSet."""
    SCORER = "scorer"
    """ScoreUnit."""
    RANKER = "ranker"
    """RankProvince."""
    OPERATOR = "operator"
    """ReloadCriteriaSets, and reflection."""


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


def _is_reachable(address: str) -> bool:
    """Whether other machines may be able to reach an address."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name can stand for any address
        return True


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
    return value


Address = Annotated[str, AfterValidator(_address)]
Identity = Annotated[str, AfterValidator(_identity)]


class Section(BaseModel):
    """A table of the TOML file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_a_path(cls, value: object, info: ValidationInfo) -> object:
        """Refuses an empty path, which Python would take for the current directory, and a path with a NUL."""
        if isinstance(value, str) and _is_path(cls.model_fields[str(info.field_name)]):
            if not value:
                raise ValueError("is empty; give a path, or leave the setting out")
            if "\0" in value:
                raise ValueError("has to be a path without NUL")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_boolean(cls, value: object, info: ValidationInfo) -> object:
        """Refuses true and false as numbers. Python takes true for 1, so ``calls = true`` would allow one call."""
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and kind in (int, float):
            raise ValueError(_WHOLE if kind is int else _NUMBER)
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _has_plain_digits(cls, value: object, info: ValidationInfo) -> object:
        """Refuses ``1_0`` and digits of other scripts in environment variables; Python would read 10."""
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, str) and kind in (int, float) and ("_" in value or not value.isascii()):
            raise ValueError(_WHOLE if kind is int else _NUMBER)
        return value


class Tls(Section):
    """Transport security. The files are read again when they change."""

    certificate: Path = Field(
        description="PEM file: the server's certificate, followed by the intermediate certificates."
    )
    key: Path = Field(description="PEM file: the private key of the certificate.")
    clients: Path | None = Field(
        None,
        description="PEM file: certificate authorities. Only callers with a certificate that one of them has signed "
        "can connect.",
    )


class Tokens(Section):
    """Bearer tokens: JSON Web Tokens, signed by a key of the key set."""

    keys: Path = Field(description="JSON file: the key set (JWKS), public keys only. Read again when it changes.")
    issuer: str = Field(min_length=1, description="The required issuer (claim iss) of tokens.")
    audience: str = Field(min_length=1, description="The required audience of tokens: the claim aud is it or has it.")
    leeway: float = Field(30.0, ge=0, le=600, description="Seconds by which the clocks may differ.")


class Limits(Section):
    """Limits of each worker. Calls beyond a limit are refused at once, with RESOURCE_EXHAUSTED."""

    units: int = Field(100_000, ge=1, le=1_000_000, description="Units per call.")
    request_bytes: int = Field(128 * 2**20, ge=1024, le=2**30, description="Bytes per request.")
    calls: int = Field(
        64,
        ge=1,
        le=256,
        description="Calls in flight: waiting, at work, or with a reply that is not yet read. Even when the limit is "
        "reached, each connection may have an equal share of it.",
    )
    calls_each: int = Field(64, ge=1, le=256, description="Calls in flight of one identity.")
    held_bytes: int = Field(
        2**30, ge=1024, description="Bytes of the requests and replies of all calls in flight together."
    )
    scoring: int = Field(
        2,
        ge=1,
        le=64,
        description="Calls that are computed in threads at the same time; others wait. These are rankings, large "
        "requests, and calls of criteria sets that run plugin code.",
    )
    seconds: float = Field(300.0, gt=0, le=3600, description="Deadline in seconds of a call that has none.")
    transfer_seconds: float = Field(
        60.0, gt=0, le=3600, description="Seconds that a request may take to arrive, and a reply to be read."
    )


class Settings(Section):
    """All settings. Environment variables are ``SCORER_ADDRESS``, ``SCORER_TLS__CERTIFICATE``, and so on."""

    address: Address = Field(
        "127.0.0.1:50051", description="Host and port to listen on. With port 0, the system chooses a free port."
    )
    workers: int = Field(1, ge=1, le=256, description="Processes that share the port, such as one per core (Linux).")
    criteria: Path | None = Field(None, description="Directory of criteria sets. It is reloaded when it changes.")
    plugin_seconds: float = Field(
        10.0, gt=0, le=3600, description="Seconds that the probe of one plugin may take. Other commands use it too."
    )
    strict: bool = Field(False, description="Refuse to start with a quarantined plugin or a refused criteria set.")
    required: tuple[str, ...] = Field(
        (), description="Codes of criteria sets. Without all of them, the server does not start."
    )
    insecure: bool = Field(
        False,
        description="Allow other machines to connect without TLS, and to read the metrics.",
    )
    grace: float = Field(10.0, ge=0, le=600, description="Seconds that calls in flight have when the server stops.")
    unresponsive_seconds: float = Field(
        30.0,
        ge=3,
        le=3600,
        description="Seconds without a heartbeat after which a worker is replaced (with workers > 1).",
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
        "email:NAME, ip:NAME, or cn:NAME if it has no others. Unset: callers on this machine may call all methods, and "
        "other callers none.",
    )
    limits: Limits = Field(Limits(), description="Limits of each worker.")

    @property
    def is_reachable(self) -> bool:
        """Whether other machines may be able to reach the address."""
        return _is_reachable(self.address)

    @model_validator(mode="after")
    def _check_combinations(self) -> Settings:
        if self.is_reachable and self.tls is None and not self.insecure:
            raise ValueError(
                f"{self.address} can be reached from other machines: give [tls], or set insecure if a proxy in front "
                "of the service encrypts"
            )
        if self.metrics and _is_reachable(self.metrics) and not self.insecure:
            raise ValueError(
                f"metrics on {self.metrics} can be read from other machines, by everybody: use 127.0.0.1, or set "
                "insecure if a firewall or proxy keeps others out"
            )
        if self.access is not None:
            kinds = {identity.partition(":")[0] for identity in self.access}
            if "token" in kinds and self.tokens is None:
                raise ValueError("access names tokens: give [tokens], which is needed to check them")
            if kinds & {*CERTIFICATE_NAMES} and (self.tls is None or self.tls.clients is None):
                raise ValueError("access names certificates: give [tls] clients, which is needed to check them")
        return self


def load_settings(file: Path | None, flags: Mapping[str, Any]) -> Settings:
    """Loads the settings from all sources.

    Args:
        file: the TOML file, if there is one. Relative paths in it start from its folder.
        flags: values of the command-line flags that were given, by the name of the setting.

    Raises:
        SettingsError: a setting is wrong. The exception has all mistakes.
    """
    file_values = _read(file) if file else {}

    class Loaded(Settings, BaseSettings):  # pydantic-settings takes the sources from the class
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
            return init_settings, env_settings, InitSettingsSource(settings_cls, file_values)

    mistakes = [
        f"{variable}: {_unknown(variable.upper(), variables())}"
        for variable in sorted(os.environ)
        if variable.upper().startswith(PREFIX) and variable not in variables() and not _is_service_link(variable)
    ]
    if broken := _broken_json():  # pydantic-settings would stop at the first one, and not name its variable
        raise SettingsError(mistakes + broken)
    mistakes += _given_twice()
    if file is None and os.environ.get(FILE) == "":
        mistakes.append(f"{FILE}: is empty; give a path, or leave the variable out")
    # pydantic-settings takes ``Workers`` for ``workers``; relative paths and messages would miss the setting.
    known = Settings.model_fields
    mistakes += [f"{file}: {key}: {_unknown(key.lower(), known)}" for key in file_values if key not in known]
    file_values = {key: value for key, value in file_values.items() if key in known}
    try:
        loaded = Loaded(**flags)
    except ValidationError as error:
        mistakes += [_mistake(item, flags, file_values, file) for item in error.errors()]
    except (SettingsSourceError, RecursionError) as error:
        mistakes.append(str(error))
    if mistakes:
        raise SettingsError(mistakes)
    return Settings.model_construct(loaded.model_fields_set, **dict(loaded))


def fields(model: type[BaseModel] = Settings, before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting with its path, such as ``tls.certificate``; a section comes before its settings."""
    for name, info in model.model_fields.items():
        yield before + name, info
        if section := _section(info):
            yield from fields(section, f"{before}{name}.")


def variable(path: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + path.upper().replace(".", "__")


def sections() -> frozenset[str]:
    """Paths of the sections."""
    return frozenset(path for path, info in fields() if _section(info))


def source(path: str, file: Path | None) -> str:
    """The source of a setting that no flag sets: its environment variable, the file, or "default"."""
    keys = path.split(".")
    for length in range(len(keys), 0, -1):
        if (name := variable(".".join(keys[:length]))) in os.environ:
            return name
    table: Any = _read(file) if file else {}
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return "default" if table is None else str(file)


def variables() -> frozenset[str]:
    """The environment variables of all settings, and the one that names the file."""
    return frozenset([FILE, *(variable(path) for path, _ in fields())])


def _is_service_link(variable: str) -> bool:
    """Whether Kubernetes has set an environment variable to tell the address of a service."""
    return any(
        re.fullmatch(f"{PREFIX}([A-Z0-9_]+_)?{name}", variable) and re.fullmatch(value, os.environ[variable])
        for name, value in _SERVICE_LINKS.items()
    )


class DuplicateName(ValueError):
    """A name is twice in an object of JSON, so that the last value would silently win."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise DuplicateName(f"{name!r} is there twice")
    return dict(pairs)


def _broken_json() -> list[str]:
    """One line for each environment variable that has to be JSON and is not."""
    mistakes = []
    for path, info in fields():
        text = os.environ.get(variable(path))
        kinds = {typing.get_origin(kind) for kind in (info.annotation, *typing.get_args(info.annotation))}
        example = '["a", "b"]' if tuple in kinds else '{"name": "value"}' if Mapping in kinds or _section(info) else ""
        if text is not None and example:
            try:
                json.loads(text, object_pairs_hook=_unique)
            except DuplicateName as error:
                mistakes.append(f"{variable(path)}: {error}")
            except ValueError as error:
                mistakes.append(f"{variable(path)}: not JSON: {error}; write JSON such as {example}")
            except RecursionError:
                mistakes.append(f"{variable(path)}: is nested too deeply; write JSON such as {example}")
    return mistakes


def _given_twice() -> list[str]:
    """One line for each setting that the variable of its section has, too. All these variables are good JSON."""
    mistakes = []
    for section in sorted(sections()):
        text = os.environ.get(variable(section))
        values = None if text is None else json.loads(text)
        names = {key: variable(f"{section}.{key}") for key in values} if isinstance(values, dict) else {}
        mistakes += [
            f"{name}: {variable(section)} has {key!r}, too; set it only once"
            for key, name in names.items()
            if name in os.environ
        ]
    return mistakes


def _is_path(info: FieldInfo) -> bool:
    return Path in (info.annotation, *typing.get_args(info.annotation))


def _section(info: FieldInfo) -> type[Section] | None:
    kinds = (info.annotation, *typing.get_args(info.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)


def _read(file: Path) -> dict[str, Any]:
    """The values of a TOML file. Relative paths are replaced by paths that start from the file's folder."""
    try:
        file_values = tomllib.loads(read_small_file(file).decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError([f"{file}: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{file}: not TOML: {error}"]) from None
    except RecursionError:
        raise SettingsError([f"{file}: not TOML: it is nested too deeply"]) from None
    except ValueError as error:
        raise SettingsError([str(error)]) from None
    for path, info in fields():
        *sections, name = path.split(".")
        table: Any = file_values
        for section in sections:
            table = table.get(section) if isinstance(table, dict) else None
        if _is_path(info) and isinstance(table, dict) and isinstance(table.get(name), str) and table[name]:
            table[name] = str(file.parent / table[name])
    return file_values


def _unknown(path: str, known: Iterable[str]) -> str:
    return f"unknown setting{did_you_mean(path, known)}"


def _mistake(error: ErrorDetails, flags: Mapping[str, Any], file_values: Mapping[str, Any], file: Path | None) -> str:
    """One line: where the setting was given, its path, and what is wrong."""
    keys = [str(key) for key in error["loc"] if key != "[key]"]
    path = ".".join(keys)
    message = _MESSAGES.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    message = message.replace("Input should be", "has to be")
    if error["type"] == "extra_forbidden":
        siblings = [name for name, _ in fields() if name.count(".") == path.count(".")]
        message = _unknown(path, siblings)
    if not path:
        return message
    if keys[0] in flags:
        return f"--{keys[0].replace('_', '-')}: {message}"
    for length in range(len(keys), 0, -1):
        if (name := variable(".".join(keys[:length]))) in variables() & os.environ.keys():
            return ": ".join([name, *filter(None, [".".join(keys[length:])]), message])
    return f"{file}: {path}: {message}" if file and keys[0] in file_values else f"{path}: {message}"
