"""A pytest plugin that collects cases: ``pytest -p scorer.testing.cases.pytest_plugin`` runs every NAME.cases.yaml.

It must be enabled on the command line, in ``addopts`` or by the setting ``scorer_cases``.
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

_LOADER = pytest.StashKey[CaseLoader]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collects files with cases."""
    return CasesFile.from_parent(parent, path=file_path) if file_path.name.endswith(CASES_SUFFIX) else None


class CaseFailure(Exception):
    """A result differs from a case's expectations, or the service refused the answers."""

    def __init__(self, file: CaseFile, outcome: Outcome) -> None:
        super().__init__(outcome.case.name)
        self.file, self.outcome = file, outcome

    def lines(self) -> Iterable[str]:
        """Lines of text: each problem, and each failed expectation with file, line, expected and actual result."""
        for problem in self.outcome.problems:
            yield str(problem)
        for check in self.outcome.failures:
            yield f"{self.file.where(check.path)}: {check.label}"
            for label, text in (("expected", check.expected), ("actual", check.actual)):
                for n, line in enumerate(text.splitlines()):
                    yield f"    {label if n == 0 else '':8}  {line}"


class CasesFile(pytest.File):
    """A file with cases."""

    def collect(self) -> Iterable[pytest.Item]:
        """The cases of the file.

        Raises:
            CollectError: the file, or the document of its criteria set, cannot be used.
        """
        stash = self.session.stash
        if _LOADER not in stash:
            stash[_LOADER] = CaseLoader(PluginHost.installed(), GateCompiler())
        try:
            tested = stash[_LOADER].file(self.path)
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
            CaseFailure: the case failed.
        """
        outcome = self._file.run(self._case)
        if not outcome.passed:
            raise CaseFailure(self._file, outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text of a failure: expected and actual results instead of a traceback."""
        if isinstance(excinfo.value, CaseFailure):
            return "\n".join(excinfo.value.lines())
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, the line (from 0), and the name of the case."""
        return self.path, self._case.line - 1, self._case.name
