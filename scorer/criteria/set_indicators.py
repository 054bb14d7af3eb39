"""The indicators of a criteria set: those that its groups declare, and those that its criteria read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scorer.criteria import model
from scorer.criteria.declarations import INDICATORS, declares
from scorer.criteria.document import Document, Path, as_mapping, show_path
from scorer.criteria.vocabulary import Vocabulary
from scorer.formulas import Formula
from scorer.model.indicators import PREVIOUS, Indicator, Source, from_source, previous, source_column
from scorer.model.suggestions import did_you_mean


class SetIndicators:
    """Collects the indicators of a document, and reports what is wrong with their declarations and uses."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self.declared: dict[str, Indicator] = {}
        """The indicators that the set's groups declare, by code."""
        self.read: dict[str, Indicator] = {}
        """The indicators that criteria read, in the order in which they are first read."""
        self._document, self._vocabulary = document, vocabulary
        self._declared_by: dict[str, str] = {}
        """For each indicator, the first group that declares it."""
        self._broken: set[str] = set()
        """Codes of the indicators that the document declares with mistakes, which are already reported."""
        self._sources: dict[str, tuple[tuple[Source, ...], str]] = {}
        """For each indicator that criteria read, by code: its sources, and the path of the first criterion that reads
        it."""
        self._has_unknown_group = False

    def sources(self) -> dict[str, tuple[Source, ...]]:
        """The sources of each indicator that criteria read."""
        return {code: sources for code, (sources, _) in self._sources.items()}

    def collect(self, categories: Mapping[str, Any]) -> None:
        """Collects the indicators that the set's groups declare, and checks the names of the groups."""
        seen: set[str] = set()
        for category, body in categories.items():
            for group, group_body in as_mapping(as_mapping(body).get("groups")).items():
                path: Path = ("categories", category, "groups", group)
                if group in seen:
                    self._document.problem(path, f"group {group!r} is already in another category", key=True)
                elif group == model.TOTAL or group in categories:
                    self._document.problem(path, f"a group cannot be called {group!r}", key=True)
                elif group not in self._vocabulary.groups and declares(group_body):
                    self._has_unknown_group = True  # the mistake in its declaration is already reported
                elif group not in self._vocabulary.groups:
                    self._has_unknown_group = True
                    self._document.problem(path, self._unknown_group_message(group), key=True)
                seen.add(group)
                terms = self._vocabulary.groups.get(group)
                for indicator in terms.indicators if terms else ():
                    first = self.declared.setdefault(indicator.code, indicator)
                    if first != indicator:
                        other = self._declared_by[indicator.code]
                        if declares(group_body):
                            own_path = (*path, INDICATORS, indicator.code)
                            message = f"group {other!r} declares indicator {indicator.code!r} differently"
                            self._document.problem(own_path, message, key=True)
                        else:
                            message = f"its plugin and group {other!r} declare indicator {indicator.code!r} differently"
                            self._document.problem(path, message, key=True)
                    self._declared_by.setdefault(indicator.code, group)
                registered = {indicator.code for indicator in terms.indicators} if terms else set()
                self._broken.update(as_mapping(as_mapping(group_body).get(INDICATORS)).keys() - registered)

    def _unknown_group_message(self, group: str) -> str:
        for plugin in self._vocabulary.unavailable:
            if plugin.group == group:
                return f"its {plugin}"
        hint = did_you_mean(group, self._vocabulary.groups) + self._vocabulary.quarantined()
        return f"no plugin scores group {group!r}{hint or f'; to declare it here, list its {INDICATORS!r}'}"

    def check_reads(self, path: Path, formula: Formula, sources: tuple[Source, ...]) -> None:
        """Checks that the indicators of a formula are declared, with kinds and options that the formula accepts."""
        for inner, code, kinds, options in formula.reads():
            parameter_path, declared = (*path, *inner), code.removeprefix(PREVIOUS)
            indicator = self.declared.get(declared)
            if indicator is None and declared in self._broken:
                continue
            if indicator is None:
                code, hint = declared, did_you_mean(declared, self.declared)
                # A group whose plugin is missing may declare the indicator, and that group is already reported.
                if path[3] in self._vocabulary.groups and (hint or not self._has_unknown_group):
                    self._document.problem(parameter_path, f"no group of the set declares indicator {code!r}{hint}")
                continue
            self._add(path, code, indicator, sources)
            if indicator.kind not in kinds:
                readable = " or ".join(sorted(kinds))
                message = f"{code!r} is a {indicator.kind}, this formula reads a {readable}"
                self._document.problem(parameter_path, message)
            elif options is not None and set(options) != set(indicator.options):
                for unknown in [option for option in options if option not in indicator.options]:
                    hint = did_you_mean(unknown, indicator.options)
                    message = f"{code!r} has no option {unknown!r}{hint}"
                    self._document.problem((*path, "options", unknown), message, key=True)
                without_points = ", ".join(option for option in indicator.options if option not in options)
                if without_points:
                    self._document.problem(
                        (*path, "options"), f"gives no points for option {without_points} of {code!r}"
                    )

    def _add(self, path: Path, code: str, indicator: Indicator, sources: tuple[Source, ...]) -> None:
        """Adds an indicator to those that criteria read, and one more for each further source of its answers."""
        if code.startswith(PREVIOUS):  # last period's answer is final: it has no sources
            self.read.setdefault(code, previous(indicator))
            return
        first, where = self._sources.setdefault(code, (sources, show_path(path)))
        if first != sources:
            message = f"{code!r} also has the sources {', '.join(first)} at {where}"
            self._document.problem((*path, "sources"), message)
        self.read.setdefault(code, indicator)
        for source in sources[1:]:
            self.read.setdefault(source_column(code, source), from_source(indicator, source))
