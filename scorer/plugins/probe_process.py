"""The process that probes plugins before the scorer imports them. Other modules start it and never import it.

``python -P -m scorer.plugins.probe_process`` reads one task from standard input. To standard output it writes one line
of JSON when it begins a step, and one when it is done with a plugin. What plugins print goes to standard error, with a
separator before each plugin. If a plugin hangs or ends the process, only this process is affected.

    task    {"path": sys.path of the parent, "plugins": [[entry point's name, its value], ...]}
    begins  {"begins": "import"} or {"begins": "hooks"}
    done    {"plugin": its index in the task, "failure": why it cannot be used, or empty, "group_name": its group,
             "api_version": number or null, "withheld": paths of its criteria sets if it cannot be used}

After a plugin that leaves threads, forks or audit hooks, or closes or redirects files, the process ends, because the
next plugins would be disturbed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

INPUT = b"\n"
"""The content of standard input while a plugin is probed."""


def _renew_input() -> None:
    """Replaces standard input by a pipe with ``INPUT``, so that ``_was_input_read`` can detect reading."""
    read_end, write_end = os.pipe()
    os.write(write_end, INPUT)
    os.close(write_end)
    os.dup2(read_end, 0)
    os.close(read_end)


def _was_input_read() -> bool:
    return os.read(0, len(INPUT)) != INPUT


def main() -> None:
    """Probes the plugins of the task on standard input."""
    report_descriptor, own_pid = os.dup(1), os.getpid()
    forks: list[int] = []
    audit_hooks: list[str] = []
    sys.addaudithook(lambda event, _: audit_hooks.append(event) if event == "sys.addaudithook" else None)
    os.register_at_fork(after_in_parent=lambda: forks.append(1))
    os.dup2(2, 1)  # what plugins print must not mix with the reports
    task = json.load(sys.stdin)
    sys.path[:] = task["path"]

    from scorer.plugins.declaration import load_plugin
    from scorer.plugins.host import ENTRY_POINTS
    from scorer.plugins.loaded_code import LoadedCode
    from scorer.plugins.plugin import Plugin, PluginError
    from scorer.plugins.probe import CLOSED_FILES, SEPARATOR
    from scorer.plugins.process_state import changed_files, open_files

    def report(**fields: object) -> None:
        if os.getpid() != own_pid:  # this is a fork that a plugin made
            os._exit(0)
        try:
            os.write(report_descriptor, json.dumps(fields).encode() + b"\n")
        except OSError:
            os._exit(CLOSED_FILES)

    def load(point: EntryPoint) -> Any:
        report(begins="import")
        if not point.pattern.match(point.value):
            raise PluginError(f"its entry point {point.value!r} is not MODULE or MODULE:NAME")
        module = point.load()
        report(begins="hooks")
        return module

    loaded_code = LoadedCode()
    for index, (name, value) in enumerate(task["plugins"]):
        with contextlib.suppress(OSError, ValueError):  # a plugin may have closed them
            sys.stdout.flush()
            sys.stderr.flush()
            os.write(2, SEPARATOR)
        before = set(threading.enumerate())
        _renew_input()
        files = open_files()
        plugin = load_plugin(
            Plugin(name), partial(load, EntryPoint(name, value, ENTRY_POINTS)), loaded_code=loaded_code
        )
        leftover_threads = sorted(thread.name for thread in threading.enumerate() if thread not in before)
        failure = plugin.failure
        if forks and not failure:
            failure = "forks the process, which would run the service twice"
        moved = changed_files(files)
        if audit_hooks and not failure:
            failure = "adds an audit hook, which cannot be removed and can stop the whole service"
        if not moved and _was_input_read() and not failure:
            failure = "reads standard input, which belongs to the person who runs the command"
        if leftover_threads and not failure:
            failure = f"leaves threads running: {', '.join(leftover_threads)}"
        sets = plugin.withheld or plugin.criteria_sets
        withheld = [str(file) for file in sets if failure and isinstance(file, Path)]
        report(
            plugin=index,
            failure=failure,
            group_name=plugin.group_name,
            api_version=plugin.api_version,
            withheld=withheld,
        )
        if leftover_threads or forks or moved or audit_hooks:
            os._exit(0)


if __name__ == "__main__":
    main()
