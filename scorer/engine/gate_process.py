"""The rule engine's side of the gates: run as a process of its own while a criteria set loads, imported by nobody.

``python -m scorer.engine.gate_process`` reads tasks from standard input and writes which levels each cell passes to
standard output, both JSON. A crash or a hang of durable-rules ends or stalls this process only.

    task   {"levels": [[[measure, threshold], ...], ...], "cells": [[value, ...], ...]}
    answer [bits, ...], one number a cell: bit i is set when the cell passes levels[i]

durable-rules 2.0.28 crashes, hangs or answers wrongly in many ways. What is done about it here: no Host and no
``durable.lang`` (their timers steal matches); one constant sid and id; only whole numbers under generated keys and
only ``$gte``; a last rule that always fires, as proof that an answer is complete; one evaluation to warm up, since
deleting a fresh state that matched nothing frees uninitialised memory.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

MEND = (
    "CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject "
    "pip install --force-reinstall --no-deps --no-cache-dir durable-rules==2.0.28"
)
BROKEN_INSTALL = 3
"""Exit code when durable-rules cannot be imported."""


class IncompleteAnswer(Exception):
    """The engine did not run to its last rule, or ran a rule twice."""


class _NoHost:
    """Stands where durable-rules wants a Host, which only actions named by text need."""

    def get_action(self, name: str) -> NoReturn:
        raise LookupError(name)


class GateEngine:
    """Levels as rules: a level fires when each of its measures is at least its threshold."""

    def __init__(self, ruleset: type[Any], levels: list[list[tuple[int, int]]]) -> None:
        self._fired: list[int | None] = []
        rules: dict[str, Any] = {}
        for n, level in enumerate(levels):
            conditions = [{"$gte": {f"k{measure}": threshold}} for measure, threshold in sorted(level)]
            rules[f"r{n}"] = {"all": [{"m": {"$and": conditions}}], "run": self._action(n)}
        rules["z"] = {"all": [{"m": {"u": 1}}], "run": self._action(None)}
        self._ruleset = ruleset("gates", _NoHost(), rules)
        edges = [(measure, threshold) for level in levels for measure, threshold in level]
        count = 1 + max(measure for measure, _ in edges)
        self.passed([min([t for m, t in edges if m == measure], default=0) - 1 for measure in range(count)])

    def _action(self, level: int | None) -> Callable[[Any], None]:
        def act(_: Any) -> None:  # exactly one argument, or durable-rules takes it for an asynchronous action
            self._fired.append(level)

        return act

    def passed(self, values: list[int]) -> int:
        """Bit i is set when level i fires for these values, one a measure.

        Raises:
            IncompleteAnswer: the engine stopped half way.
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
        print(f"durable-rules cannot be imported ({error}); mend it with: {MEND}", file=sys.stderr)
        return BROKEN_INSTALL
    answers = []
    for task in json.load(sys.stdin):
        engine = GateEngine(Ruleset, [[(m, t) for m, t in level] for level in task["levels"]])
        answers.append([engine.passed(cell) for cell in task["cells"]])
    json.dump(answers, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
