"""Modules of plugins that tests create."""

from __future__ import annotations

import types

from scorer.plugin_api import hookimpl


def module(**hooks: object) -> object:
    """A plugin module whose hooks return these values, or are these functions."""
    made = types.ModuleType("plugin")
    for name, hook in hooks.items():
        answer = hook if isinstance(hook, types.FunctionType) else lambda hook=hook: hook
        setattr(made, name, hookimpl(specname=name)(answer))
    return made
