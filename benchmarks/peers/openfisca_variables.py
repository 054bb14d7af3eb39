"""The method as OpenFisca variables, which are computed on demand from each other, with ranks by NumPy.

OpenFisca uses single precision: points are exact to about 1/10,000, and a unit close to a gate's minimum can get
another level. Failed gates are not computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from peers.method import Columns, Leaf, Line, Measure, Method, Section, whole
from peers.ranks import competition, in_order
from scorer.model.cohort import Cohort

MICRO = 1_000_000
PERIOD = "2020"
Values = NDArray[Any]
Read = Callable[[str], Values]
"""A variable's values (n,) by its name."""

COMPARE = {"at_least": np.greater_equal, "above": np.greater, "at_most": np.less_equal, "below": np.less}


def leaf_points(leaf: Leaf, read: Read) -> Values:
    """Points (n,); 0 where an answer is missing."""
    value, maximum = read(leaf.reads[0]), leaf.maximum / MICRO
    match leaf.kind:
        case "flag":
            return np.where(value == 1, maximum, 0)
        case "fault":
            return np.where(value == 0, maximum, 0)
        case "choice":
            return np.select([value == n for n in range(len(leaf.options))], [p / MICRO for p in leaf.options], 0)
        case "steps":
            holds = [COMPARE[comparison](value, edge) for comparison, edge, _ in leaf.steps]
            return np.select(holds, [points / MICRO for *_, points in leaf.steps], 0)
        case "count":
            return np.fmin(np.fmax(value, 0) * (leaf.each / MICRO), maximum)
        case "linear":
            share = (value - leaf.start / MICRO) / ((leaf.end - leaf.start) / MICRO)
            return np.nan_to_num(np.clip(share, 0, 1)) * maximum
        case "awarded":
            return np.nan_to_num(value)
    of = read(leaf.reads[1])
    some = (of > 0) & ~np.isnan(value)
    share = np.divide(np.fmin(value, of), of, out=np.zeros_like(value), where=some)
    full = (of == 0) & ~np.isnan(value) & (leaf.when_zero == "full")
    return np.where(full, maximum, share * maximum)


def missing(line: Line, read: Read) -> Values:
    """Whether an answer is missing (n,)."""
    return np.logical_or.reduce([np.isnan(read(code)) for leaf in line.leaves() for code in leaf.reads])


def left_out(line: Line, read: Read) -> Values:
    """Whether the criterion is not applicable (n,)."""
    out = [read(f"{line.id} excluded")] if line.may_be_excluded else []
    if line.missing_leaves_out:
        out.append(missing(line, read))
    if line.zero_leaves_out:
        part, of = (read(code) for code in line.alternatives[0][0].reads)
        out.append((of == 0) & ~np.isnan(part))
    return np.logical_or.reduce(out)


