"""One worker process of ``scorer serve --workers``: starts it, reads its messages, and reports its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread

from scorer.cli.output import UserError
from scorer.model.child_processes import child_environment
from scorer.plugins.journal import Death, PluginJournal
from scorer.service.runtime.settings import Settings

COMMAND = (sys.executable, "-P", "-m", "scorer.cli.serving.worker")
"""The command that starts a worker. The docstring of the module that it runs describes the messages."""

STEADY_SECONDS = 10.0
"""If a worker ends before it has served for this time, it has failed soon."""

DRAIN_SECONDS = 1.0
"""Maximum time that a worker's last messages are read after it has ended."""


@dataclass(eq=False)
class Worker:
    """One worker process, as its supervisor sees it."""

    process: subprocess.Popen[str]
    journal: PluginJournal
    back_off: float
    """Seconds until the worker's successor starts, if the worker fails soon."""
    serving_since: float | None = None
    """When the worker began to serve, in seconds of ``time.monotonic()``; None until then."""
    mistake: str = ""
    """Why the worker cannot serve; "" if it can."""
    heard: bool = False
    """Whether the worker has sent a line since the last check of heartbeats."""
    silent: float | None = None
    """Seconds without a heartbeat; None before the first heartbeat, and after the worker was killed."""
    unresponsive: bool = False
    """Whether the worker was reported as unresponsive."""
    death: Death = field(default_factory=Death)
    """Which plugins were scoring when the worker died; no plugins while it runs."""

    @classmethod
    def start(
        cls, settings: Settings, back_off: float, on_report: Callable[[Report], None], *, quiet: bool = False
    ) -> Worker:
        """Starts a worker. A thread passes its messages to ``on_report``, and an empty message after it has ended.

        Raises:
            UserError: the system cannot create the process.
        """
        pipe = subprocess.PIPE
        try:
            journal = PluginJournal.create()
            memory = journal.descriptor
            command = [*COMMAND, settings.model_dump_json(), str(memory), *(["--quiet"] if quiet else [])]
            # The worker has its own process group, so that Ctrl-C does not reach and kill it while it loads.
            process = subprocess.Popen(
                command,
                stdin=pipe,
                stdout=pipe,
                encoding="utf-8",
                env=child_environment(),
                process_group=0,
                pass_fds=[memory],
            )
        except OSError as error:
            raise UserError(f"cannot start a worker: {error.strerror}") from error
        worker = cls(process, journal, back_off)
        Thread(target=worker._listen, args=(on_report,), daemon=True).start()
        return worker

    def __str__(self) -> str:
        return f"worker {self.process.pid}"

    @property
    def serves(self) -> bool:
        """Whether the worker has begun to serve."""
        return self.serving_since is not None

    @property
    def lasted(self) -> bool:
        """Whether the worker has served for ``STEADY_SECONDS``."""
        return self.serving_since is not None and time.monotonic() - self.serving_since >= STEADY_SECONDS

    @property
    def end(self) -> str:
        """A text: how the worker ended, and which plugins were scoring then or, if none were, which had scored last."""
        code = self.process.returncode
        when = "after" if self.death.after_call else "while"
        scored = f" {when} {' or '.join(self.death.plugins)} scored" if self.death.plugins else ""
        where = f" ({self.death.where})" if self.death.where else ""
        return f"{self} {f'died of signal {-code}' if code < 0 else f'ended with code {code}'}{scored}{where}"

    def send(self, **message: object) -> None:
        """Sends the worker a message, unless it has closed its input."""
        assert self.process.stdin is not None
        with suppress(OSError):
            os.write(self.process.stdin.fileno(), json.dumps(message).encode() + b"\n")

    def clean_up(self) -> None:
        """Reads and closes the journal, after the process has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.death = self.journal.read_death(by_signal=self.process.returncode < 0)
        self.journal.close()

    def _listen(self, on_report: Callable[[Report], None]) -> None:
        """Passes on the messages of the worker until it ends, and then an empty message.

        This method does not wait until the pipe is closed, because processes that plugins started may keep it open.
        """
        reader = Thread(target=self._read, args=(on_report,), daemon=True)
        reader.start()
        self.process.wait()
        reader.join(DRAIN_SECONDS)
        on_report(Report(self, {}))

    def _read(self, on_report: Callable[[Report], None]) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.heard = True
                if message := json.loads(line):
                    on_report(Report(self, message))


@dataclass(frozen=True)
class Report:
    """A message from a worker; an empty message means that the worker has ended."""

    worker: Worker
    message: dict[str, str]
