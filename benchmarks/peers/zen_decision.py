"""The method as a decision of GoRules ZEN, with expressions for points and decision tables for levels.

ZEN uses decimals of 28 digits. There are no ranks, because a decision is about one unit. Units are scored one by one,
or in one batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import zen

from peers.method import Columns, Leaf, Line, Method, Section
from scorer.model.cohort import Cohort

MICRO = 1_000_000
Context = dict[str, Any]


def number(micro: float) -> str:
    """Micropoints as points in ZEN's format."""
    return f"{micro / MICRO:.6f}".rstrip("0").rstrip(".")


def leaf_points(leaf: Leaf) -> str:
    """An expression for points; 0 where an answer is missing."""
    value, maximum = leaf.reads[0], number(leaf.maximum)
    match leaf.kind:
        case "flag":
            return f"({value} == 1 ? {maximum} : 0)"
        case "fault":
            return f"({value} == 0 ? {maximum} : 0)"
        case "choice":
            chain = "".join(f"{value} == {index} ? {number(points)} : " for index, points in enumerate(leaf.options))
            return f"({chain}0)"
        case "steps":
            signs = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}
            chain = "".join(
                f"{value} {signs[comparison]} {edge!r} ? {number(points)} : " for comparison, edge, points in leaf.steps
            )
            return f"({value} == null ? 0 : {chain}0)"
        case "count":
            return f"({value} == null ? 0 : min([{value} * {number(leaf.each)}, {maximum}]))"
        case "linear":
            share = f"({value} - {number(leaf.start)}) / ({number(leaf.end)} - {number(leaf.start)})"
            return f"({value} == null ? 0 : min([max([{share}, 0]), 1]) * {maximum})"
        case "awarded":
            return f"({value} == null ? 0 : {value})"
    of, full = leaf.reads[1], maximum if leaf.when_zero == "full" else "0"
    ratio = f"min([{value}, {of}]) * {maximum} / {of}"
    return f"({value} == null or {of} == null ? 0 : ({of} > 0 ? {ratio} : {full}))"


def left_out(line: Line, missing: str) -> str:
    """An expression for whether the criterion does not apply."""
    terms = [f"excluded_{name(line.id)} == true"] if line.may_be_excluded else []
    if line.missing_leaves_out:
        terms.append(missing)
    if line.zero_leaves_out:
        part, of = line.alternatives[0][0].reads
        terms.append(f"({part} != null and {of} != null and {of} == 0)")
    return f"({' or '.join(terms)})"


def name(code: str) -> str:
    """A code as an identifier in ZEN."""
    return re.sub(r"\W", "_", code)


