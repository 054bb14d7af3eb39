"""Gates as decision tables: compiled by the rule engine while a criteria set loads, looked up while units are scored.

A gate compares a measure with constants only, so all units whose measures lie in the same intervals between
thresholds get the same answer. The intervals of all measures together are the cells of a table; durable-rules decides
each cell once, in a process of its own, and each answer is checked against the plain comparison.
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

from scorer.model.fixed_point import Ints

COMMAND = (sys.executable, "-P", "-W", "ignore", "-m", "scorer.engine.gate_process")
"""The rule engine's process; durable-rules warns of its own old calls on Python 3.12 and later."""

ENGINE_MISSING = 3
"""Exit code of the process when durable-rules cannot be imported."""

MAX_EXACT_INTEGER = 2**53
"""Whole numbers up to here compare exactly in the engine (it is exact to 64 bits)."""


def threshold(unit: str, minimum: int, *, strict: bool) -> int:
    """The whole number that a measure's key must reach.

    The key of points is themselves. That of percent is twice the parts per million, rounded down, plus 1 if something
    was left: at least t is ``>= 2t``, above t is ``>= 2t + 1``.
    """
    return (2 * minimum if unit == "percent" else minimum) + strict


def least_reaching(unit: str, threshold: int) -> float:
    """The least double that reaches a threshold: of the micropoints, or of the parts per million with what was left."""
    if unit != "percent":
        return threshold
    return math.nextafter(threshold // 2, math.inf) if threshold % 2 else threshold / 2


@dataclass(frozen=True)
class Rules:
    """What a table decides: per level (best first) the thresholds that measures must reach."""

    levels: tuple[tuple[tuple[int, int], ...], ...]
    """Pairs of a measure's place and a threshold."""
    measures: int

    def edges(self) -> list[list[int]]:
        """Each measure's thresholds, ascending."""
        return [sorted({t for level in self.levels for m, t in level if m == place}) for place in range(self.measures)]

    def cells(self) -> list[tuple[int, ...]]:
        """One value a measure for each cell, the smallest of its interval; the last measure runs fastest."""
        return list(itertools.product(*([edges[0] - 1, *edges] for edges in self.edges())))

    def task(self) -> dict[str, object]:
        """For the rule engine."""
        return {"levels": self.levels, "cells": self.cells()}

    def digest(self) -> str:
        """SHA-256: equal gates have equal tables."""
        return hashlib.sha256(json.dumps([self.levels, self.measures]).encode()).hexdigest()


@dataclass(frozen=True)
class GateTable:
    """The best level of every cell."""

    edges: tuple[tuple[int, ...], ...]
    """Each measure's thresholds, ascending."""
    best: Ints
    """(cells,) place of the best level passed, the last measure running fastest; the number of levels where none is."""


class GateCompilerError(Exception):
    """Gates could not be compiled; the text says why."""


class EngineMissing(GateCompilerError):
    """durable-rules cannot be imported here; the text has the command that mends it."""


class EasierLevel(GateCompilerError):
    """A better level holds where a worse one does not: places of both, and of a key of which the worse asks more."""

    def __init__(self, better: int, worse: int, key: int) -> None:
        super().__init__("a better level holds where a worse one does not")
        self.better, self.worse, self.key = better, worse, key


class GateCompiler:
    """Compiles gates, remembering equal ones until told to forget.

    Args:
        command: what answers tasks as ``scorer.engine.gate_process`` does.
        time_limit: seconds that one call of it may take.
    """

    def __init__(self, command: Sequence[str] = COMMAND, time_limit: float = 60.0) -> None:
        self._command = list(command)
        self._time_limit = time_limit
        self._tables: dict[str, GateTable] = {}

    def compile(self, wanted: Sequence[Rules]) -> list[GateTable]:
        """A table for each of the rules.

        Raises:
            GateCompilerError: the engine crashed, hung, answered wrongly, or a better level is easier than a worse.
        """
        new = {rules.digest(): rules for rules in wanted if rules.digest() not in self._tables}
        for rules in new.values():
            if any(abs(t) >= MAX_EXACT_INTEGER for level in rules.levels for _, t in level) or not all(rules.levels):
                raise GateCompilerError("a gate's minimum is out of range, or a level has no gates")
        if new:
            answers = self._ask([rules.task() for rules in new.values()])
            tables = {
                digest: _table(rules, answer) for (digest, rules), answer in zip(new.items(), answers, strict=True)
            }
            self._tables.update(tables)
        return [self._tables[rules.digest()] for rules in wanted]

    def forget_others(self, used: Iterable[GateTable | None]) -> None:
        """Remembers no tables but those in use; whoever still looks others up keeps them."""
        places = {id(table) for table in used}
        self._tables = {digest: table for digest, table in self._tables.items() if id(table) in places}

    def check(self) -> None:
        """Starts the rule engine once, to see that it is there.

        Raises:
            GateCompilerError: it is not; ``EngineMissing`` when durable-rules cannot be imported.
        """
        self._ask([])

    def _ask(self, tasks: list[dict[str, object]]) -> list[object]:
        try:
            done = subprocess.run(
                self._command,
                input=json.dumps(tasks),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=self._time_limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise GateCompilerError(f"the rule engine gave no answer within {self._time_limit:g} seconds") from None
        except OSError as error:
            raise GateCompilerError(f"the rule engine could not be started: {error}") from None
        said = " ".join(done.stderr.split()[-60:])
        if done.returncode == ENGINE_MISSING:
            raise EngineMissing(said)
        if done.returncode:
            how = f"died of signal {-done.returncode}" if done.returncode < 0 else f"ended with code {done.returncode}"
            raise GateCompilerError(f"the rule engine {how}{': ' + said if said else ''}")
        try:
            answers = json.loads(done.stdout)
        except (ValueError, RecursionError):
            answers = None
        if not isinstance(answers, list) or len(answers) != len(tasks):
            raise GateCompilerError("the rule engine gave no readable answer")
        return answers


def _table(rules: Rules, answer: object) -> GateTable:
    cells = rules.cells()
    if not isinstance(answer, list) or len(answer) != len(cells):
        raise GateCompilerError("the rule engine left cells of the decision table out")
    best = []
    for cell, bits in zip(cells, answer, strict=True):
        passed = [all(cell[m] >= t for m, t in level) for level in rules.levels]
        if bits != sum(1 << n for n, holds in enumerate(passed) if holds):
            raise GateCompilerError(f"the rule engine decided wrongly: measures {cell}, passes {passed}, said {bits}")
        for n, holds in enumerate(passed):
            if holds and not all(passed[n:]):
                worse = passed.index(False, n)
                lacking = next(m for m, t in rules.levels[worse] if cell[m] < t)
                raise EasierLevel(n, worse, lacking)
        best.append(passed.index(True) if any(passed) else len(passed))
    return GateTable(tuple(map(tuple, rules.edges())), np.array(best, dtype=np.int64))
