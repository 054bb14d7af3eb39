"""scorer settings: lists and checks the settings of the service, and reads them for other commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from scorer.catalogue.directory import CriteriaDirectory
from scorer.cli.output import UserError, out, print_error, table
from scorer.service.call.access import Access
from scorer.service.runtime.settings import Section, Settings
from scorer.service.runtime.settings_sources import (
    FILE,
    SettingsError,
    fields,
    load_settings,
    sections,
    source,
    variable,
)

app = typer.Typer(help="List the settings of the service, and check them.", no_args_is_help=True)

SETTINGS_FILE = typer.Option(
    None, "--settings", envvar=FILE, help="TOML file of settings; see 'scorer settings list'.", metavar="FILE"
)


def read_settings(file: Path | None, **flags: Any) -> Settings:
    """The settings from flags, environment variables and file. A flag that is None was not given.

    Raises:
        UserError: a setting is wrong. If several are wrong, all but the last are printed first.
    """
    try:
        return load_settings(file, {name: value for name, value in flags.items() if value is not None})
    except SettingsError as error:
        *others, last = error.mistakes
        for mistake in others:
            print_error(mistake)
        raise UserError(last) from error


@app.callback()
def _settings() -> None:
    """List the settings of the service, and check them."""


@app.command("list")
def list_settings() -> None:
    """List every setting: its name in the TOML file, its environment variable, its default and its purpose."""
    shown = table("setting", "environment", "default", "for")
    for path, info in fields():
        if path not in sections():
            default = "" if info.default is None or info.is_required() else str(info.default)
            shown.add_row(path, variable(path), default, info.description or "")
    out.print(shown)


@app.command()
def check(file: Path | None = SETTINGS_FILE) -> None:
    """Check the settings that 'scorer serve' would use, and the files that they name. Exit code 2 if one is wrong."""
    settings = read_settings(file)
    try:
        if settings.tls:
            from scorer.service.runtime.tls import credentials  # cryptography takes long to import

            credentials(settings.tls)
        Access(settings)
        if settings.criteria:
            CriteriaDirectory(settings.criteria).stamps()
    except OSError as error:
        raise UserError(f"cannot read {error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except ValueError as error:
        raise UserError(str(error)) from error
    shown = table("setting", "value", "from")
    for path, value in _values(settings):
        shown.add_row(path, str(value), source(path, file))
    out.print(shown)
    out.print("these settings can be used")


def _values(section: Section, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _values(value, f"{prefix}{name}.")
        elif isinstance(value, dict):
            yield prefix + name, ", ".join(f"{key}: {'+'.join(sorted(roles))}" for key, roles in value.items())
        elif value is not None:
            yield prefix + name, value
