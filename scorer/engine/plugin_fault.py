"""The exception for plugins that fail while they check or score answers, and one reason for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scorer.plugins.plugin import Provider
from scorer.plugins.process_state import CallState


class PluginFault(Exception):
    """A plugin raised an exception, or returned something impossible."""

    def __init__(self, provider: Provider, criterion: str, problem: str) -> None:
        super().__init__(f"{provider}{f', criterion {criterion}' if criterion else ''}: {problem}")
        self.provider, self.criterion = provider, criterion


@contextmanager
def no_changes(provider: Provider) -> Iterator[None]:
    """A context manager that undoes a plugin's changes to the process.

    Raises:
        PluginFault: it changed something.
    """
    state = CallState()
    try:
        yield
    finally:
        changes = state.restore()
    if changes:
        raise PluginFault(provider, "", f"{changes}; a plugin must not do that while it scores or checks answers")
