"""scorer plugins."""

from __future__ import annotations

import typer
from rich.markup import escape

from scorer.cli.output import out, table
from scorer.plugins import PluginHost

app = typer.Typer(help="Look at installed plugins.", no_args_is_help=True)


@app.callback()
def _plugins() -> None:
    """Look at installed plugins."""


@app.command("list")
def list_plugins() -> None:
    """List the installed plugins, what each brings, and why one is quarantined."""
    shown = table("plugin", "distribution", "version", "group", "formulas", "criteria sets", "status")
    for plugin in PluginHost.installed().plugins:
        shown.add_row(
            plugin.name,
            plugin.distribution,
            plugin.version,
            plugin.group.name if plugin.group else "",
            ", ".join(kind.kind for kind in plugin.formulas),
            ", ".join(file.name for file in plugin.criteria_sets),
            escape(f"quarantined: {plugin.failure}") if plugin.failure else "ready",
        )
    out.print(shown)
