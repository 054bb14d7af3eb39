"""scorer criteria test: runs the cases of criteria sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from scorer.catalogue.directory import SET_SUFFIX
from scorer.cli.loading import installed_host, working_compiler
from scorer.cli.output import UserError, err, json_text, out, print_error, table
from scorer.criteria.document import Problem
from scorer.model.suggestions import did_you_mean
from scorer.testing.cases.files import CaseLoader, LoadedCases
from scorer.testing.cases.runner import CaseFile, Outcome


@dataclass(frozen=True)
class _Run:
    """A criteria set with its cases and their outcomes."""

    tested: LoadedCases
    file: CaseFile | None
    """The cases; None if the set was refused or has no cases."""
    outcomes: tuple[Outcome, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems in the document of the set and in the document of its cases."""
        return self.tested.problems + (self.file.document.sorted_problems() if self.file else ())

    @property
    def failed(self) -> int:
        """Number of cases whose result differs from the expected one. A case that could not be run is a problem."""
        return sum(bool(outcome.failures) for outcome in self.outcomes)


def run_cases(
    names: list[str] = typer.Argument(None, help="Codes of installed sets, or YAML files.", metavar="[SET|FILE]..."),
    json_output: bool = typer.Option(False, "--json", help="Print the results as JSON instead."),
) -> None:
    """Test criteria sets by their cases. The cases of NAME.yaml are in NAME.cases.yaml in the same directory.

    Without a name, all installed sets are tested. Exit code 1 if a case fails, 2 if a document cannot be used.
    """
    with err.status("loading criteria sets"):
        try:
            runs = [_run(tested) for tested in _chosen(names or [])]
        except OSError as error:
            raise UserError(f"cannot read {error.filename}: {error.strerror}") from error
    for run in runs:
        for problem in run.problems:
            print_error(str(problem))
    if json_output:
        out.write_text(json_text(_as_json(runs)))
    else:
        for run in runs:
            _report(run)
        _print_summary(runs)
    if broken := dict.fromkeys(problem.source for run in runs for problem in run.problems):
        raise UserError(f"{', '.join(broken)}: cannot be used")
    if any(run.failed for run in runs):
        raise typer.Exit(1)


def _chosen(names: Sequence[str]) -> Iterator[LoadedCases]:
    """Yields the sets and cases that the arguments name; without arguments, all that are installed.

    Raises:
        UserError: a set or file does not exist, or a set has no cases.
    """
    loader = CaseLoader(installed_host(), working_compiler())
    codes = [name for name in names if not is_file(name)]
    installed = list(loader.installed()) if codes or not names else []
    if not names:
        yield from installed
    seen: set[tuple[str, str]] = set()
    by_code = {tested.code: tested for tested in sorted(installed, key=lambda tested: tested.code)}
    for name in names:
        if is_file(name):
            tested = _from_file(loader, name)
        elif name in by_code:
            tested = by_code[name]
        else:
            raise UserError(
                f"there is no criteria set {name!r}; there are: {', '.join(by_code)}{did_you_mean(name, by_code)}"
            )
        if tested.cases is None and not tested.problems:
            raise UserError(f"criteria set {tested.code!r} has no cases beside {tested.source}")
        sources = (tested.source, str(tested.cases))
        if sources not in seen:  # a shell expands *.yaml to both a set and its cases
            yield tested
        seen.add(sources)


def is_file(name: str) -> bool:
    """Whether an argument is the path of a file, not the code of a set."""
    return name.endswith((SET_SUFFIX, ".yml")) or "/" in name


def _from_file(loader: CaseLoader, name: str) -> LoadedCases:
    try:
        return loader.file(Path(name))
    except LookupError as error:
        raise UserError(str(error)) from error


def _run(tested: LoadedCases) -> _Run:
    if tested.cases is None or tested.problems:
        return _Run(tested, None, ())
    file = CaseFile.read(tested)
    return _Run(tested, file, tuple(map(file.run, file.cases)))


def _report(run: _Run) -> None:
    """Prints one line per case; below a failed case, its expected and actual values."""
    for outcome in run.outcomes:
        case = outcome.case
        if not outcome.ran:
            continue
        label = "[green]ok[/green]    " if outcome.passed else "[red]FAILED[/red]"
        out.print(f"{label} {run.tested.code}: {escape(case.name)}", soft_wrap=True)
        if outcome.passed:
            continue
        assert run.file is not None
        shown = table("where", "what", "expected", "actual")
        for check in outcome.failures:
            shown.add_row(*map(escape, (run.file.where(check.path), check.label, check.expected, check.actual)))
        out.print(shown)


def _print_summary(runs: Sequence[_Run]) -> None:
    files = [run.file for run in runs if run.file]
    cases = sum(file.case_count for file in files)
    passed = sum(outcome.passed for run in runs for outcome in run.outcomes)
    failed = sum(run.failed for run in runs)
    summary = f"{counted(cases, 'case')} of {counted(len(files), 'criteria set')}: {passed} ok, {failed} failed"
    out.print(summary + (f", {cases - passed - failed} not run" if cases > passed + failed else ""))
    if without := [run.tested.code for run in runs if run.tested.cases is None and run.tested.code]:
        out.print(f"without cases: {', '.join(without)}", markup=False, soft_wrap=True)


def counted(number: int, noun: str) -> str:
    """A number and its noun, such as "1 case" or "2 cases"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _as_json(runs: Sequence[_Run]) -> dict[str, Any]:
    return {
        "sets": [
            {
                "criteria_set": run.tested.code,
                "source": run.tested.source,
                "cases": run.file.source if run.file else None,
                "problems": [problem._asdict() for problem in run.problems],
                "outcomes": [_outcome(run, outcome) for outcome in run.outcomes],
            }
            for run in runs
        ]
    }


def _outcome(run: _Run, outcome: Outcome) -> dict[str, Any]:
    assert run.file is not None
    checks = []
    for check in outcome.checks:
        line, column = run.file.position(check.path)
        checks.append(
            {
                "line": line,
                "column": column,
                "what": check.label,
                "expected": check.expected,
                "actual": check.actual,
                "passed": check.passed,
            }
        )
    case = outcome.case
    return {
        "name": case.name,
        "line": case.line,
        "provenance": case.provenance.value,
        "passed": outcome.passed,
        "checks": checks,
    }
