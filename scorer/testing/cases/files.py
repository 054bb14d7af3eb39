"""Finds the cases of criteria sets: the cases of NAME.yaml are in NAME.cases.yaml in the same directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path

from scorer.catalogue.bases import document_bases
from scorer.catalogue.catalogue import Catalogue
from scorer.catalogue.directory import SET_SUFFIX
from scorer.criteria.document import Problem, as_mapping
from scorer.criteria.yaml_parser import parse, read_document
from scorer.engine.gates import GateCompiler
from scorer.model.untrusted import escaped
from scorer.plugins.declaration import CASES_SUFFIX
from scorer.plugins.host import PluginHost


@dataclass(frozen=True)
class LoadedCases:
    """A criteria set and the file with its cases."""

    source: str
    """Name of the set's document in messages."""
    catalogue: Catalogue
    """A catalogue with this set only; without sets if the document was refused."""
    cases: Traversable | None
    """The file with the cases; None if there is no such file."""

    @property
    def code(self) -> str:
        """The set's code; if the set was refused, the code that its document states."""
        return next(iter(self.catalogue.sets), self.catalogue.refused[0].code if self.catalogue.refused else "")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the set was refused."""
        return tuple(problem for refusal in self.catalogue.refused for problem in refusal.problems)


class CaseLoader:
    """Loads criteria sets with their cases.

    Args:
        host: the installed plugins.
        compiler: compiles gates.
    """

    def __init__(self, host: PluginHost, compiler: GateCompiler) -> None:
        self._host, self._compiler = host, compiler

    def installed(self) -> Iterator[LoadedCases]:
        """Every set that the plugins issue.

        Raises:
            OSError: a file cannot be read.
        """
        for plugin in self._host.plugins:
            for file in plugin.criteria_sets:
                yield self._load(file, _cases_file(file))

    def file(self, file: Path) -> LoadedCases:
        """A set that need not be installed, given by its own file or the file with its cases.

        If a file with cases has no set in the same directory, its cases test the installed set that the file names.

        Raises:
            OSError: a file cannot be read.
            LookupError: there is no set in the same directory, and no installed set with the code in the file.
        """
        if not file.name.endswith(CASES_SUFFIX):
            return self._load(file, _cases_file(file))
        text = read_document(file)
        set_file = file.with_name(file.name.removesuffix(CASES_SUFFIX) + SET_SUFFIX)
        if set_file.is_file():
            return self._load(set_file, file)
        code = as_mapping(parse(text, file.name).data).get("criteria_set")
        for tested in self.installed():
            if tested.code == code:
                return LoadedCases(tested.source, tested.catalogue, file)
        raise LookupError(f"there is neither {set_file.name} beside {file} nor an installed criteria set {code!r}")

    def _load(self, file: Traversable, cases: Traversable | None) -> LoadedCases:
        source = display_path(file)
        catalogue = Catalogue.load(
            self._host, [(source, read_document(file))], self._compiler, partial(document_bases, self._host, file)
        )
        return LoadedCases(source, catalogue, cases)


def display_path(file: Traversable) -> str:
    """A file's name for messages: relative if the file is below the working directory, otherwise absolute."""
    text = str(file)
    relative = os.path.relpath(text) if os.path.isabs(text) else text  # noqa: PTH117
    return escaped(text if relative.startswith(os.pardir) else relative)


def _cases_file(file: Traversable) -> Traversable | None:
    """The file with the cases of a set; None: it has none."""
    parent = getattr(file, "parent", None)  # not in Traversable, but files on disk and in zip archives have it
    if not isinstance(parent, Traversable) or not file.name.endswith(SET_SUFFIX):
        return None
    cases = parent.joinpath(file.name.removesuffix(SET_SUFFIX) + CASES_SUFFIX)
    return cases if cases.is_file() else None
