"""The process that runs the rule engine while a criteria set loads. Other modules start it and never import it.

``python -m scorer.engine.gate_process`` reads a list of tasks from standard input and writes a list of answers to
standard output, both as JSON. If durable-rules crashes or hangs, only this process is affected.

    task   {"levels": [[[measure, threshold], ...], ...], "cells": [[value, ...], ...]}
    answer [bits, ...], one number per cell: bit i is set if the cell passes levels[i]

durable-rules 2.0.28 crashes, hangs and gives wrong answers in many situations. This module avoids them:

- It uses no Host and not ``durable.lang``, because their timers steal matches.
- There is only one sid and one id, and both are constant.
- Facts have only whole numbers under generated keys, and rules use only ``$gte``.
- The last rule always fires, which proves that an answer is complete.
- One evaluation comes before all others: to delete a new state that matched nothing frees uninitialized memory.
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
    """Passed to durable-rules in place of a Host, which only actions given by name would need."""

    def get_action(self, name: str) -> NoReturn:
        raise LookupError(name)


class GateEngine:
    """The levels as rules of durable-rules: a level's rule fires if each of its measures reaches its threshold."""

    def __init__(self, ruleset: type[Any], levels: list[list[tuple[int, int]]]) -> None:
        self._fired: list[int | None] = []
        rules: dict[str, Any] = {}
        for index, level in enumerate(levels):
            conditions = [{"$gte": {f"k{measure}": threshold}} for measure, threshold in sorted(level)]
            rules[f"r{index}"] = {"all": [{"m": {"$and": conditions}}], "run": self._action(index)}
        rules["z"] = {"all": [{"m": {"u": 1}}], "run": self._action(None)}
        self._ruleset = ruleset("gates", _NoHost(), rules)
        gates = [(measure, threshold) for level in levels for measure, threshold in level]
        count = 1 + max(measure for measure, _ in gates)
        below_all = [min([t for m, t in gates if m == measure], default=0) - 1 for measure in range(count)]
        self.passed(below_all)  # the first evaluation, see above

    def _action(self, level: int | None) -> Callable[[Any], None]:
        def act(_: Any) -> None:  # exactly one argument, or durable-rules takes it for an asynchronous action
            self._fired.append(level)

        return act

    def passed(self, values: list[int]) -> int:
        """A number in which bit i is set if the values, one per measure, pass level i.

        Raises:
            IncompleteAnswer: the rule engine stopped too early, or ran a rule twice.
        """
        fact: dict[str, Any] = {f"k{measure}": value for measure, value in enumerate(values)}
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
        return sum(1 << level for level in fired[:-1] if level is not None)


def main() -> int:
    """Answers the tasks on standard input."""
    try:
        from durable.engine import Ruleset
    except ImportError as error:
        print(f"durable-rules cannot be imported ({error}); repair it with: {REPAIR_COMMAND}", file=sys.stderr)
        return ENGINE_MISSING
    answers = []
    for task in json.load(sys.stdin):
        engine = GateEngine(Ruleset, [[(m, t) for m, t in level] for level in task["levels"]])
        answers.append([engine.passed(cell) for cell in task["cells"]])
    json.dump(answers, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
