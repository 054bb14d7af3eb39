"""scorer plugins."""

from __future__ import annotations

import typer
from rich.table import Table

from scorer.cli.output import out
from scorer.plugins import PluginHost

app = typer.Typer(help="Look at installed plugins.", no_args_is_help=True)


@app.callback()
def _plugins() -> None:
    """Look at installed plugins."""


@app.command("list")
def list_plugins() -> None:
    """List the installed plugins, what each brings, and why one is quarantined."""
    table = Table("plugin", "distribution", "version", "group", "formulas", "criteria sets", "status")
    for plugin in PluginHost.installed().plugins:
        table.add_row(
            plugin.name,
            plugin.distribution,
            plugin.version,
            plugin.group.name if plugin.group else "",
            ", ".join(kind.kind for kind in plugin.formulas),
            ", ".join(file.name for file in plugin.criteria_sets),
            f"quarantined: {plugin.failure}" if plugin.failure else "ready",
        )
    out.print(table)
