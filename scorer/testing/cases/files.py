"""Where cases stand: those of a criteria set NAME.yaml in NAME.cases.yaml beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from scorer.catalogue.catalogue import Catalogue
from scorer.catalogue.directory import SET_ENDING
from scorer.criteria.document import Problem, parse, read_document
from scorer.engine.gates import GateCompiler
from scorer.model.untrusted import escaped
from scorer.plugins.declaration import CASES_SUFFIX
from scorer.plugins.host import PluginHost


@dataclass(frozen=True)
class LoadedCases:
    """A criteria set and the document of its cases."""

    source: str
    """The set's document, as messages name it."""
    catalogue: Catalogue
    """The set alone; empty when its document was refused."""
    cases: Traversable | None
    """None when there are none beside it."""

    @property
    def code(self) -> str:
        """The set's code; that which its document gives itself when it was refused."""
        return next(iter(self.catalogue.sets), self.catalogue.refused[0].code if self.catalogue.refused else "")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the set was refused."""
        return tuple(problem for refusal in self.catalogue.refused for problem in refusal.problems)


class CaseLoader:
    """Loads criteria sets with their cases.

    Args:
        host: the plugins that score.
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
                yield self._load(file, _sibling(file))

    def file(self, file: Path) -> LoadedCases:
        """A set that need not be installed, by its own file or by that of its cases.

        Cases without a set beside them belong to an installed one: that with the code they give.

        Raises:
            OSError: a file cannot be read.
            LookupError: cases that stand alone, and no installed set of their code.
        """
        if not file.name.endswith(CASES_SUFFIX):
            return self._load(file, _sibling(file))
        text = read_document(file)
        document = file.with_name(file.name.removesuffix(CASES_SUFFIX) + SET_ENDING)
        if document.is_file():
            return self._load(document, file)
        stated = parse(text, file.name).data
        code = stated.get("criteria_set") if isinstance(stated, dict) else None
        for tested in self.installed():
            if tested.code == code:
                return LoadedCases(tested.source, tested.catalogue, file)
        raise LookupError(f"there is neither {document.name} beside {file} nor an installed criteria set {code!r}")

    def _load(self, file: Traversable, cases: Traversable | None) -> LoadedCases:
        source = display_path(file)
        return LoadedCases(source, Catalogue.load(self._host, [(source, read_document(file))], self._compiler), cases)


def display_path(file: Traversable) -> str:
    """A file's name for people: short below the working directory."""
    text = str(file)
    short = os.path.relpath(text) if os.path.isabs(text) else text  # noqa: PTH117
    return escaped(text if short.startswith(os.pardir) else short)


def _sibling(file: Traversable) -> Traversable | None:
    """The cases beside a set. Files of packages have no parent in their protocol, but those on disk and in zips do."""
    parent = getattr(file, "parent", None)
    if not isinstance(parent, Traversable) or not file.name.endswith(SET_ENDING):
        return None
    cases = parent.joinpath(file.name.removesuffix(SET_ENDING) + CASES_SUFFIX)
    return cases if cases.is_file() else None
