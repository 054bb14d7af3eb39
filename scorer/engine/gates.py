"""Gate tables: the rule engine compiles rules while a criteria set loads; scoring only looks results up in them.

A rule is the condition of a level or a limit. It compares keys, such as the percentage of a group, with constant
thresholds. The thresholds of a key divide its range into intervals, and a cell is one combination of intervals, one per
key of the rule. The rule has the same result for all units in a cell, so one decision per cell is enough. durable-rules
makes these decisions in a separate process, and each is checked against a plain comparison.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scorer.engine.gate_cache import GateCache
from scorer.model.child_processes import child_environment
from scorer.model.fixed_point import Bools

COMMAND = (sys.executable, "-P", "-W", "ignore", "-m", "scorer.engine.gate_process")
"""Starts the rule engine's process. Warnings are off because durable-rules uses deprecated calls of Python 3.12."""

ENGINE_MISSING = 3
"""Exit code of the process when durable-rules cannot be imported."""

MAX_EXACT_INTEGER = 2**53
"""Thresholds must be smaller, so that doubles hold them exactly. The rule engine itself is exact to 64 bits."""


def threshold(unit: str, minimum: int, *, strict: bool) -> int:
    """The least key that passes a gate: the minimum, or if ``strict`` the next larger key.

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
class RangeTest:
    """A gate in numbers: a key must be in one of ``ranges``, which neither overlap nor touch."""

    key: int
    """Index of the key among those of the rule."""
    ranges: tuple[tuple[int | None, int | None], ...]
    """Pairs of the least and the largest key, ascending; None: no bound."""

    def holds(self, value: int) -> bool:
        """Whether a key is in one of the ranges."""
        return any((low is None or value >= low) and (high is None or value <= high) for low, high in self.ranges)

    def thresholds(self) -> Iterator[int]:
        """The values of the key at which the result changes."""
        for low, high in self.ranges:
            if low is not None:
                yield low
            if high is not None:
                yield high + 1


@dataclass(frozen=True)
class AtLeast:
    """A combination: at least ``at_least`` of the tests and combinations in ``of`` must hold."""

    at_least: int
    of: tuple[RangeTest | AtLeast, ...]

    def tests(self) -> Iterator[RangeTest]:
        """All tests, from left to right."""
        for inner in self.of:
            if isinstance(inner, AtLeast):
                yield from inner.tests()
            else:
                yield inner


@dataclass(frozen=True)
class Rule:
    """The condition of a level or limit in numbers."""

    root: AtLeast
    keys: int
    """Number of keys that the rule compares."""

    @cached_property
    def thresholds(self) -> tuple[tuple[int, ...], ...]:
        """The thresholds of each key, ascending."""
        return tuple(
            tuple(sorted({value for test in self.root.tests() if test.key == key for value in test.thresholds()}))
            for key in range(self.keys)
        )

    @cached_property
    def cells(self) -> list[tuple[int, ...]]:
        """For each cell, one value per key: the smallest of the key's interval, or the largest of an interval without a
        smallest.

        The last key varies fastest.
        """
        return list(itertools.product(*([own[0] - 1, *own] for own in self.thresholds)))

    def task(self) -> dict[str, Any]:
        """The task for the rule engine, see ``scorer.engine.gate_process``."""
        return {"rule": _as_json(self.root), "cells": self.cells}

    def digest(self) -> str:
        """SHA-256 hash. Rules with equal hashes have equal tables."""
        return hashlib.sha256(json.dumps([_as_json(self.root), self.keys]).encode()).hexdigest()


@dataclass(frozen=True)
class GateTable:
    """The result of a rule in every cell."""

    thresholds: tuple[tuple[int, ...], ...]
    """The thresholds of each key, ascending."""
    holds: Bools
    """(cells,) whether the rule holds; the last key varies fastest."""


class GateCompilerError(Exception):
    """Rules could not be compiled. The text gives the reason."""


class EngineMissing(GateCompilerError):
    """durable-rules cannot be imported here. The text has the command that repairs the installation."""


class GateCompiler:
    """Compiles rules into tables, and keeps the tables in memory by the hash of their rules.

    Args:
        command: starts a process that answers tasks as ``scorer.engine.gate_process`` does.
        time_limit: seconds that one run of the process may take.
        cache: keeps the decisions of the rule engine for later processes; None: they are not kept.
    """

    def __init__(
        self, command: Sequence[str] = COMMAND, time_limit: float = 60.0, cache: GateCache | None = None
    ) -> None:
        self._command = list(command)
        self._time_limit = time_limit
        self._cache = cache
        self._tables: dict[str, GateTable] = {}

    def compile(self, rules: Sequence[Rule]) -> list[GateTable]:
        """Returns one table for each rule. One process compiles all rules whose tables are neither in memory nor
        cached.

        Raises:
            GateCompilerError: the engine crashed, hung or gave a wrong answer.
        """
        digests = [rule.digest() for rule in rules]
        new = {digest: rule for digest, rule in zip(digests, rules, strict=True) if digest not in self._tables}
        for rule in new.values():
            if any(abs(value) >= MAX_EXACT_INTEGER for own in rule.thresholds for value in own) or not all(
                rule.thresholds
            ):
                raise GateCompilerError("the minimum of a gate is out of range, or a rule has no gates")
        cached = {digest: table for digest, rule in new.items() if (table := self._cached_table(digest, rule))}
        self._tables.update(cached)
        new = {digest: rule for digest, rule in new.items() if digest not in cached}
        if new:
            answers = self._run([rule.task() for rule in new.values()])
            pairs = zip(new.items(), answers, strict=True)
            compiled = {digest: _table(rule, answer) for (digest, rule), answer in pairs}
            self._tables.update(compiled)
            if self._cache:
                for digest, table in compiled.items():
                    self._cache.write(digest, table.holds.tolist())
        return [self._tables[digest] for digest in digests]

    def _cached_table(self, digest: str, rule: Rule) -> GateTable | None:
        """The table of a rule from the cache, checked like an answer of the rule engine; None if there is none."""
        answer = self._cache.read(digest, len(rule.cells)) if self._cache else None
        if self._cache is None or answer is None:
            return None
        try:
            return _table(rule, answer)
        except GateCompilerError:
            self._cache.reject(digest, "it has wrong decisions")
            return None

    def forget_others(self, used: Iterable[GateTable | None]) -> None:
        """Removes all tables from memory except those in ``used``."""
        used_ids = {id(table) for table in used}
        self._tables = {digest: table for digest, table in self._tables.items() if id(table) in used_ids}

    def check(self) -> None:
        """Starts the rule engine once without any task, to check that it works.

        Raises:
            GateCompilerError: it does not work; ``EngineMissing`` if durable-rules cannot be imported.
        """
        self._run([])

    def _run(self, tasks: list[dict[str, Any]]) -> list[object]:
        """Runs the rule engine's process, and returns its answers, one per task, not yet checked."""
        try:
            completed = subprocess.run(
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
        stderr = " ".join(completed.stderr.split()[-60:])
        if completed.returncode == ENGINE_MISSING:
            raise EngineMissing(stderr)
        if completed.returncode:
            end = (
                f"died of signal {-completed.returncode}"
                if completed.returncode < 0
                else f"ended with code {completed.returncode}"
            )
            raise GateCompilerError(f"the rule engine {end}{': ' + stderr if stderr else ''}")
        try:
            answers = json.loads(completed.stdout)
        except (ValueError, RecursionError):
            answers = None
        if not isinstance(answers, list) or len(answers) != len(tasks):
            raise GateCompilerError("the rule engine gave no readable answer")
        return answers


def _as_json(node: RangeTest | AtLeast) -> dict[str, Any]:
    if isinstance(node, RangeTest):
        return {"key": node.key, "ranges": node.ranges}
    return {"at_least": node.at_least, "of": [_as_json(inner) for inner in node.of]}


def _table(rule: Rule, answer: object) -> GateTable:
    """The gate table from an answer of the rule engine, checked cell by cell."""
    if not isinstance(answer, list) or len(answer) != len(rule.cells):
        raise GateCompilerError("the rule engine left out cells of the gate table")
    for cell, decision in zip(rule.cells, answer, strict=True):
        holds = _holds(rule.root, cell)
        if decision is not holds:
            raise GateCompilerError(f"the rule engine decided wrongly for keys {cell}: {decision} instead of {holds}")
    return GateTable(rule.thresholds, np.array(answer, dtype=np.bool_))


def _holds(node: RangeTest | AtLeast, cell: Sequence[int]) -> bool:
    """Whether a rule holds in a cell, by plain comparisons."""
    if isinstance(node, RangeTest):
        return node.holds(cell[node.key])
    return sum(_holds(inner, cell) for inner in node.of) >= node.at_least
