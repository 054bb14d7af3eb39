"""Detects and undoes changes that the import of a plugin makes to loaded modules, their functions and classes."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping
from types import FunctionType, ModuleType

OWN = "scorer."
"""Prefix of the names of the scorer's modules. Of these modules, private functions are compared too."""

METHODS = (FunctionType, classmethod, staticmethod, property)


class LoadedCode:
    """A snapshot of all loaded modules, their functions and classes, and the methods of these classes.

    A plugin may import further modules, but it must not replace functions, not even those of libraries. Otherwise the
    service could fail later, and nothing would show that the plugin is the cause.
    """

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}
        self._owners: list[_Owner] = []
        self._add(builtins)
        self.update()

    def update(self) -> None:
        """Adds the modules that were loaded since the last call."""
        for name, module in [*sys.modules.items()]:
            if self._modules.get(name) is not module:
                self._modules[name] = module
                if type(module) is ModuleType and module is not builtins:  # modules of other types may load lazily
                    self._add(module)

    def restore(self) -> list[str]:
        """Undoes all changes since the last update.

        Returns:
            The names of the changed functions and modules, such as "json.loads".
        """
        changes: list[str] = []
        for owner in self._owners:  # builtins come first, because restoring the other modules uses them
            changes += owner.restore()
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                changes.append(f"module {name}")
                sys.modules[name] = module
        return changes

    def _add(self, module: ModuleType) -> None:
        is_own = module.__name__.startswith(OWN)
        shared = {name: value for name, value in vars(module).items() if callable(value) and _is_shared(name, is_own)}
        self._owners.append(_Owner(module, shared))
        for kind in shared.values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                methods = {name: value for name, value in vars(kind).items() if isinstance(value, METHODS)}
                self._owners.append(_Owner(kind, methods))


class _Owner:
    """A module or class, with its functions."""

    def __init__(self, owner: ModuleType | type, functions: Mapping[str, object]) -> None:
        self._owner, self._functions = owner, dict(functions)

    def restore(self) -> list[str]:
        """Undoes changes, and returns the names of the functions that were changed."""
        now, changes = self._owner.__dict__, []
        for name in self._functions:
            value = self._functions[name]
            if name not in now or now[name] is not value:
                changes += [f"{self._owner.__name__}.{name}"]
                if self._owner is builtins:
                    builtins.__dict__[name] = value  # setattr itself may have been replaced
                else:
                    setattr(self._owner, name, value)
        return changes


def _is_shared(name: str, is_own: bool) -> bool:
    """Whether other modules may use a name of a module: names such as ``_x`` are private, except in the scorer."""
    return is_own or not name.startswith("_") or name.startswith("__")
