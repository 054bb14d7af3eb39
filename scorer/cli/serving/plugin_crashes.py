"""Plugins that end worker processes while they score: those that do it again and again are quarantined."""

from __future__ import annotations

import time
from collections.abc import Mapping

from scorer.plugins.journal import Death

MAX_CRASHES = 3
"""Workers that a plugin may end within ``MEMORY`` seconds; then it is quarantined."""

MEMORY = 3600.0
"""Seconds for which a crash counts."""


class PluginCrashes:
    """Counts the workers that died while a plugin's code ran."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}
        self._quarantined: dict[str, str] = {}

    @property
    def quarantined(self) -> Mapping[str, str]:
        """The plugins that are not to score any more, and why."""
        return self._quarantined

    def blame(self, death: Death) -> list[str]:
        """Counts the death of a worker against the plugins whose code ran.

        Args:
            death: what the worker was doing. Usually the code of one plugin ran; of several, when it is not known in
                which thread the worker crashed.

        Returns:
            The plugins that are quarantined for it.
        """
        now, found = time.monotonic(), []
        where = f", the last in {death.where}" if death.where else ""
        for plugin in death.plugins:
            times = [before for before in self._times.get(plugin, []) if now - before < MEMORY]
            self._times[plugin] = [*times, now]
            if len(times) + 1 >= MAX_CRASHES and plugin not in self._quarantined:
                self._quarantined[plugin] = f"{len(times) + 1} workers died while it scored{where}"
                found.append(plugin)
        return found

    def forget(self) -> None:
        """Lets all plugins score again."""
        self._times.clear()
        self._quarantined.clear()
