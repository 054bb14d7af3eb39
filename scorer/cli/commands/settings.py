"""scorer settings, and how commands get theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from scorer.catalogue.directory import CriteriaDirectory
from scorer.cli.output import UserError, out, print_error, table
from scorer.service.call.access import Access
from scorer.service.runtime.settings import (
    FILE,
    Section,
    Settings,
    SettingsError,
    fields,
    load_settings,
    sections,
    source,
    variable,
)
from scorer.service.runtime.tls import credentials

app = typer.Typer(help="Look at the settings of the service, and check them.", no_args_is_help=True)

File = typer.Option(
    None, "--settings", envvar=FILE, help="TOML file of settings; see 'scorer settings list'.", metavar="FILE"
)


def read_settings(file: Path | None, **flags: Any) -> Settings:
    """The settings in force; flags that are None were not given.

    Raises:
        UserError: some cannot be used; all but the last are named before.
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
    """Look at the settings of the service, and check them."""


@app.command("list")
def list_settings() -> None:
    """List every setting: its name in the TOML file, its environment variable, its default, and what it is for."""
    shown = table("setting", "environment", "default", "for")
    for path, info in fields():
        if path not in sections():
            default = "" if info.default is None or info.is_required() else str(info.default)
            shown.add_row(path, variable(path), default, info.description or "")
    out.print(shown)


@app.command()
def check(file: Path | None = File) -> None:
    """Check settings as 'scorer serve' would read them, and the files they name. Exit code 2 when any are wrong."""
    settings = read_settings(file)
    try:
        if settings.tls:
            credentials(settings.tls)
        Access(settings)
        if settings.criteria:
            CriteriaDirectory(settings.criteria).stamps()
    except (OSError, ValueError) as error:
        raise UserError(str(error)) from error
    shown = table("setting", "value", "from")
    for path, value in _values(settings):
        shown.add_row(path, str(value), source(path, file))
    out.print(shown)
    out.print("these settings can be used")


def _values(section: Section, before: str = "") -> Iterator[tuple[str, object]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _values(value, f"{before}{name}.")
        elif isinstance(value, dict):
            yield before + name, ", ".join(f"{who}: {'+'.join(sorted(roles))}" for who, roles in value.items())
        elif value is not None:
            yield before + name, value
