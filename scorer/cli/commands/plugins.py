"""scorer plugins: lists and checks plugins, and writes new ones."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape

from scorer.cli.commands import conformance
from scorer.cli.loading import quiet_host
from scorer.cli.output import err, json_text, out, table
from scorer.cli.scaffold import new_plugin
from scorer.plugins.group import API_VERSION
from scorer.plugins.plugin import Plugin

app = typer.Typer(help="List and check installed plugins, and write the files of a new one.", no_args_is_help=True)
app.command("new")(new_plugin)
app.command("check")(conformance.check_plugin)


@app.callback()
def _plugins() -> None:
    """List and check installed plugins, and write the files of a new one."""


@app.command("list")
def list_plugins(
    json_output: bool = typer.Option(False, "--json", help="Print the plugins as JSON instead of a table."),
) -> None:
    """List the installed plugins with what each of them adds, and why some are quarantined."""
    with err.status("trying out plugins"):
        plugins = quiet_host().plugins
    if json_output:
        listed = {"api_version": API_VERSION, "plugins": [_as_json(plugin) for plugin in plugins]}
        out.write_text(json_text(listed))
        return
    shown = table("plugin", "distribution", "API", "adds", "status")
    for plugin in plugins:
        shown.add_row(
            escape(plugin.name),
            escape(f"{plugin.distribution} {plugin.version}"),
            str(plugin.api_version or ""),
            escape(_additions(plugin)),
            "quarantined" if plugin.failure else "ready",
        )
    out.print(shown)
    for plugin in plugins:
        if plugin.failure:  # a sentence would be too long for a column
            out.print(escape(f"{plugin} is quarantined: {plugin.failure}"), style="red")


def _additions(plugin: Plugin) -> str:
    """The group, formula kinds and criteria sets that a plugin adds, one per line."""
    lines = [f"group {plugin.group.name}"] if plugin.group else []
    lines += [f"formula {kind.kind}" for kind in plugin.formulas]
    lines += [f"set {file.name}" for file in plugin.criteria_sets]
    return "\n".join(lines)


def _as_json(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "api_version": plugin.api_version,
        "groups": [plugin.group.name] if plugin.group else [],
        "formulas": [kind.kind for kind in plugin.formulas],
        "criteria_sets": [file.name for file in plugin.criteria_sets],
        "status": "quarantined" if plugin.failure else "ready",
        "failure": plugin.failure,
    }
