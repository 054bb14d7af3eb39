"""The plugin host: finds installed plugins, checks what they declare, and quarantines those that are wrong."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Any

import pluggy

from scorer import hookspecs
from scorer.criteria.loader import GroupTerms, Vocabulary
from scorer.criteria.model import TOTAL
from scorer.criteria.schema import CODE
from scorer.criteria.schema import Criterion as CriterionShape
from scorer.formulas import KINDS, Formula
from scorer.groups import API_VERSION, CriterionGroup, PartOf
from scorer.indicators import Indicator

ENTRY_POINTS = "scorer.plugins"

CASES = ".cases.yaml"
"""How files of cases end, which stand beside criteria sets and are none: a plugin may issue all files of a folder."""


@dataclass(frozen=True)
class Plugin:
    """An installed plugin and what it brought."""

    name: str
    """Name of its entry point."""
    distribution: str = ""
    version: str = ""
    group: CriterionGroup | None = None
    formulas: tuple[type[Formula], ...] = ()
    criteria_sets: tuple[Traversable, ...] = ()
    failure: str = ""
    """Why it is quarantined; empty when it is not."""


class PluginError(Exception):
    """A plugin declares something that cannot be used."""


@dataclass(frozen=True)
class PluginHost:
    """The plugins of this process, in a fixed order."""

    plugins: tuple[Plugin, ...]
    groups: Mapping[str, CriterionGroup] = field(init=False)
    """Criterion groups by name."""
    formulas: Mapping[str, type[Formula]] = field(init=False)
    """Formula kinds by name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", {p.group.name: p.group for p in self.plugins if p.group})
        kinds = [*KINDS, *(kind for plugin in self.plugins for kind in plugin.formulas)]
        object.__setattr__(self, "formulas", {kind.kind: kind for kind in kinds})

    @classmethod
    def installed(cls) -> PluginHost:
        """Every plugin installed in this environment: those of egov-scorer first, then by name."""
        found = sorted(
            importlib.metadata.entry_points(group=ENTRY_POINTS),
            key=lambda point: (point.dist is None or point.dist.name != "egov-scorer", point.name),
        )
        return cls.of((_from_entry_point(point), point.load) for point in found)

    @classmethod
    def of(cls, sources: Iterable[tuple[Plugin, Callable[[], Any]]]) -> PluginHost:
        """From plugins still empty and what imports each."""
        loaded: list[Plugin] = []
        for plugin, load in sources:
            try:
                loaded.append(_load(plugin, load, loaded))
            except PluginError as error:
                loaded.append(replace(plugin, failure=_one_line(str(error))))
            except (Exception, SystemExit) as error:  # a stranger's module: anything can come
                loaded.append(replace(plugin, failure=_one_line(f"{type(error).__name__}: {error}")))
        return cls(tuple(loaded))

    def vocabulary(self) -> Vocabulary:
        """What criteria sets can name."""
        return Vocabulary(
            groups={name: GroupTerms(group.title, group.indicators) for name, group in self.groups.items()},
            formulas=self.formulas,
            unavailable={plugin.name: plugin.failure for plugin in self.plugins if plugin.failure},
        )

    def provider(self, group: str) -> Plugin:
        """The plugin that scores ``group``."""
        return next(plugin for plugin in self.plugins if plugin.group and plugin.group.name == group)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _from_entry_point(point: importlib.metadata.EntryPoint) -> Plugin:
    return Plugin(point.name, point.dist.name if point.dist else "", point.dist.version if point.dist else "")


def _load(plugin: Plugin, load: Callable[[], Any], before: list[Plugin]) -> Plugin:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(load(), plugin.name)
    manager.check_pending()
    groups = list(_answers(manager.hook.scorer_criterion_group))
    if len(groups) > 1:
        raise PluginError("declares more than one criterion group")
    formulas = tuple(_all("scorer_formulas", manager.hook.scorer_formulas))
    criteria_sets = tuple(_all("scorer_criteria_sets", manager.hook.scorer_criteria_sets))
    if not groups and not formulas and not criteria_sets:
        raise PluginError("implements no hook; is @hookimpl missing?")
    for group in groups:
        _check_group(group, {p.group.name: p.name for p in before if p.group})
    _check_formulas(formulas, {kind.kind for p in before for kind in p.formulas} | {kind.kind for kind in KINDS})
    for file in criteria_sets:
        if not isinstance(file, Traversable):
            raise PluginError(f"scorer_criteria_sets gives {file!r}, not a file")
        if not file.is_file():
            raise PluginError(f"its criteria set {file.name!r} is not there")
    criteria_sets = tuple(file for file in criteria_sets if not file.name.endswith(CASES))
    return replace(plugin, group=groups[0] if groups else None, formulas=formulas, criteria_sets=criteria_sets)


def _all(name: str, hook: pluggy.HookCaller) -> Iterator[Any]:
    for answer in _answers(hook):
        if not isinstance(answer, Iterable) or isinstance(answer, str):
            raise PluginError(f"{name} gives {answer!r}, not a list")
        yield from answer


def _answers(hook: pluggy.HookCaller) -> Iterator[Any]:
    return (answer for answer in hook() if answer is not None)


def _check_group(group: object, taken: Mapping[str, str]) -> None:
    if not isinstance(group, CriterionGroup):
        raise PluginError(f"scorer_criterion_group gives {group!r}, not a CriterionGroup")
    name, version = getattr(group, "name", None), getattr(group, "api_version", None)
    if version != API_VERSION:
        raise PluginError(f"was written for API version {version}; this scorer offers {API_VERSION}")
    if not isinstance(name, str) or not re.fullmatch(CODE, name) or name == TOTAL:
        raise PluginError(f"its group's name {name!r} is not a code such as 'human_resources' ({CODE})")
    if name in taken:
        raise PluginError(f"declares group {name!r}, which plugin {taken[name]!r} declares already")
    for attribute, kind in (("indicators", Indicator), ("checks", PartOf)):
        items = getattr(group, attribute)
        if not isinstance(items, tuple | list) or not all(isinstance(item, kind) for item in items):
            raise PluginError(f"{attribute} of group {name!r} are not {kind.__name__}s: {items!r}")
    codes = [indicator.code for indicator in group.indicators]
    for n, code in enumerate(codes):
        if code in codes[:n]:
            raise PluginError(f"group {name!r} declares indicator {code!r} twice")


def _check_formulas(formulas: Iterable[object], taken: set[str]) -> None:
    for kind in formulas:
        if not isinstance(kind, type) or not issubclass(kind, Formula):
            raise PluginError(f"scorer_formulas gives {kind!r}, not a subclass of Formula")
        if kind.kind in taken:
            raise PluginError(f"declares formula kind {kind.kind!r}, which there is already")
        clash = {info.alias or name for name, info in kind.model_fields.items()} & set(CriterionShape.model_fields)
        if clash:
            raise PluginError(f"formula kind {kind.kind!r} uses key {min(clash)!r}, which every criterion has")
        taken.add(kind.kind)
