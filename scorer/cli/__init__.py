"""The command ``scorer``."""

from __future__ import annotations

import io
import os
import re
import sys

from scorer.service.runtime import tuning

tuning.before_imports()

# Read when Pydantic is imported, which reads the files of all installed distributions otherwise, damaged ones too.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
for _size in ("COLUMNS", "LINES", "TERMINAL_WIDTH"):  # read when Rich and Typer are used, which take any digits
    if not re.fullmatch("[2-9][0-9]|[1-9][0-9]{2,4}", os.environ.get(_size, "")):
        os.environ.pop(_size, None)

import typer
from typer.exceptions import TyperException

from scorer import __version__
from scorer.cli.commands import check, criteria, demo, lacking, plugins, rank, report, serve, settings
from scorer.cli.output import UserError, out, print_error

app = typer.Typer(
    name="scorer",
    help="Scores government units against a criteria set, gates their level, and ranks them, with causes.",
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
def _options(version: bool = typer.Option(False, "--version", help="Show the version and end.")) -> None:
    if version:
        out.print(f"scorer {__version__}")
        raise typer.Exit


def main() -> None:
    """Runs the command; a user's mistake is one line and exit code 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows only ASCII shows the numbers at least
    try:
        _check_arguments()
        with out.command():
            code = app(prog_name="scorer", standalone_mode=False)  # also where a program calls this
        sys.exit(code)
    except UserError as mistake:
        print_error(str(mistake))
        sys.exit(2)
    except TyperException as mistake:
        if text := mistake.format_message():  # none when no command was given and the help is shown
            print_error(text)
        sys.exit(mistake.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone; what is still buffered must not complain at exit.
        _forget_output()
        sys.exit(141)
    except OSError as error:
        where = "cannot write the output" if error.filename is None else str(error.filename)
        print_error(f"{where}: {error.strerror}")
        _forget_output()
        sys.exit(1)


def _check_arguments() -> None:
    """Refuses what is not UTF-8, other than the names of files that are there.

    Raises:
        UserError: which argument it is.
    """
    for argument in sys.argv[1:]:
        if any("\ud800" <= letter <= "\udfff" for letter in argument) and not os.path.lexists(argument):
            raise UserError(f"the argument {argument!a} is not UTF-8; is the locale (LANG) one of UTF-8?")


def _forget_output() -> None:
    if sys.stdout is not None:  # None when it was closed from the start
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