class OpenFiscaVariables:
    """A method as a system of variables of one entity, the unit."""

    def __init__(self, method: Method) -> None:
        self._method = method
        self._unit = build_entity("unit", "units", "unit", is_person=True)
        self._system = TaxBenefitSystem([self._unit])
        for code in method.indicators():
            self._variable(code, float)
        for section in method.sections:
            for group, lines in section.groups:
                for line in lines:
                    self._criterion(line)
                self._sums(f"{section.code}/{group}", [line.id for line in lines], floor=-np.inf)
            self._sums(section.code, [f"{section.code}/{group}" for group, _ in section.groups], floor=0.0)
            self._converted(section.code, section.nominal)
            for measure in section.measures:
                self._measure(section, measure)
            self._level(section)
        self._sums("overall", [section.code for section in method.sections], floor=0.0)
        self._converted("overall", method.nominal)

    def score(self, cohort: Cohort) -> Columns:
        """The columns of a cohort, without failed gates. Micropoints are rounded from single precision."""
        method = self._method
        simulation = SimulationBuilder().build_default_simulation(self._system, len(cohort))
        for code in method.indicators():
            simulation.set_input(code, PERIOD, cohort.values(code).astype(np.float32))
        for line in method.lines():
            if line.may_be_excluded:
                nowhere = np.zeros(len(cohort), np.bool_)
                simulation.set_input(f"{line.id} excluded", PERIOD, cohort.excluded.get(line.id, nowhere))

        def read(name: str) -> Values:
            return simulation.calculate(name, PERIOD)

        columns: Columns = {}
        for name in [*(section.code for section in method.sections), "overall"]:
            for field in ("points", "max_points", "percent", "converted", "published"):
                columns[f"{name}.{field}"] = np.rint(read(f"{name} {field}").astype(np.float64) * MICRO).astype(
                    np.int64
                )
            for field in ("missing", "not_applicable"):
                columns[f"{name}.{field}"] = read(f"{name} {field}").astype(np.int64)
            step = whole(method.decimals)  # rounded again, because single precision is not exact
            columns[f"{name}.published"] = (columns[f"{name}.published"] + step // 2) // step * step
        compared = "converted" if method.exact_ranks else "published"
        for section in method.sections:
            code = section.code
            columns[f"{code}.level"] = read(f"{code} level").astype(np.int64)
            nothing, reached = columns[f"{code}.max_points"] == 0, columns[f"{code}.level"] > 0
            reached |= not section.levels
            columns[f"{code}.standing"] = np.where(nothing, 3, np.where(reached, 1, 2))
            columns[f"{code}.rank"] = competition(columns[f"{code}.{compared}"], columns[f"{code}.standing"] == 1)
            for measure in section.measures:
                values = read(f"{code} {measure.name} {measure.unit}").astype(np.float64)
                columns[f"{code}.{measure.name}.{measure.unit}"] = np.rint(values * MICRO).astype(np.int64)
        required = [method.sections[index].code for index in method.requires]
        eligible = np.logical_and.reduce([columns[f"{code}.standing"] == 1 for code in required])
        columns["overall.rank"] = competition(columns[f"overall.{compared}"], eligible)
        columns["order"] = in_order(columns[f"overall.{compared}"], eligible, cohort.unit_ids)
        return columns

    def _variable(self, name: str, kind: type, formula: Callable[[Read], Values] | None = None) -> None:
        body: dict[str, Any] = {
            "value_type": kind, "entity": self._unit, "definition_period": DateUnit.YEAR, "label": name
        }  # fmt: skip
        if formula is not None:
            body["formula"] = lambda units, period, parameters: formula(lambda code: units(code, period))
        self._system.add_variable(type(name, (Variable,), body))

    def _criterion(self, line: Line) -> None:
        if line.may_be_excluded:
            self._variable(f"{line.id} excluded", bool)

        def best(read: Read) -> Values:
            sums = [sum(leaf_points(leaf, read) for leaf in leaves) for leaves in line.alternatives]
            points = line.sign * np.maximum.reduce(sums)
            return np.where(read(f"{line.id} not_applicable"), 0, points) if line.may_be_left_out else points

        self._variable(f"{line.id} points", float, best)
        maximum = line.maximum / MICRO
        if line.may_be_left_out:
            self._variable(f"{line.id} not_applicable", bool, lambda read: left_out(line, read))
            self._variable(
                f"{line.id} missing", bool, lambda read: missing(line, read) & ~read(f"{line.id} not_applicable")
            )
            self._variable(
                f"{line.id} max_points", float, lambda read: np.where(read(f"{line.id} not_applicable"), 0, maximum)
            )
        else:
            self._variable(f"{line.id} not_applicable", bool, lambda read: np.zeros_like(read(f"{line.id} missing")))
            self._variable(f"{line.id} missing", bool, lambda read: missing(line, read))
            self._variable(
                f"{line.id} max_points", float, lambda read: np.full_like(read(f"{line.id} points"), maximum)
            )

    def _sums(self, name: str, parts: Sequence[str], floor: float) -> None:
        for field, kind in (("points", float), ("max_points", float), ("missing", int), ("not_applicable", int)):

            def add(read: Read, field: str = field, kind: type = kind) -> Values:
                total = np.add.reduce([read(f"{part} {field}") for part in parts], dtype=np.dtype(kind))
                return np.maximum(total, floor) if field == "points" else total

            self._variable(f"{name} {field}", kind, add)

    def _converted(self, name: str, nominal: int) -> None:
        decimals = self._method.decimals

        def share(read: Read) -> Values:
            return _share(read(f"{name} points"), read(f"{name} max_points"))

        self._variable(f"{name} percent", float, share)
        self._variable(f"{name} converted", float, lambda read: read(f"{name} percent") * (nominal / MICRO))
        self._variable(f"{name} published", float, lambda read: np.round(read(f"{name} converted"), decimals))

    def _measure(self, section: Section, measure: Measure) -> None:
        names = [f"{section.code}/{section.groups[index][0]}" for index in measure.groups]
        if measure.total:
            names = [section.code]
        elif measure.criterion:
            names = [section.groups[measure.criterion[0]][1][measure.criterion[1]].id]

        def value(read: Read) -> Values:
            points = np.add.reduce([read(f"{name} points") for name in names])
            if measure.unit == "points":
                return points
            return _share(points, np.add.reduce([read(f"{name} max_points") for name in names]))

        self._variable(f"{section.code} {measure.name} {measure.unit}", float, value)

    def _level(self, section: Section) -> None:
        def level(read: Read) -> Values:
            maximum = read(f"{section.code} max_points")
            best = np.zeros(len(maximum), np.int32)
            for index in reversed(range(len(section.levels))):
                holds = maximum > 0
                for gate in (section.gates[n] for n in section.level_gates(index)):
                    measure = section.measures[gate.key]
                    value = read(f"{section.code} {measure.name} {measure.unit}")
                    least = np.float32(gate.minimum / MICRO)
                    holds &= value > least if gate.strict else value >= least
                best[holds] = section.levels[index]
            return best

        self._variable(f"{section.code} level", int, level)


def _share(points: Values, maximum: Values) -> Values:
    return np.divide(points, maximum, out=np.zeros_like(points), where=maximum > 0)
