"""The exception for plugins that fail while they check or score answers."""

from __future__ import annotations

from scorer.engine.plan import Provider


class PluginFault(Exception):
    """A plugin raised an exception, or returned something impossible."""

    def __init__(self, provider: Provider, criterion: str, problem: str) -> None:
        super().__init__(f"{provider}{f', criterion {criterion}' if criterion else ''}: {problem}")
        self.provider, self.criterion = provider, criterion
