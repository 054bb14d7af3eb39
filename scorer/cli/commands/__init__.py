"""The commands, one file per command or group of commands; all are registered here."""

from __future__ import annotations

import pkgutil
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from scorer import __version__
from scorer.cli.output import out


class Entry(NamedTuple):
    """A command or a group of commands, before its module is imported."""

    target: str
    """Module in this package, and the function, or the Typer application of a group: ``module:name``."""
    summary: str
    """The first paragraph of its help text, which the list of commands shows."""


COMMANDS = {
    "serve": Entry("serve:serve", "Serve over gRPC until stopped (Ctrl-C or SIGTERM)."),
    "demo": Entry(
        "demo:demo",
        "Rank a province whose answers come with the scorer, through a real server, and show the causes of levels.",
    ),
    "rank": Entry("rank:rank", "Rank the units of a file."),
    "score": Entry(
        "rank:score",
        "Show one unit of a file: its levels, the causes that keep it from better levels, and every criterion.",
    ),
    "report": Entry(
        "report:report", "Write a report on the units of a file: web page, Excel workbook, PDF or Word document."
    ),
    "lacking": Entry(
        "lacking:lacking",
        "List the units that did not get all points of a criterion, or did not report it.",
    ),
    "check": Entry("check:check", "List the mistakes in a file of answers. Exit code 2 if there are any."),
    "criteria": Entry("criteria:app", "List and show criteria sets, check and test documents, write empty forms."),
    "plugins": Entry("plugins:app", "List and check installed plugins, and write the files of a new one."),
    "settings": Entry("settings:app", "List the settings of the service, and check them."),
}


class _Commands(TyperGroup):
    """Imports the module of a command only when the command is used: importing all modules takes half a second."""

    def __init__(self, **options: Any) -> None:
        listed = {name: TyperCommand(name, help=entry.summary) for name, entry in COMMANDS.items()}
        super().__init__(**options | {"commands": listed})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Imports the module of the command, and returns the command; None if there is no such command."""
        if super().get_command(ctx, cmd_name) is None:
            return None
        target = pkgutil.resolve_name(f"{__name__}.{COMMANDS[cmd_name].target}")
        command = typer.Typer()
        if isinstance(target, typer.Typer):
            command.add_typer(target, name=cmd_name)
        else:
            command.command(cmd_name)(target)
        return typer.main.get_group(command).commands[cmd_name]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """See ``typer``. Lists the commands by their summaries, and imports no module."""
        listing = TyperGroup(name=self.name, help=self.help, params=self.params, commands=dict(self.commands))
        listing.format_help(ctx, formatter)


app = typer.Typer(
    name="scorer",
    cls=_Commands,
    help="Scores government units by a criteria set, finds their levels, and ranks them, with causes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _options(version: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
    if version:
        out.print(f"scorer {__version__}")
        raise typer.Exit
