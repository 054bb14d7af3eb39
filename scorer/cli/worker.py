"""One worker of ``scorer serve --workers``: run as a process of its own, imported by nobody.

``python -m scorer.cli.worker SETTINGS [--quiet]`` serves on an address that its parent holds; settings are JSON. The
end of standard input tells it to end, and comes also when the parent dies. To standard output it writes one line for
the parent, JSON:

    {"sets": names}    it serves
    {"mistake": text}  it cannot, and ends with code 2

``--quiet``: another one says what is wrong with installed plugins and sets. ``--strict``: then it does not serve.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
from threading import Thread

from scorer.cli.output import UserMistake, err
from scorer.cli.service import Service
from scorer.service.logs import start_log
from scorer.service.server import AddressError
from scorer.service.waiting import Order
from scorer.settings import Settings


def main(settings: Settings, *, quiet: bool) -> int:
    """Serves until told to end; gives the exit code."""
    parent = os.dup(1)
    os.dup2(2, 1)  # what a plugin prints is no report
    start_log(settings.log, several=True)
    stop = Order()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.give())  # also twice: a supervisor may tell every process, as the parent
    Thread(target=_wait_for_end, args=(stop,), daemon=True).start()
    try:
        err.quiet = quiet
        service = Service(settings, shared=True)
    except (UserMistake, AddressError) as mistake:
        _report(parent, mistake=str(mistake))
        return 2
    service.start()
    _report(parent, sets=service.names)
    stop.wait()
    service.stop()
    return 0


def _wait_for_end(stop: Order) -> None:
    while os.read(0, 1):
        pass
    stop.give()


def _report(parent: int, **said: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # it has gone: we are about to be told to end
        os.write(parent, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    try:
        code = main(Settings.model_validate_json(sys.argv[1]), quiet="--quiet" in sys.argv)
    except Exception:
        logging.exception("the worker failed")
        code = 1
    logging.shutdown()
    os._exit(code)  # a thread that still computes for a call that was given up would hold the process
