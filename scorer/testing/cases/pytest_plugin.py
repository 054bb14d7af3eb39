"""Cases as pytest items: ``pytest -p scorer.testing.cases.pytest_plugin`` collects every NAME.cases.yaml.

It is asked for, on the command line or in ``addopts``, and never loaded because the scorer happens to be installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from scorer.engine.gates import GateCompiler
from scorer.plugins.declaration import CASES_SUFFIX
from scorer.plugins.host import PluginHost
from scorer.testing.cases.files import CaseLoader
from scorer.testing.cases.model import Case
from scorer.testing.cases.runner import CaseFile, Outcome

_SHELF = pytest.StashKey[CaseLoader]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Files of cases, named or found in a folder."""
    return CasesFile.from_parent(parent, path=file_path) if file_path.name.endswith(CASES_SUFFIX) else None


class CaseFailure(Exception):
    """A case came out otherwise, or its answers were not taken."""

    def __init__(self, file: CaseFile, outcome: Outcome) -> None:
        super().__init__(outcome.case.name)
        self.file, self.outcome = file, outcome

    def lines(self) -> Iterable[str]:
        """File and line of each expectation, what was expected and what came."""
        for problem in self.outcome.problems:
            yield str(problem)
        for check in self.outcome.failures:
            yield f"{self.file.where(check.path)}: {check.what}"
            for word, text in (("expected", check.expected), ("actual", check.actual)):
                for n, line in enumerate(text.splitlines()):
                    yield f"    {word if n == 0 else '':8}  {line}"


class CasesFile(pytest.File):
    """A document of cases."""

    def collect(self) -> Iterable[pytest.Item]:
        """The cases.

        Raises:
            CollectError: the document, or that of its set, cannot be used.
        """
        stash = self.session.stash
        if _SHELF not in stash:
            stash[_SHELF] = CaseLoader(PluginHost.installed(), GateCompiler())
        try:
            tested = stash[_SHELF].file(self.path)
        except LookupError as error:
            raise self.CollectError(str(error)) from error
        file = None if tested.problems else CaseFile.read(tested)
        problems = file.document.sorted_problems() if file else tested.problems
        if problems or file is None:
            raise self.CollectError("\n".join(map(str, problems)))
        return [CaseItem.from_parent(self, name=case.name, file=file, case=case) for case in file.cases]


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, file: CaseFile, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._file, self._case = file, case

    def runtest(self) -> None:
        """Runs the case.

        Raises:
            CaseFailure: it came out otherwise.
        """
        outcome = self._file.run(self._case)
        if not outcome.passed:
            raise CaseFailure(self._file, outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Expected and actual instead of a traceback through the scorer."""
        if isinstance(excinfo.value, CaseFailure):
            return "\n".join(excinfo.value.lines())
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line from 0, and the case's name."""
        return self.path, self._case.line - 1, self._case.name
