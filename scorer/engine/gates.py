"""Gate tables: the rule engine compiles them while a criteria set loads; scoring only looks levels up in them.

Gates compare measures with constant thresholds. The thresholds of a measure divide its range into intervals, and a cell
is one combination of intervals, one per measure. All units in a cell pass the same gates, so one decision per cell is
enough. durable-rules makes these decisions in a separate process, and each is checked against a plain comparison.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scorer.model.child_processes import child_environment
from scorer.model.fixed_point import Ints

COMMAND = (sys.executable, "-P", "-W", "ignore", "-m", "scorer.engine.gate_process")
"""Starts the rule engine's process. Warnings are off because durable-rules uses deprecated calls of Python 3.12."""

ENGINE_MISSING = 3
"""Exit code of the process when durable-rules cannot be imported."""

MAX_EXACT_INTEGER = 2**53
"""The rule engine compares whole numbers up to this one exactly (it is exact to 64 bits)."""


def threshold(unit: str, minimum: int, *, strict: bool) -> int:
    """The least key with which a measure passes a gate.

    The key of points is the micropoints. The key of a percentage is twice the parts per million, rounded down, plus 1
    if there was a fraction. So "at least t" is ``key >= 2t``, and "more than t" is ``key >= 2t + 1``.
    """
    return (2 * minimum if unit == "percent" else minimum) + strict


def least_reaching(unit: str, threshold: int) -> float:
    """The least double that reaches a threshold: micropoints, or parts per million with their fraction."""
    if unit != "percent":
        return threshold
    return math.nextafter(threshold // 2, math.inf) if threshold % 2 else threshold / 2


@dataclass(frozen=True)
class Rules:
    """The gates of a category in numbers: for each level, the thresholds that measures must reach."""

    levels: tuple[tuple[tuple[int, int], ...], ...]
    """Best level first; pairs of a measure's index and a threshold."""
    measures: int
    """Number of measures."""

    def thresholds(self) -> list[list[int]]:
        """The thresholds of each measure, ascending."""
        return [
            sorted({threshold for level in self.levels for measure, threshold in level if measure == index})
            for index in range(self.measures)
        ]

    def cells(self) -> list[tuple[int, ...]]:
        """For each cell, one value per measure: the smallest of its interval. The last measure varies fastest."""
        return list(itertools.product(*([own[0] - 1, *own] for own in self.thresholds())))

    def task(self) -> dict[str, object]:
        """The task for the rule engine, see ``scorer.engine.gate_process``."""
        return {"levels": self.levels, "cells": self.cells()}

    def digest(self) -> str:
        """SHA-256 hash. Rules with equal hashes have equal tables."""
        return hashlib.sha256(json.dumps([self.levels, self.measures]).encode()).hexdigest()


@dataclass(frozen=True)
class GateTable:
    """The best level of every cell."""

    thresholds: tuple[tuple[int, ...], ...]
    """The thresholds of each measure, ascending."""
    best: Ints
    """(cells,) index of the best level passed, or the number of levels if none is passed; the last measure varies
    fastest."""


class GateCompilerError(Exception):
    """Gates could not be compiled. The text gives the reason."""


class EngineMissing(GateCompilerError):
    """durable-rules cannot be imported here. The text has the command that repairs the installation."""


class EasierLevel(GateCompilerError):
    """In some cell, a better level is passed and a worse one is not.

    Attributes:
        better: index of the better level.
        worse: index of the worse level.
        key: index of a measure for which the worse level has the higher threshold.
    """

    def __init__(self, better: int, worse: int, key: int) -> None:
        super().__init__("a better level holds where a worse one does not")
        self.better, self.worse, self.key = better, worse, key


class GateCompiler:
    """Compiles gates into tables, and caches the tables by the hash of their rules.

    Args:
        command: starts a process that answers tasks as ``scorer.engine.gate_process`` does.
        time_limit: seconds that one run of the process may take.
    """

    def __init__(self, command: Sequence[str] = COMMAND, time_limit: float = 60.0) -> None:
        self._command = list(command)
        self._time_limit = time_limit
        self._tables: dict[str, GateTable] = {}

    def compile(self, all_rules: Sequence[Rules]) -> list[GateTable]:
        """Returns one table for each ``Rules``.

        Raises:
            GateCompilerError: the engine crashed, hung or gave a wrong answer, or a better level is easier to reach
                than a worse one.
        """
        new = {rules.digest(): rules for rules in all_rules if rules.digest() not in self._tables}
        for rules in new.values():
            if any(abs(t) >= MAX_EXACT_INTEGER for level in rules.levels for _, t in level) or not all(rules.levels):
                raise GateCompilerError("a gate's minimum is out of range, or a level has no gates")
        if new:
            answers = self._run([rules.task() for rules in new.values()])
            tables = {
                digest: _table(rules, answer) for (digest, rules), answer in zip(new.items(), answers, strict=True)
            }
            self._tables.update(tables)
        return [self._tables[rules.digest()] for rules in all_rules]

    def forget_others(self, used: Iterable[GateTable | None]) -> None:
        """Removes all tables from the cache except those in ``used``."""
        used_ids = {id(table) for table in used}
        self._tables = {digest: table for digest, table in self._tables.items() if id(table) in used_ids}

    def check(self) -> None:
        """Starts the rule engine once without any task, to check that it works.

        Raises:
            GateCompilerError: it does not work; ``EngineMissing`` if durable-rules cannot be imported.
        """
        self._run([])

    def _run(self, tasks: list[dict[str, object]]) -> list[object]:
        """Answers of the rule engine's process, one per task, not yet checked."""
        try:
            done = subprocess.run(
                self._command,
                input=json.dumps(tasks),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=child_environment(),
                timeout=self._time_limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise GateCompilerError(f"the rule engine gave no answer within {self._time_limit:g} seconds") from None
        except OSError as error:
            raise GateCompilerError(f"the rule engine could not be started: {error}") from None
        stderr = " ".join(done.stderr.split()[-60:])
        if done.returncode == ENGINE_MISSING:
            raise EngineMissing(stderr)
        if done.returncode:
            end = f"died of signal {-done.returncode}" if done.returncode < 0 else f"ended with code {done.returncode}"
            raise GateCompilerError(f"the rule engine {end}{': ' + stderr if stderr else ''}")
        try:
            answers = json.loads(done.stdout)
        except (ValueError, RecursionError):
            answers = None
        if not isinstance(answers, list) or len(answers) != len(tasks):
            raise GateCompilerError("the rule engine gave no readable answer")
        return answers


def _table(rules: Rules, answer: object) -> GateTable:
    """The gate table from an answer of the rule engine, checked cell by cell."""
    cells = rules.cells()
    if not isinstance(answer, list) or len(answer) != len(cells):
        raise GateCompilerError("the rule engine left cells of the decision table out")
    best = []
    for cell, bits in zip(cells, answer, strict=True):
        passed = [all(cell[measure] >= threshold for measure, threshold in level) for level in rules.levels]
        if bits != sum(1 << level for level, holds in enumerate(passed) if holds):
            raise GateCompilerError(f"the rule engine decided wrongly: measures {cell}, passes {passed}, said {bits}")
        for level, holds in enumerate(passed):
            if holds and not all(passed[level:]):
                worse = passed.index(False, level)
                failing = next(measure for measure, threshold in rules.levels[worse] if cell[measure] < threshold)
                raise EasierLevel(level, worse, failing)
        best.append(passed.index(True) if any(passed) else len(passed))
    return GateTable(tuple(map(tuple, rules.thresholds())), np.array(best, dtype=np.int64))
