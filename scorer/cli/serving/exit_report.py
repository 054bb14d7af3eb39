"""Logs why the service ends if code in its process ends it."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from scorer.plugins.calls_in_flight import PluginCalls
from scorer.plugins.journal import own_line

OWN_PACKAGE = "scorer."
"""Prefix of the names of the scorer's modules, which end the process on purpose."""


def report_exit(plugin_calls: PluginCalls, flush: Callable[[], None]) -> None:
    """Makes ``os._exit`` log one line with the plugin and the line of code that called it.

    A thread that a plugin has left may call it at any time. Native code, and signals such as SIGKILL, end the process
    without calling it.

    Args:
        plugin_calls: the calls for which plugins are scoring.
        flush: writes the log.
    """
    own_pid, end_process = os.getpid(), os._exit

    def report_and_exit(status: int) -> NoReturn:
        caller = sys._getframe(1)
        if os.getpid() == own_pid and not str(caller.f_globals.get("__name__", "")).startswith(OWN_PACKAGE):
            frames = [(frame.f_code.co_filename, str(line)) for frame, line in traceback.walk_stack(caller)]
            ended = f"os._exit({status}) ended the service {plugin_calls}".strip()
            logging.getLogger("scorer.plugins").critical("%s (%s)", ended, own_line(frames))
            flush()
        end_process(status)

    os._exit = report_and_exit
