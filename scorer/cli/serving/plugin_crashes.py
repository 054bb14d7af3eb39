"""Counts the workers that died while a plugin scored, and quarantines plugins with too many crashes."""

from __future__ import annotations

import time
from collections.abc import Mapping

from scorer.plugins.journal import Death

MAX_CRASHES = 3
"""A plugin with this number of crashes within ``CRASH_SECONDS`` is quarantined."""

CRASH_SECONDS = 3600.0
"""Seconds for which a crash counts."""


class PluginCrashes:
    """Counts crashes by plugin."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}
        self._quarantined: dict[str, str] = {}

    @property
    def quarantined(self) -> Mapping[str, str]:
        """The quarantined plugins, with the reason for each."""
        return self._quarantined

    def blame(self, death: Death) -> list[str]:
        """Counts the death of a worker for each plugin whose code was running.

        Args:
            death: which plugins were scoring when the worker died. These are several plugins if it is not known which
                thread crashed.

        Returns:
            The plugins that this death puts into quarantine.
        """
        now, newly_quarantined = time.monotonic(), []
        where = f", the last in {death.where}" if death.where else ""
        when = "after" if death.after_call else "while"
        for plugin in death.plugins:
            times = [crash for crash in self._times.get(plugin, []) if now - crash < CRASH_SECONDS]
            self._times[plugin] = [*times, now]
            if len(times) + 1 >= MAX_CRASHES and plugin not in self._quarantined:
                self._quarantined[plugin] = f"{len(times) + 1} workers died {when} it scored{where}"
                newly_quarantined.append(plugin)
        return newly_quarantined

    def forget(self) -> None:
        """Forgets all crashes and ends all quarantines."""
        self._times.clear()
        self._quarantined.clear()