class ZenDecision:
    """A method as a decision."""

    def __init__(self, method: Method) -> None:
        self._method = method
        steps = [self._criteria(), self._sums(), self._percents()]
        nodes = [_node("input", "inputNode", {})]
        nodes += [
            _node(f"step{n}", "expressionNode", {"expressions": _expressions(step), "passThrough": True})
            for n, step in enumerate(steps)
        ]
        nodes += [_node(f"levels{n}", "decisionTableNode", self._table(s)) for n, s in enumerate(method.sections)]
        nodes.append(_node("output", "outputNode", {}))
        edges = [
            {"id": f"edge{n}", "type": "edge", "sourceId": a["id"], "targetId": b["id"]}
            for n, (a, b) in enumerate(pairwise(nodes))
        ]
        content = {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {"method": content}}})
        self._decision = self._engine.get_decision("method")
        self._decision.validate()

    def score(self, cohort: Cohort) -> Columns:
        """The columns of a cohort, from one batch; without counts, failed gates and ranks."""
        requests = [{"key": "method", "context": context} for context in self._contexts(cohort)]
        return self._columns([reply["data"]["result"] for reply in self._engine.evaluate_batch(requests)])

    def score_singly(self, cohort: Cohort) -> Columns:
        """The columns of a cohort, from one call per unit."""
        return self._columns([self._decision.evaluate(context)["result"] for context in self._contexts(cohort)])

    def _contexts(self, cohort: Cohort) -> Iterator[Context]:
        columns = {code: cohort.values(code).tolist() for code in self._method.indicators()}
        masks = {f"excluded_{name(criterion)}": mask.tolist() for criterion, mask in cohort.excluded.items()}
        for unit in range(len(cohort)):
            context: Context = {
                code: value if (value := column[unit]) == value else None for code, column in columns.items()
            }
            context.update((excluded, True) for excluded, mask in masks.items() if mask[unit])
            yield context

    def _columns(self, results: list[Context]) -> Columns:
        columns: Columns = {}
        for section in [*self._method.sections, None]:
            code = section.code if section else "overall"
            for field in ("points", "max_points", "percent", "converted"):
                values = np.array([result[f"{name(code)}_{field}"] for result in results], dtype=np.float64)
                columns[f"{code}.{field}"] = np.rint(values * MICRO).astype(np.int64)
            if section:
                levels = [result.get(f"{name(code)}_level") or 0 for result in results]
                columns[f"{code}.level"] = np.where(
                    columns[f"{code}.max_points"] > 0, np.array(levels, dtype=np.int64), 0
                )
        return columns

    def _criteria(self) -> dict[str, str]:
        """Points and maximum of each criterion."""
        expressions = {}
        for line in self._method.lines():
            sums = [" + ".join(leaf_points(leaf) for leaf in leaves) for leaves in line.alternatives]
            points = sums[0] if len(sums) == 1 else f"max([{', '.join(sums)}])"
            points = f"{'-' if line.sign < 0 else ''}({points})"
            maximum = number(line.maximum)
            if line.may_be_left_out:
                codes = dict.fromkeys(code for leaf in line.leaves() for code in leaf.reads)
                out = left_out(line, f"({' or '.join(f'{code} == null' for code in codes)})")
                points, maximum = f"{out} ? 0 : {points}", f"{out} ? 0 : {maximum}"
            expressions[f"points_{name(line.id)}"], expressions[f"max_{name(line.id)}"] = points, maximum
        return expressions

    def _sums(self) -> dict[str, str]:
        """Points and maximum of groups, of categories, and overall."""
        expressions = {}
        for section in self._method.sections:
            for group, lines in section.groups:
                prefix = f"{name(section.code)}__{name(group)}"
                expressions[f"{prefix}_points"] = " + ".join(f"points_{name(line.id)}" for line in lines)
                expressions[f"{prefix}_max_points"] = " + ".join(f"max_{name(line.id)}" for line in lines)
            for field in ("points", "max_points"):
                terms = " + ".join(f"$.{name(section.code)}__{name(group)}_{field}" for group, _ in section.groups)
                expressions[f"{name(section.code)}_{field}"] = f"max([{terms}, 0])"
        for field in ("points", "max_points"):
            expressions[f"overall_{field}"] = " + ".join(f"$.{name(s.code)}_{field}" for s in self._method.sections)
        return expressions

    def _percents(self) -> dict[str, str]:
        """Percent and converted scores, and the keys that gates compare."""
        expressions = {}
        totals = [(name(section.code), section.nominal) for section in self._method.sections]
        for code, nominal in [*totals, ("overall", self._method.nominal)]:
            expressions[f"{code}_percent"] = f"{code}_max_points > 0 ? {code}_points / {code}_max_points : 0"
            expressions[f"{code}_converted"] = (
                f"{code}_max_points > 0 ? {code}_points * {number(nominal)} / {code}_max_points : 0"
            )
        for section in self._method.sections:
            for index, measure in enumerate(section.measures):
                parts = [f"{name(section.code)}__{name(section.groups[g][0])}" for g in measure.groups]
                points, maximum = (
                    " + ".join(f"{part}_{field}" for part in parts) for field in ("points", "max_points")
                )
                if measure.criterion:
                    line = section.groups[measure.criterion[0]][1][measure.criterion[1]]
                    points, maximum = f"points_{name(line.id)}", f"max_{name(line.id)}"
                elif measure.total:
                    points, maximum = f"{name(section.code)}_points", f"{name(section.code)}_max_points"
                # If no criterion applies, every gate holds.
                percent = f"({maximum}) > 0 ? ({points}) / ({maximum}) : {MICRO}"
                key = points if measure.unit == "points" else percent
                expressions[f"{name(section.code)}_key{index}"] = key
        return expressions

    def _table(self, section: Section) -> Context:
        """A decision table for the best level whose gates all hold; the first matching rule counts."""
        code = name(section.code)
        rules = []
        for index, level in enumerate(section.levels):
            rule: Context = {"_id": f"rule{index}", "out": str(level)}
            for gate in (section.gates[n] for n in section.level_gates(index)):
                rule[f"key{gate.key}"] = f"{'>' if gate.strict else '>='} {number(gate.minimum)}"
            rules.append({**{f"key{n}": "" for n in range(len(section.measures))}, **rule})
        return {
            "hitPolicy": "first",
            "passThrough": True,
            "inputs": [
                {"id": f"key{n}", "name": measure.name, "type": "expression", "field": f"{code}_key{n}"}
                for n, measure in enumerate(section.measures)
            ],
            "outputs": [{"id": "out", "name": "level", "type": "expression", "field": f"{code}_level"}],
            "rules": rules,
        }


def _node(node_id: str, kind: str, content: Context) -> Context:
    return {"id": node_id, "name": node_id, "type": kind, "content": content, "position": {"x": 0, "y": 0}}


def _expressions(named: dict[str, str]) -> list[Context]:
    return [{"id": f"e{n}", "key": key, "value": value} for n, (key, value) in enumerate(named.items())]
