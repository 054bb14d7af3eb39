"""Runs a command, and turns its errors into one line and an exit code."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from itertools import pairwise

from typer.exceptions import TyperException

from scorer.cli.commands import app
from scorer.cli.output import UserError, err, out, print_error


def run() -> None:
    """Runs the command, and ends the process. A mistake of the user is printed as one line; the exit code is then 2."""
    try:
        _run()
    except SystemExit as end:
        if out.ends_at_once and isinstance(end.code, int | None):
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):  # the stream is closed, or cannot be written
                    stream.flush()
            os._exit(end.code or 0)
        raise


def _run() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # so that a terminal with only ASCII still shows the numbers
    try:
        _check_arguments()
        err.hides_progress = "--json" in sys.argv  # programs that read both streams get only results and errors
        with out.command():
            code = app(prog_name="scorer", standalone_mode=False)
        sys.exit(code)
    except UserError as error:
        print_error(str(error))
        sys.exit(2)
    except TyperException as error:
        if text := error.format_message():  # empty if no command was given; the help has then been shown
            print_error(text.replace("Value error, ", ""))  # Pydantic adds this prefix
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of the output closed the pipe. Buffered output must not cause another error at exit.
        _discard_output()
        sys.exit(141)
    except OSError as error:
        where = "cannot write the output" if error.filename is None else str(error.filename)
        print_error(f"{where}: {error.strerror}")
        _discard_output()
        sys.exit(1)


def _check_arguments() -> None:
    """Refuses arguments that are empty or not UTF-8. Names of existing files may have any bytes.

    An argument is usually empty because a script uses a variable that is not set. As a path, an empty argument would
    mean the current directory.

    Raises:
        UserError: an argument is refused; the message names it.
    """
    for before, argument in pairwise(sys.argv):
        if not argument or (argument.startswith("--") and argument.endswith("=")):
            name = argument.rstrip("=") or (before if before.startswith("--") else "an argument")
            raise UserError(f"{name} is empty; is a variable of your script not set?")
        if any("\ud800" <= letter <= "\udfff" for letter in argument) and not os.path.lexists(argument):
            raise UserError(f"the argument {argument!a} is not UTF-8; does the locale (LANG) use UTF-8?")


def _discard_output() -> None:
    if sys.stdout is not None:  # None if it was already closed when the process started
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
