"""One worker of ``scorer serve --workers``: run as a process of its own, imported by nobody.

``python -m scorer.cli.serving.worker SETTINGS JOURNAL [--quiet]`` serves on an address that its parent holds.
Settings are JSON; the journal is the descriptor of a ``PluginJournal``. The end of standard input tells it to end,
and comes also when the parent dies. Until then, the parent writes lines there, JSON:

    {"crashed": plugins}  these, and no others, are quarantined: a mapping of plugins to why they are

To standard output it writes lines for the parent, JSON:

    {"sets": names}    it serves
    {"mistake": text}  it cannot, and ends with code 2
    {}                 its heartbeat, once a second: threads run, and while it serves, the event loop does
    {"lifted": ""}     criteria sets were reloaded, so that plugins which crashed may score again

``--quiet``: another one says what is wrong with installed plugins and sets. ``--strict``: then it does not serve.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from threading import Event, Thread

from scorer.cli.output import UserError, err
from scorer.cli.serving.service import LAST_LINES, Service, ignore_hangup, stop_on_signals
from scorer.plugins.journal import PluginJournal
from scorer.service.call.logs import Log
from scorer.service.runtime.settings import Settings
from scorer.service.server import AddressError

BEAT = 1.0
"""Seconds between two heartbeats."""


def main(settings: Settings, journal: PluginJournal, *, quiet: bool) -> int:
    """Serves until told to end; gives the exit code."""
    parent = os.dup(1)
    os.dup2(2, 1)  # what a plugin prints is no report
    log = Log(settings.log, several=True)
    ignore_hangup(settings)
    journal.note_crashes()
    _report(parent)  # the first heartbeat, whatever happens while plugins are imported
    loaded = Event()
    Thread(target=_beat_until, args=(loaded, parent), daemon=True).start()
    try:
        err.quiet = quiet
        service = Service(settings, log, journal=journal, lifted=lambda: _report(parent, lifted=""))
        loaded.set()
        asyncio.run(_serve(service, parent))
        return 0
    except (UserError, AddressError) as mistake:
        _report(parent, mistake=str(mistake))
        return 2
    except Exception:
        logging.exception("the worker failed")
        return 1
    finally:
        log.stop(LAST_LINES)


def _beat_until(loaded: Event, parent: int) -> None:
    while not loaded.wait(BEAT):
        _report(parent)


async def _beat(parent: int) -> None:
    while True:
        _report(parent)
        await asyncio.sleep(BEAT)


async def _serve(service: Service, parent: int) -> None:
    os.set_blocking(parent, False)  # a parent that is stopped does not read, and must not stop its workers too
    beating = asyncio.create_task(_beat(parent))
    stop = asyncio.Event()
    stop_on_signals(stop, again=lambda: None)  # a supervisor may tell every process, as the parent
    begun = b""
    """The start of a line of the parent's."""

    def read() -> None:
        nonlocal begun
        data = os.read(0, 2**16)
        if not data:
            asyncio.get_running_loop().remove_reader(0)
            stop.set()
        *lines, begun = (begun + data).split(b"\n")
        for line in lines:
            service.quarantine(json.loads(line)["crashed"])

    asyncio.get_running_loop().add_reader(0, read)
    await service.run(stop, lambda _: _report(parent, sets=service.names))
    beating.cancel()


def _report(parent: int, **said: str) -> None:
    # It has gone, and we are about to be told to end; or it does not read.
    with contextlib.suppress(BrokenPipeError, BlockingIOError):
        os.write(parent, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    journal = PluginJournal(int(sys.argv[2]))
    code = main(Settings.model_validate_json(sys.argv[1]), journal, quiet="--quiet" in sys.argv)
    os._exit(code)  # a thread in which a plugin hangs would hold the process
