"""The commands, one file per command or group of commands; all are registered here."""

from __future__ import annotations

import typer

from scorer import __version__
from scorer.cli.commands import check, criteria, demo, lacking, plugins, rank, report, serve, settings
from scorer.cli.output import out

app = typer.Typer(
    name="scorer",
    help="Scores government units by a criteria set, finds their levels, and ranks them, with causes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("rank")(rank.rank)
app.command("score")(rank.score)
app.command("report")(report.report)
app.command("lacking")(lacking.lacking)
app.command("check")(check.check)
app.add_typer(criteria.app, name="criteria")
app.add_typer(plugins.app, name="plugins")
app.add_typer(settings.app, name="settings")


@app.callback(invoke_without_command=True)
def _options(version: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
    if version:
        out.print(f"scorer {__version__}")
        raise typer.Exit
