"""Loads the settings: flags override environment variables (``SCORER_...``), which override a TOML file."""

from __future__ import annotations

import json
import os
import re
import tomllib
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SettingsSourceError

from scorer.model.suggestions import did_you_mean
from scorer.model.untrusted import escaped
from scorer.service.runtime.settings import NUMBER, WHOLE, Settings, is_path, section_of
from scorer.service.runtime.small_file import read_small_file

PREFIX = "SCORER_"
FILE = f"{PREFIX}SETTINGS"
"""The environment variable that names the TOML file."""

_SERVICE_LINKS = {
    r"SERVICE_HOST": r"[0-9a-fA-F.:]+",
    r"SERVICE_PORT(_[A-Z0-9_]+)?": r"[0-9]+",
    r"PORT(_[0-9]+_(TCP|UDP|SCTP))?": r"(tcp|udp|sctp)://.+",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_PROTO": r"tcp|udp|sctp",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_PORT": r"[0-9]+",
    r"PORT_[0-9]+_(TCP|UDP|SCTP)_ADDR": r"[0-9a-fA-F.:]+",
}
"""Patterns for the names and values of environment variables in which Kubernetes gives a pod the addresses of services.
The names begin with the name of the service, which is left out here. For a service called scorer or scorer-something,
they look like settings, because they begin with ``SCORER_``."""

_MESSAGES = {
    **dict.fromkeys(("tuple_type", "frozen_set_type"), "has to be a list, such as [a, b]"),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dict_type", "mapping_type"), "has to be a table of settings"
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), "has to be true or false"),
    "string_type": "has to be text, in quotation marks",
    "missing": "has to be given",
}
"""Messages by pydantic's type of error. Pydantic's own messages use Python's terms."""


class SettingsError(Exception):
    """Raised if settings cannot be used. ``mistakes`` has one line per mistake: the setting and what is wrong."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def load_settings(file: Path | None, flags: Mapping[str, Any]) -> Settings:
    """Loads the settings: from flags, else the environment, else the file, else the default.

    Args:
        file: the TOML file, if there is one. Relative paths in it start from its folder.
        flags: values of the command-line flags that were given, by the name of the setting.

    Raises:
        SettingsError: a setting or the file is wrong. The exception has all mistakes that were found.
    """
    file_values = _read(file) if file else {}

    class Loaded(Settings, BaseSettings):  # pydantic-settings gets the sources from a method of this class
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
    if broken := _broken_json():  # pydantic-settings would stop at the first mistake, and not name the variable
        raise SettingsError(mistakes + broken)
    mistakes += _given_twice()
    if file is None and os.environ.get(FILE) == "":
        mistakes.append(f"{FILE}: is empty; give a path, or leave the variable out")
    # pydantic-settings would accept ``Workers`` for ``workers``, but the rest of this module would not.
    known = Settings.model_fields
    mistakes += [f"{file}: {escaped(key)}: {_unknown(key.lower(), known)}" for key in file_values if key not in known]
    file_values = {key: value for key, value in file_values.items() if key in known}
    try:
        loaded = Loaded(**flags)
    except ValidationError as error:
        for item in error.errors():
            mistakes += _mistake(item, flags, file_values, file).splitlines()
    except (SettingsSourceError, RecursionError) as error:
        mistakes.append(str(error))
    if mistakes:
        raise SettingsError(mistakes)
    return Settings.model_construct(loaded.model_fields_set, **dict(loaded))


def fields(model: type[BaseModel] = Settings, before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yields every section and setting with its path, such as ``tls.certificate``; a section before its settings."""
    for name, info in model.model_fields.items():
        yield before + name, info
        if section := section_of(info):
            yield from fields(section, f"{before}{name}.")


def variable(path: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + path.upper().replace(".", "__")


def sections() -> frozenset[str]:
    """Paths of the sections."""
    return frozenset(path for path, info in fields() if section_of(info))


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
    """The environment variables of all settings and sections, and the variable that names the TOML file."""
    return frozenset([FILE, *(variable(path) for path, _ in fields())])


def _is_service_link(variable: str) -> bool:
    """Whether an environment variable looks like one that Kubernetes has set for a service, see ``_SERVICE_LINKS``."""
    return any(
        re.fullmatch(f"{PREFIX}([A-Z0-9_]+_)?{name}", variable) and re.fullmatch(value, os.environ[variable])
        for name, value in _SERVICE_LINKS.items()
    )


class DuplicateName(ValueError):
    """Raised if a name appears twice in a JSON object. Python's parser would silently take the last value."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise DuplicateName(f"{name!r} appears twice")
    return dict(pairs)


def _broken_json() -> list[str]:
    """One line for each environment variable that has to be JSON and cannot be read as JSON."""
    mistakes = []
    for path, info in fields():
        text = os.environ.get(variable(path))
        kinds = {typing.get_origin(kind) for kind in (info.annotation, *typing.get_args(info.annotation))}
        example = (
            '["a", "b"]' if tuple in kinds else '{"name": "value"}' if Mapping in kinds or section_of(info) else ""
        )
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
    """One line for each setting that two variables set: its own and its section's. Sections must have valid JSON."""
    mistakes = []
    for section in sorted(sections()):
        text = os.environ.get(variable(section))
        values = None if text is None else json.loads(text)
        names = {key: variable(f"{section}.{key}") for key in values} if isinstance(values, dict) else {}
        mistakes += [
            f"{name}: {variable(section)} also sets {key!r}; set it only once"
            for key, name in names.items()
            if name in os.environ
        ]
    return mistakes


def _read(file: Path) -> dict[str, Any]:
    """The values of a TOML file. Relative paths are replaced by paths that start from the file's folder.

    Raises:
        SettingsError: the file cannot be read, or it is not TOML.
    """
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
        if is_path(info) and isinstance(table, dict) and isinstance(table.get(name), str) and table[name]:
            table[name] = str(file.parent / table[name])
    return file_values


def _unknown(path: str, known: Iterable[str]) -> str:
    return f"unknown setting{did_you_mean(path, known)}"


def _mistake(error: ErrorDetails, flags: Mapping[str, Any], file_values: Mapping[str, Any], file: Path | None) -> str:
    """One line: where the setting was given, its path, and what is wrong. Several for settings that contradict."""
    keys = [str(key) for key in error["loc"] if key != "[key]"]
    path = escaped(".".join(keys))  # keys of tables, such as identities, may have any characters
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
            return ": ".join([name, *filter(None, [escaped(".".join(keys[length:]))]), message])
    return f"{file}: {path}: {message}" if file and keys[0] in file_values else f"{path}: {message}"
