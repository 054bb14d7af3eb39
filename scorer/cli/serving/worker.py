"""One worker of ``scorer serve --workers``: run as a process of its own, imported by nobody.

``python -m scorer.cli.serving.worker SETTINGS [--quiet]`` serves on an address that its parent holds; settings are
JSON. The end of standard input tells it to end, and comes also when the parent dies. To standard output it writes one
line for the parent, JSON:

    {"sets": names}    it serves
    {"mistake": text}  it cannot, and ends with code 2

``--quiet``: another one says what is wrong with installed plugins and sets. ``--strict``: then it does not serve.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys

from scorer.cli.output import UserError, err
from scorer.cli.serving.service import LAST_LINES, Service, stop_on_signals
from scorer.service.call.logs import Log
from scorer.service.runtime.settings import Settings
from scorer.service.server import AddressError


def main(settings: Settings, *, quiet: bool) -> int:
    """Serves until told to end; gives the exit code."""
    parent = os.dup(1)
    os.dup2(2, 1)  # what a plugin prints is no report
    log = Log(settings.log, several=True)
    try:
        err.quiet = quiet
        asyncio.run(_serve(Service(settings, log, shared=True), parent))
        return 0
    except (UserError, AddressError) as mistake:
        _report(parent, mistake=str(mistake))
        return 2
    except Exception:
        logging.exception("the worker failed")
        return 1
    finally:
        log.stop(LAST_LINES)


async def _serve(service: Service, parent: int) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop, again=lambda: None)  # a supervisor may tell every process, as the parent

    def read() -> None:
        if not os.read(0, 4096):
            asyncio.get_running_loop().remove_reader(0)
            stop.set()

    asyncio.get_running_loop().add_reader(0, read)
    await service.run(stop, lambda _: _report(parent, sets=service.names))


def _report(parent: int, **said: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # it has gone: we are about to be told to end
        os.write(parent, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    code = main(Settings.model_validate_json(sys.argv[1]), quiet="--quiet" in sys.argv)
    os._exit(code)  # a thread in which a plugin hangs would hold the process
