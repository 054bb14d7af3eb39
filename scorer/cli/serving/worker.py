"""One worker of ``scorer serve --workers``. The supervisor starts it as a process; no other module imports this one.

``python -m scorer.cli.serving.worker SETTINGS JOURNAL [--quiet]`` serves on an address that its parent has reserved.
SETTINGS are JSON, and JOURNAL is the file descriptor of a ``PluginJournal``. With ``--quiet``, the worker prints no
problems of plugins and criteria sets, because another worker prints them.

The parent writes messages to the worker's standard input, one line of JSON each. When standard input ends, for example
because the parent has died, the worker stops.

    {"crashed": plugins}  all plugins that are quarantined because of crashes: a mapping of plugins to reasons

The worker writes messages to standard output, one line of JSON each:

    {"sets": names}    the worker has begun to serve
    {"mistake": text}  the worker cannot serve, and ends with code 2
    {}                 heartbeat, once a second: shows that threads run, and while serving, that the event loop runs
    {"lifted": ""}     criteria sets were reloaded, which ends the quarantine of plugins that crashed
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
from scorer.cli.serving.service import LOG_SECONDS, Service, ignore_hangup, stop_on_signals
from scorer.plugins.journal import PluginJournal
from scorer.service.call.logs import Log
from scorer.service.runtime.settings import Settings
from scorer.service.server import AddressError

HEARTBEAT_SECONDS = 1.0
"""Interval of heartbeats."""


def main(settings: Settings, journal: PluginJournal, *, quiet: bool) -> int:
    """Serves until the parent stops the worker, and returns the exit code."""
    parent = os.dup(1)
    os.dup2(2, 1)  # messages must not be mixed with texts that plugins print
    log = Log(settings.log, several=True)
    ignore_hangup(settings)
    journal.note_crashes()
    _send(parent)  # the first heartbeat comes before plugins are imported, because an import may hang
    loaded = Event()
    Thread(target=_beat_until, args=(loaded, parent), daemon=True).start()
    try:
        err.quiet = quiet
        service = Service(settings, log, journal=journal, on_lifted=lambda: _send(parent, lifted=""))
        loaded.set()
        asyncio.run(_serve(service, parent))
        return 0
    except (UserError, AddressError) as mistake:
        _send(parent, mistake=str(mistake))
        return 2
    except Exception:
        logging.exception("the worker failed")
        journal.write([])  # no plugin is to blame
        return 1
    finally:
        log.stop(LOG_SECONDS)


def _beat_until(loaded: Event, parent: int) -> None:
    while not loaded.wait(HEARTBEAT_SECONDS):
        _send(parent)


async def _beat(parent: int) -> None:
    while True:
        _send(parent)
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _serve(service: Service, parent: int) -> None:
    os.set_blocking(parent, False)  # workers must not wait for a parent that is suspended and does not read
    beating = asyncio.create_task(_beat(parent))
    stop = asyncio.Event()
    stop_on_signals(stop, again=lambda: None)  # a service manager may send the same signal to every process
    partial_line = b""
    """The part of a message that has arrived so far."""

    def read() -> None:
        nonlocal partial_line
        data = os.read(0, 2**16)
        if not data:
            asyncio.get_running_loop().remove_reader(0)
            stop.set()
        *lines, partial_line = (partial_line + data).split(b"\n")
        for line in lines:
            service.quarantine(json.loads(line)["crashed"])

    asyncio.get_running_loop().add_reader(0, read)
    await service.run(stop, lambda _: _send(parent, sets=service.names))
    beating.cancel()


def _send(parent: int, **message: str) -> None:
    """Sends a message to the parent. The message is lost if the parent has died or does not read."""
    with contextlib.suppress(BrokenPipeError, BlockingIOError):
        os.write(parent, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    journal = PluginJournal(int(sys.argv[2]))
    code = main(Settings.model_validate_json(sys.argv[1]), journal, quiet="--quiet" in sys.argv)
    os._exit(code)  # otherwise a thread in which a plugin hangs would keep the process alive
