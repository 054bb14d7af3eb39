"""Turns the criterion groups that a document declares into plugins.

A document is data: its groups are scored by formulas, and its checks are classes of the scorer. Each group is
registered with pluggy and checked as the group of an installed plugin is, but exists only for its own document.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scorer.criteria.declarations import DeclaredGroup, declared_groups
from scorer.criteria.document import Document
from scorer.plugins.declaration import load_plugin
from scorer.plugins.group import API_VERSION, CriterionGroup, PartOf
from scorer.plugins.hookspecs import hookimpl
from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin

SHOWN_DIGITS = 12
"""Digits of the document's revision that serve as the version of its groups."""


class DocumentGroup(CriterionGroup):
    """A criterion group that a document declares, scored by the formulas that the document names."""

    api_version = API_VERSION

    def __init__(self, declared: DeclaredGroup) -> None:
        attributes: Mapping[str, object] = {
            "name": declared.code,
            "title": declared.title,
            "indicators": declared.indicators,
            "checks": tuple(PartOf(part, whole) for part, whole in declared.parts),
        }
        for name, value in attributes.items():
            setattr(self, name, value)


class _DocumentPlugin:
    """Takes the place of a plugin's module: its hook returns the declared group."""

    def __init__(self, declared: DeclaredGroup) -> None:
        self._group = DocumentGroup(declared)

    @hookimpl
    def scorer_criterion_group(self) -> CriterionGroup:
        """Returns the group."""
        return self._group


def with_document_groups(host: PluginHost, document: Document) -> PluginHost:
    """The host with the groups that a document declares; groups that cannot be used become problems of the document."""
    plugins = list(host.plugins)
    owners = {plugin.group.name if plugin.group else plugin.group_name: plugin for plugin in host.plugins}
    owners.pop("", None)
    for declared in declared_groups(document):
        if owner := owners.get(declared.code):
            message = (
                f"group {declared.code!r} belongs to the installed {owner}; leave out 'indicators' and 'checks' to use "
                "that group, or give this group another name"
            )
            document.problem(declared.path, message, key=True)
            continue
        plugin = Plugin(declared.code, str(document.data.get("criteria_set")), document.revision()[:SHOWN_DIGITS])
        plugin = load_plugin(plugin, partial(_DocumentPlugin, declared), plugins, runs_code=False)
        if plugin.failure:
            document.problem(declared.path, f"cannot be used: {plugin.failure}", key=True)
        else:
            plugins.append(plugin)
    return PluginHost(tuple(plugins)) if len(plugins) > len(host.plugins) else host
