"""A rule engine that counts its calls or misbehaves, and sets with gates."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from harness import Service, group

from egov.scorer.v1 import scorer_pb2
from scorer.engine.gates import AtLeast, GateCompiler, RangeTest, Rule
from scorer.plugin_api import Indicator

TRIGGER = 66
"""A minimum in percent; the fake engine misbehaves for gates with it."""


def document(code: str, *minima: int) -> str:
    """A set of one criterion of 10 points; its levels ask for so many percent, best first."""
    levels = "\n".join(
        f"      - {{level: {n}, gates: [{{measure: total, at_least: {minimum}%}}]}}"
        for n, minimum in enumerate(minima, start=1)
    )
    return f"""
criteria_set: {code}
title: {{en: Wells}}
provenance: published
tiers: [district]
categories:
  supply:
    groups:
      water:
        criteria:
          - {{id: W.1, formula: awarded, indicator: wells, points: 10}}
    levels:
{levels}
"""


WATER = group("water", Indicator("wells", kind="number"))

ENGINE = """
    import io, json, os, pathlib, signal, sys, time
    from scorer.engine import gate_process

    def answers():
        sys.stdin, sys.stdout, stdout = io.StringIO(text), io.StringIO(), sys.stdout
        gate_process.main()
        said, sys.stdout = sys.stdout.getvalue(), stdout
        return json.loads(said)

    with open(sys.argv[1], "a") as starts:
        starts.write("started\\n")
    text = sys.stdin.read()
    if "[[{threshold}, null]]" in text:
        {misbehaviour}
    else:
        print(json.dumps(answers()))
"""


class Engine:
    """A fake process of the rule engine, which misbehaves only for gates with the TRIGGER."""

    def __init__(self, folder: Path, misbehaviour: str) -> None:
        self.script, self.log = folder / "engine.py", folder / "starts"
        text = textwrap.dedent(ENGINE).format(
            threshold=2 * TRIGGER * 10_000, misbehaviour=textwrap.indent(misbehaviour, "    ").strip()
        )
        self.script.write_text(text, encoding="utf-8")
        self.command = (sys.executable, "-P", "-W", "ignore", str(self.script), str(self.log))

    @property
    def starts(self) -> int:
        """The number of processes that were started."""
        return len(self.log.read_text(encoding="utf-8").splitlines()) if self.log.exists() else 0

    def compiler(self, time_limit: float = 60.0) -> GateCompiler:
        return GateCompiler(self.command, time_limit)


def score(service: Service, code: str, wells: float = 7.0) -> scorer_pb2.CategoryScore:
    row = scorer_pb2.UnitAnswers(
        unit=scorer_pb2.Unit(id="hue", tier="district"), answers={"wells": scorer_pb2.Answer(number=wells)}
    )
    request = scorer_pb2.ScoreUnitRequest(criteria_set=code, unit_answers=row)
    return service.scorer.ScoreUnit(request, timeout=30).scorecard.categories[0]


def minimum(*thresholds: int) -> Rule:
    """A rule that needs several keys to reach a threshold each."""
    return Rule(
        AtLeast(len(thresholds), tuple(RangeTest(key, ((each, None),)) for key, each in enumerate(thresholds))),
        len(thresholds),
    )
