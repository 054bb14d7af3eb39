"""The process that runs the rule engine while a criteria set loads. Other modules start it and never import it.

``python -m scorer.engine.gate_process`` reads a list of tasks from standard input and writes a list of answers to
standard output, both as JSON. If durable-rules crashes or hangs, only this process is affected.

    task   {"rule": NODE, "cells": [[value, ...], ...]}, with one value per key
    NODE   {"key": index, "ranges": [[least, largest], ...]} holds if the key is in one of the ranges; null: no bound
           {"at_least": count, "of": [NODE, ...]} holds if at least ``count`` of the nodes hold
    answer [true or false, ...], one per cell

A rule of a criteria set becomes a chain of rulesets of durable-rules. The first rulesets, one per key, compare the key
with ranges. Each of their rules that fires adds 1 to the count of its parent node. These counts are the facts of the
next ruleset, and so on up to the root. Equal facts are evaluated only once, which saves most evaluations: a "5 of 7"
has many cells, but only eight counts.

durable-rules 2.0.28 crashes, hangs and gives wrong answers in many situations. This module avoids them:

- It uses no Host and not ``durable.lang``, because their timers can take matches away from this module.
- There is only one sid and one id, and both are constant.
- Facts have only whole numbers under generated keys, and rules use only ``$gte``.
- The last rule always fires, which proves that an answer is complete.
- Each ruleset evaluates one fact in advance. Otherwise, deleting a new state that matched nothing would free
  uninitialized memory.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

REPAIR_COMMAND = (
    "CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject "
    "pip install --force-reinstall --no-deps --no-cache-dir durable-rules==2.0.28"
)
ENGINE_MISSING = 3
"""Exit code when durable-rules cannot be imported."""


class IncompleteAnswer(Exception):
    """The rule engine did not reach its last rule, or ran a rule twice."""


class _NoHost:
    """Passed to durable-rules in place of a Host. Only actions that are given by name would need a Host."""

    def get_action(self, name: str) -> NoReturn:
        raise LookupError(name)


class Conjunctions:
    """A ruleset of durable-rules. Each rule compares some of the numbers of a fact with thresholds. It fires if all of
    these numbers reach their thresholds.

    Args:
        ruleset: the class Ruleset of durable-rules.
        rules: for each rule, pairs of the index of a number and its threshold.
    """

    def __init__(self, ruleset: type[Any], rules: list[list[tuple[int, int]]]) -> None:
        self._fired: list[int | None] = []
        self._known: dict[tuple[int, ...], list[int]] = {}
        """For each fact evaluated, by its numbers: the indices of the rules that fired."""
        definition: dict[str, Any] = {}
        for index, rule in enumerate(rules):
            conditions = [{"$gte": {f"k{number}": threshold}} for number, threshold in sorted(rule)]
            definition[f"r{index}"] = {"all": [{"m": {"$and": conditions}}], "run": self._action(index)}
        definition["z"] = {"all": [{"m": {"u": 1}}], "run": self._action(None)}
        self._ruleset = ruleset("gates", _NoHost(), definition)
        pairs = [pair for rule in rules for pair in rule]
        count = 1 + max(number for number, _ in pairs)
        below_all = (min([t for n, t in pairs if n == number], default=0) - 1 for number in range(count))
        self.fired(tuple(below_all))  # the evaluation in advance, see the top of the module

    def _action(self, rule: int | None) -> Callable[[Any], None]:
        def act(_: Any) -> None:  # exactly one argument, or durable-rules takes it for an asynchronous action
            self._fired.append(rule)

        return act

    def fired(self, numbers: tuple[int, ...]) -> list[int]:
        """The indices of the rules that fire.

        Raises:
            IncompleteAnswer: the rule engine stopped too early, or ran a rule twice.
        """
        if numbers in self._known:
            return self._known[numbers]
        fact: dict[str, Any] = {f"k{index}": number for index, number in enumerate(numbers)}
        fact.update(u=1, id="f", sid="s")
        self._fired.clear()
        errors: list[Any] = []
        try:
            state = self._ruleset.assert_fact(fact)
            self._ruleset.do_actions(state, lambda error, s: errors.append(error or (s or {}).get("exception")))
        finally:
            self._ruleset.delete_state("s")
        fired = list(self._fired)
        if errors != [None] or fired[-1:] != [None] or len(set(fired)) != len(fired):
            raise IncompleteAnswer(f"errors {errors!r}, rules fired {fired!r}")
        self._known[numbers] = [rule for rule in fired[:-1] if rule is not None]
        return self._known[numbers]


Rules = list[tuple[list[tuple[int, int]], int]]
"""Rules of ``Conjunctions``. Each has the index of the combination whose count it increases; -1: the rule of the
root."""


class RuleEngine:
    """One rule of a criteria set, as a chain of rulesets.

    Args:
        ruleset: the class Ruleset of durable-rules.
        root: the root NODE of the rule, which has ``of``.
    """

    def __init__(self, ruleset: type[Any], root: dict[str, Any]) -> None:
        self._combinations = 0
        by_key: dict[int, Rules] = {}
        by_height: dict[int, Rules] = {}
        self._collect(root, -1, by_key, by_height)
        self._by_key = {key: _chained(ruleset, rules) for key, rules in by_key.items()}
        self._by_height = [_chained(ruleset, by_height[height]) for height in sorted(by_height)]

    def _collect(self, node: dict[str, Any], parent: int, by_key: dict[int, Rules], by_height: dict[int, Rules]) -> int:
        """Adds the rules of a node and of all nodes below it. Returns the node's height; a comparison has height 0."""
        if "of" not in node:
            # Rules can only compare with a minimum, so an upper bound of a key becomes a lower bound of the negative
            # key.
            for least, largest in node["ranges"]:
                low = [] if least is None else [(0, least)]
                high = [] if largest is None else [(1, -largest)]
                by_key.setdefault(node["key"], []).append((low + high, parent))
            return 0
        combination = self._combinations
        self._combinations += 1
        height = 1 + max(self._collect(inner, combination, by_key, by_height) for inner in node["of"])
        by_height.setdefault(height, []).append(([(combination, node["at_least"])], parent))
        return height

    def holds(self, values: list[int]) -> bool:
        """Whether the rule holds for the given values, one per key.

        Raises:
            IncompleteAnswer: see ``Conjunctions.fired``.
        """
        counts, held = [0] * self._combinations, False
        for key, (ruleset, parents) in self._by_key.items():
            for rule in ruleset.fired((values[key], -values[key])):
                counts[parents[rule]] += 1
        for ruleset, parents in self._by_height:
            for rule in ruleset.fired(tuple(counts)):
                if parents[rule] < 0:
                    held = True
                else:
                    counts[parents[rule]] += 1
        return held


def _chained(ruleset: type[Any], rules: Rules) -> tuple[Conjunctions, list[int]]:
    return Conjunctions(ruleset, [rule for rule, _ in rules]), [parent for _, parent in rules]


def main() -> int:
    """Answers the tasks on standard input."""
    try:
        from durable.engine import Ruleset
    except ImportError as error:
        print(f"durable-rules cannot be imported ({error}); repair it with: {REPAIR_COMMAND}", file=sys.stderr)
        return ENGINE_MISSING
    answers = []
    for task in json.load(sys.stdin):
        engine = RuleEngine(Ruleset, task["rule"])
        answers.append([engine.holds(cell) for cell in task["cells"]])
    json.dump(answers, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
