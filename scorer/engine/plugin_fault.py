"""Runs code of plugins that checks or scores answers; the exception for plugins that fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from scorer.model.untrusted import is_plugin_fault, one_line, safe_repr
from scorer.plugins.group import CriterionFault, FormulaFault
from scorer.plugins.plugin import Provider
from scorer.plugins.process_state import CallState


class PluginFault(Exception):
    """A plugin raised an exception, or returned something impossible."""

    def __init__(self, provider: Provider, criterion: str, problem: str) -> None:
        super().__init__(f"{provider}{f', criterion {criterion}' if criterion else ''}: {problem}")
        self.provider, self.criterion = provider, criterion


@contextmanager
def plugin_code(
    provider: Provider, function: str, kinds: Mapping[str, Provider] = MappingProxyType({})
) -> Iterator[None]:
    """A context manager in which code of a plugin runs. It undoes the code's changes to the process.

    Args:
        provider: the plugin.
        function: the name of the function for messages, such as ``score()``.
        kinds: by criterion, the plugin that adds its formula kind, which is named instead if the formula fails.

    Raises:
        PluginFault: the code raised an exception, or changed the process.
    """
    state = CallState()
    try:
        try:
            yield
        finally:
            changes = state.restore()
    except PluginFault:
        raise
    except CriterionFault as fault:
        criterion = one_line(fault.criterion) if isinstance(fault.criterion, str) else safe_repr(fault.criterion)
        if isinstance(fault, FormulaFault):
            provider = kinds.get(fault.criterion, provider)
        raise PluginFault(provider, criterion, f"raised {safe_repr(fault.cause)}") from fault
    except BaseException as error:
        if not is_plugin_fault(error):
            raise
        raise PluginFault(provider, "", f"{function} raised {safe_repr(error)}") from error
    if changes:
        raise PluginFault(provider, "", f"{changes}; a plugin must not do that while it scores or checks answers")
