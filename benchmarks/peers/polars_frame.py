"""The method as expressions over a Polars frame, which uses all cores.

Results are exact: numbers are whole numbers as doubles, and quotients are corrected by their remainders. Only a sum of
several quotients can differ by one micropoint at an exact half; the comparison would show this.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_

import numpy as np
import polars as pl

from peers.method import Columns, Leaf, Line, Method, Section, whole
from scorer.model.cohort import Cohort

MICRO = 1e6
SUMS = ("points", "max_points", "percent", "converted", "published", "missing", "not_applicable")
PLAIN = pl.QueryOptFlags()
"""Options that turn optimizations off: searching for a better plan takes longer than running this one."""
ALWAYS = 2.0**53 - 1
"""The key of a percentage if no criterion applies. It passes every gate."""


def total(terms: Iterable[pl.Expr]) -> pl.Expr:
    """The sum of expressions; 0 if there are none."""
    expressions = list(terms)
    if len(expressions) == 1:
        return expressions[0]
    return pl.sum_horizontal(*expressions) if expressions else pl.lit(0.0)


def either(terms: Iterable[pl.Expr]) -> pl.Expr:
    """Whether any expression holds."""
    return reduce(or_, terms)


def floored(top: pl.Expr, bottom: pl.Expr) -> pl.Expr:
    """``top / bottom`` rounded down, for whole numbers below 2^53 and a positive divisor."""
    size = (top / bottom).floor()
    rest = top - size * bottom
    return size + (rest >= bottom).cast(pl.Float64) - (rest < 0).cast(pl.Float64)


def leaf_points(leaf: Leaf) -> pl.Expr:
    """Micropoints, not rounded; null where an answer is missing."""
    value, maximum = pl.col(leaf.reads[0]), float(leaf.maximum)
    match leaf.kind:
        case "flag":
            return pl.when(value == 1).then(maximum).otherwise(0.0)
        case "fault":
            return pl.when(value == 0).then(maximum).otherwise(0.0)
        case "choice":
            by_option = [pl.when(value == index).then(float(points)) for index, points in enumerate(leaf.options)]
            return pl.coalesce(*by_option, 0.0)
        case "steps":
            compare = {"at_least": pl.Expr.ge, "above": pl.Expr.gt, "at_most": pl.Expr.le, "below": pl.Expr.lt}
            return pl.coalesce(
                *[pl.when(compare[comparison](value, edge)).then(float(p)) for comparison, edge, p in leaf.steps], 0.0
            )
        case "count":
            return (value * leaf.each).clip(upper_bound=maximum)
        case "linear":
            distance = ((value * MICRO).round(mode="half_to_even") - leaf.start) * (1 if leaf.end > leaf.start else -1)
            length = float(abs(leaf.end - leaf.start))
            return distance.clip(0.0, length) * maximum / length
        case "awarded":
            return (value * MICRO).round(mode="half_to_even")
    part, of = value, pl.col(leaf.reads[1])
    if leaf.micro:
        part, of = ((expr * MICRO).round(mode="half_to_even") for expr in (part, of))
    full = maximum if leaf.when_zero == "full" else 0.0
    return (
        pl.when(of > 0).then(pl.when(part > of).then(of).otherwise(part) * maximum / of)
        .when((of == 0) & part.is_not_null()).then(full)
    )  # fmt: skip


def line_points(line: Line) -> pl.Expr:
    """Whole micropoints; 0 if all answers are missing."""
    sums = [total(leaf_points(leaf) for leaf in leaves) for leaves in line.alternatives]
    divides = any(leaf.divides for leaf in line.leaves())
    best = pl.max_horizontal(*sums) if len(sums) > 1 else sums[0]
    best = best.fill_null(0.0)
    best = best.round(mode="half_to_even") if divides else best
    return best if line.sign > 0 else -best


class PolarsFrame:
    """A method as expressions, in steps that depend on each other."""

    def __init__(self, method: Method) -> None:
        self._method = method
        self._reads, sections = method.indicators(), method.sections
        self._names = [*(section.code for section in sections), "overall"]
        nominals = [*(section.nominal for section in sections), method.nominal]
        self._lines = list(self._criteria())
        self._steps = [
            [column for section in sections for column in self._groups(section)],
            [column for section in sections for column in self._total(section)],
            list(self._overall()),
            [
                *(column for pair in zip(self._names, nominals, strict=True) for column in self._sums(*pair)),
                *(column for section in sections for column in self._failed(section)),
            ],
            [
                *(column for name in self._names for column in self._published(name)),
                *(column for section in sections for column in self._levels(section)),
            ],
            list(self._ranks()),
        ]  # fmt: skip
        self._keep = [
            *(f"{name}.{field}" for name in self._names for field in SUMS),
            *(f"{s.code}.{field}" for s in sections for field in ("level", "standing", "failed")),
            *(f"{s.code}.{m.name}.{m.unit}" for s in sections for m in s.measures),
            *(f"{name}.rank" for name in self._names),
        ]

    def score(self, cohort: Cohort) -> Columns:
        """The columns of a cohort."""
        nowhere = np.zeros(len(cohort), np.bool_)
        excluded = {line.id: cohort.excluded.get(line.id, nowhere) for line in self._excludable()}
        frame = pl.DataFrame(
            {
                **{code: cohort.values(code) for code in self._reads},
                **{f"excluded {criterion}": mask for criterion, mask in excluded.items()},
            }
        )
        lazy = frame.lazy().with_columns(pl.col(self._reads).fill_nan(None)).select(*self._lines)
        for step in self._steps:
            lazy = lazy.with_columns(*step)
        result = lazy.select(*self._keep, "eligible").collect(optimizations=PLAIN)
        keys = ["eligible", self._compared("overall"), "id"]
        keyed = result.select(keys[:2]).with_columns(id=pl.Series(cohort.unit_ids)).with_row_index("place")
        order = keyed.sort(keys, descending=[True, True, False])["place"]
        return {name: result[name].to_numpy() for name in self._keep} | {"order": order.to_numpy()}

    def _compared(self, name: str) -> str:
        return f"{name}.{'converted' if self._method.exact_ranks else 'published'}"

    def _excludable(self) -> list[Line]:
        return [line for line in self._method.lines() if line.may_be_excluded]

    def _criteria(self) -> Iterable[pl.Expr]:
        """Points of each criterion, and whether it is missing or does not apply."""
        for line in self._method.lines():
            missing = either(
                pl.col(code).is_null() for code in dict.fromkeys(code for leaf in line.leaves() for code in leaf.reads)
            )
            left_out = [missing] if line.missing_leaves_out else []
            if line.zero_leaves_out:
                part, of = (pl.col(code) for code in line.alternatives[0][0].reads)
                left_out.append(part.is_not_null() & (of == 0).fill_null(value=False))
            if line.may_be_excluded:
                left_out.append(pl.col(f"excluded {line.id}"))
            points = line_points(line)
            if left_out:
                out = either(left_out)
                yield pl.when(out).then(0.0).otherwise(points).alias(f"points {line.id}")
                yield (missing & ~out).alias(f"missing {line.id}")
                yield out.alias(f"out {line.id}")
            else:
                yield points.alias(f"points {line.id}")
                yield missing.alias(f"missing {line.id}")

    def _groups(self, section: Section) -> Iterable[pl.Expr]:
        for group, lines in section.groups:
            name = f"{section.code}/{group}"
            yield total(pl.col(f"points {line.id}") for line in lines).alias(f"{name}.points")
            lost = total(pl.col(f"out {line.id}") * float(line.maximum) for line in lines if line.may_be_left_out)
            yield (float(sum(line.maximum for line in lines)) - lost).alias(f"{name}.max_points")
            yield total(pl.col(f"missing {line.id}").cast(pl.Float64) for line in lines).alias(f"{name}.missing")
            out = (pl.col(f"out {line.id}").cast(pl.Float64) for line in lines if line.may_be_left_out)
            yield total(out).alias(f"{name}.not_applicable")

    def _total(self, section: Section) -> Iterable[pl.Expr]:
        for field in ("points", "max_points", "missing", "not_applicable"):
            terms = total(pl.col(f"{section.code}/{group}.{field}") for group, _ in section.groups)
            yield (pl.max_horizontal(terms, 0.0) if field == "points" else terms).alias(f"{section.code}.{field}")

    def _overall(self) -> Iterable[pl.Expr]:
        for field in ("points", "max_points", "missing", "not_applicable"):
            terms = total(pl.col(f"{section.code}.{field}") for section in self._method.sections)
            yield terms.alias(f"overall.{field}")

    def _sums(self, name: str, nominal: int) -> Iterable[pl.Expr]:
        points, maximum = pl.col(f"{name}.points"), pl.col(f"{name}.max_points")
        yield pl.when(maximum > 0).then(floored(points * MICRO, maximum)).otherwise(0.0).alias(f"{name}.percent")
        whole_part = points.cast(pl.Int64) * nominal // maximum.cast(pl.Int64)
        exact = pl.when(maximum == nominal).then(points).otherwise(whole_part.cast(pl.Float64))
        yield pl.when(maximum > 0).then(exact).otherwise(0.0).alias(f"{name}.converted")

    def _published(self, name: str) -> Iterable[pl.Expr]:
        step = float(whole(self._method.decimals))
        yield (((pl.col(f"{name}.converted") + step // 2) / step).floor() * step).alias(f"{name}.published")

    def _failed(self, section: Section) -> Iterable[pl.Expr]:
        keys = []
        for measure in section.measures:
            points, maximum = self._measured(section, measure.groups, measure.criterion, total_of=measure.total)
            if measure.unit == "percent":
                ppm = floored(points * MICRO, maximum)
                some = pl.when(maximum > 0)
                yield some.then(ppm).otherwise(0.0).alias(f"{section.code}.{measure.name}.percent")
                rest = (points * MICRO != ppm * maximum).cast(pl.Float64)
                keys.append(some.then(2 * ppm + rest).otherwise(ALWAYS))
            else:
                yield points.alias(f"{section.code}.{measure.name}.points")
                keys.append(points)
        bits = [
            pl.when(keys[gate.key] < float(gate.threshold)).then(pl.lit(1 << n, pl.UInt64)).otherwise(
                pl.lit(0, pl.UInt64)
            )
            for n, gate in enumerate(section.gates)
        ]  # fmt: skip
        yield reduce(or_, bits, pl.lit(0, pl.UInt64)).alias(f"{section.code}.failed")

    def _measured(
        self, section: Section, groups: tuple[int, ...], criterion: tuple[int, int] | None, *, total_of: bool
    ) -> tuple[pl.Expr, pl.Expr]:
        if criterion:
            line = section.groups[criterion[0]][1][criterion[1]]
            out = pl.col(f"out {line.id}") if line.may_be_left_out else pl.lit(value=False)
            return pl.col(f"points {line.id}"), pl.when(out).then(0.0).otherwise(float(line.maximum))
        if total_of:
            return pl.col(f"{section.code}.points"), pl.col(f"{section.code}.max_points")
        codes = [f"{section.code}/{section.groups[index][0]}" for index in groups]
        return total(pl.col(f"{c}.points") for c in codes), total(pl.col(f"{c}.max_points") for c in codes)

    def _levels(self, section: Section) -> Iterable[pl.Expr]:
        failed, nothing = pl.col(f"{section.code}.failed"), pl.col(f"{section.code}.max_points") == 0
        held = []
        for index, level in enumerate(section.levels):
            mask = sum(1 << gate for gate in section.level_gates(index))
            held.append(pl.when((failed & pl.lit(mask, pl.UInt64)) == 0).then(level))
        level = pl.coalesce(*held, 0) if held else pl.lit(0)
        reached = level > 0 if section.levels else pl.lit(value=True)
        yield pl.when(nothing).then(0).otherwise(level).alias(f"{section.code}.level")
        yield pl.when(nothing).then(3).when(reached).then(1).otherwise(2).alias(f"{section.code}.standing")

    def _ranks(self) -> Iterable[pl.Expr]:
        method = self._method
        eligible = reduce(and_, [pl.col(f"{method.sections[n].code}.standing") == 1 for n in method.requires])
        yield eligible.alias("eligible")
        ranked = {section.code: pl.col(f"{section.code}.standing") == 1 for section in method.sections}
        for name, counted in {**ranked, "overall": eligible}.items():
            score = pl.when(counted).then(pl.col(self._compared(name)))
            yield score.rank("min", descending=True).fill_null(0).alias(f"{name}.rank")
