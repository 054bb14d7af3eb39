"""The method as columns of Spark SQL, as far as SQL can say it: points, sums, levels and ranks.

It does not validate answers, and gives no causes. Results are exact for the same reasons as those of ``polars_frame``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add, and_, or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as sf

from peers.method import Leaf, Line, Method, Section, whole
from scorer.engine.plan import SetPlan
from scorer.model.fixed_point import MICRO, PERCENT
from scorer.model.indicators import IndicatorKind

PPM = 1_000_000
"""Parts per million."""
ALWAYS = 2.0**53 - 1
"""The key of a percentage if no criterion applies. It passes every gate."""


def number(value: float) -> Column:
    """A constant double."""
    return sf.lit(float(value))


def total(terms: Iterable[Column]) -> Column:
    """The sum of columns; null counts as 0 if there are several."""
    columns = list(terms)
    if len(columns) == 1:
        return columns[0]
    return reduce(add, (sf.coalesce(column, number(0)) for column in columns), number(0))


def one(holds: Column) -> Column:
    """1 where a condition holds, otherwise 0."""
    return sf.when(holds, number(1)).otherwise(number(0))


def divided(top: str, bottom: str, nominal: int) -> Column:
    """Whole number ``top x nominal / bottom``, rounded down, of two columns; null if ``bottom`` is 0."""
    return sf.expr(f"bigint(`{top}`) * {nominal}L div nullif(bigint(`{bottom}`), 0L)")


def leaf_points(leaf: Leaf) -> Column:
    """Micropoints, not rounded; null where an answer is missing; but 0 for kinds that only compare the answer."""
    value, maximum = sf.col(leaf.reads[0]), number(leaf.maximum)
    match leaf.kind:
        case "flag" | "fault":
            return sf.when(value == (1 if leaf.kind == "flag" else 0), maximum).otherwise(number(0))
        case "choice":
            return sf.coalesce(*(sf.when(value == n, number(p)) for n, p in enumerate(leaf.options)), number(0))
        case "steps":
            steps = [
                sf.when(_compared(value, comparison, edge), number(points)) for comparison, edge, points in leaf.steps
            ]  # fmt: skip
            return sf.coalesce(*steps, number(0))
        case "count":
            return sf.when(value.isNotNull(), sf.least(value * leaf.each, maximum))
        case "linear":
            distance = (sf.rint(value * MICRO) - leaf.start) * (1 if leaf.end > leaf.start else -1)
            length = number(abs(leaf.end - leaf.start))
            limited = sf.least(sf.greatest(distance, number(0)), length)
            return sf.when(value.isNotNull(), limited * maximum / length)
        case "awarded":
            return sf.rint(value * MICRO)
    part, of = value, sf.col(leaf.reads[1])
    if leaf.micro:
        part, of = sf.rint(part * MICRO), sf.rint(of * MICRO)
    full = maximum if leaf.when_zero == "full" else number(0)
    ratio = sf.when(part > of, of).otherwise(part) * maximum / sf.nullif(of, number(0))
    return sf.when(of > 0, ratio).when((of == 0) & part.isNotNull(), full)


def _compared(value: Column, comparison: str, edge: float) -> Column:
    operators = {"at_least": value >= edge, "above": value > edge, "at_most": value <= edge, "below": value < edge}
    return operators[comparison]


def line_points(line: Line) -> Column:
    """Whole micropoints; 0 if all answers are missing."""
    sums = [total(leaf_points(leaf) for leaf in leaves) for leaves in line.alternatives]
    best = sf.coalesce(sf.greatest(*sums) if len(sums) > 1 else sums[0], number(0))
    best = sf.rint(best) if any(leaf.divides for leaf in line.leaves()) else best
    return best if line.sign > 0 else -best


class SparkSql:
    """A method as columns, in steps that depend on each other.

    Args:
        set_plan: the plan of the criteria set.
        tier: the tier of all units.
        by: the columns that say which units are ranked together.
    """

    def __init__(self, set_plan: SetPlan, tier: str, by: Sequence[str]) -> None:
        self._set_plan, self._by = set_plan, by
        self._method = Method.of(set_plan, set_plan.tiers[tier])
        self._names = [*(section.code for section in self._method.sections), "overall"]

    def rank(self, df: DataFrame) -> DataFrame:
        """The columns ``by`` and ``id``, then some of a RankingTable: points, scores, levels and ranks."""
        sections, nominals = self._method.sections, [*(s.nominal for s in self._method.sections), self._method.nominal]
        head = [sf.col(name) for name in (*self._by, "id")]
        frame = df.select(*head, *self._answers())
        frame = frame.select(*head, *(column for line in self._method.lines() for column in self._criterion(line)))
        frame = frame.select("*", *(column for section in sections for column in self._section(section)))
        frame = frame.select("*", *self._overall(), *(c for section in sections for c in self._measures(section)))
        frame = frame.select("*", *(column for section in sections for column in self._keys(section)))
        sums = (self._sums(*pair) for pair in zip(self._names, nominals, strict=True))
        frame = frame.select("*", *(column for pair in sums for column in pair))
        frame = frame.select("*", *map(self._published, self._names), *map(self._level, sections))
        frame = frame.select("*", *map(self._standing, sections))
        frame = frame.select("*", *self._ranks())
        return frame.select(*head, *(column for name in self._names for column in self._result(name)), *self._levels())

    @staticmethod
    def _result(name: str) -> Iterable[Column]:
        """The columns of a category, or of all together, with the names and units of a RankingTable."""
        prefix = "" if name == "overall" else f"{name}."
        for field, unit in (("points", MICRO), ("percent", PERCENT), ("converted", MICRO), ("published", MICRO)):
            yield (sf.col(f"`{name}.{field}`") / unit).alias(f"{prefix}{field}")
        yield sf.col(f"`{name}.rank`").alias(f"{prefix}rank")

    def _levels(self) -> Iterable[Column]:
        for section in self._method.sections:
            yield sf.nullif(f"`{section.code}.level`", sf.lit(0)).alias(f"{section.code}.level")

    def _answers(self) -> Iterable[Column]:
        indicators = self._set_plan.criteria_set.indicators
        for code in self._method.indicators():
            indicator, answer = indicators[code], sf.col(code)
            if indicator.kind is IndicatorKind.CHOICE:
                answer = sf.coalesce(*(sf.when(answer == option, n) for n, option in enumerate(indicator.options)))
            elif indicator.kind is IndicatorKind.DATE:
                answer = sf.unix_date(answer)
            yield answer.cast("double").alias(code)
        for line in self._method.lines():
            if line.may_be_excluded:
                listed = sf.coalesce(sf.array_contains("not_applicable", line.id), sf.lit(False))
                yield listed.alias(f"excluded {line.id}")

    def _criterion(self, line: Line) -> Iterable[Column]:
        codes = dict.fromkeys(code for leaf in line.leaves() for code in leaf.reads)
        out = [reduce(or_, (sf.col(code).isNull() for code in codes))] if line.missing_leaves_out else []
        if line.zero_leaves_out:
            part, of = (sf.col(code) for code in line.alternatives[0][0].reads)
            out.append(part.isNotNull() & sf.coalesce(of == 0, sf.lit(False)))
        if line.may_be_excluded:
            out.append(sf.col(f"`excluded {line.id}`"))
        left_out = reduce(or_, out) if out else sf.lit(False)
        yield sf.when(left_out, number(0)).otherwise(line_points(line)).alias(f"points {line.id}")
        yield sf.when(left_out, number(0)).otherwise(number(line.maximum)).alias(f"max {line.id}")

    def _section(self, section: Section) -> Iterable[Column]:
        lines = [line for _, group in section.groups for line in group]
        points = total(sf.col(f"`points {line.id}`") for line in lines)
        yield sf.greatest(points, number(0)).alias(f"{section.code}.points")
        yield total(sf.col(f"`max {line.id}`") for line in lines).alias(f"{section.code}.max_points")

    def _overall(self) -> Iterable[Column]:
        for field in ("points", "max_points"):
            yield total(sf.col(f"`{section.code}.{field}`") for section in self._method.sections).alias(
                f"overall.{field}"
            )

    def _sums(self, name: str, nominal: int) -> Iterable[Column]:
        for field, factor in (("percent", PPM), ("converted", nominal)):
            share = divided(f"{name}.points", f"{name}.max_points", factor).cast("double")
            yield sf.coalesce(share, number(0)).alias(f"{name}.{field}")

    def _published(self, name: str) -> Column:
        step = whole(self._method.decimals)
        steps = sf.floor((sf.col(f"`{name}.converted`") + step // 2) / step).cast("double")
        return (steps * step).alias(f"{name}.published")

    def _measures(self, section: Section) -> Iterable[Column]:
        for measure in section.measures:
            lines = [*self._measured(section, measure.groups, measure.criterion)]
            points, maximum = (total(sf.col(f"`{field} {line.id}`") for line in lines) for field in ("points", "max"))
            name = f"{section.code}/{measure.name}"
            yield (sf.greatest(points, number(0)) if measure.total else points).alias(f"{name}.points")
            yield maximum.alias(f"{name}.max_points")

    def _keys(self, section: Section) -> Iterable[Column]:
        for n, measure in enumerate(section.measures):
            points, maximum = (f"{section.code}/{measure.name}.{field}" for field in ("points", "max_points"))
            key = sf.col(f"`{points}`")
            if measure.unit == "percent":  # parts per million, with their fraction as a further half
                twice, rest = (
                    divided(points, maximum, PPM) * 2,
                    sf.expr(f"int(bigint(`{points}`) * {PPM}L % nullif(bigint(`{maximum}`), 0L) > 0)"),
                )
                key = sf.coalesce((twice + rest).cast("double"), number(ALWAYS))
            yield key.alias(f"{section.code}.key {n}")

    def _level(self, section: Section) -> Column:
        held = []
        for index, level in enumerate(section.levels):
            gates = [section.gates[gate] for gate in section.level_gates(index)]
            holds = [sf.col(f"`{section.code}.key {gate.key}`") >= gate.threshold for gate in gates]
            held.append(sf.when(reduce(and_, holds, sf.lit(True)), level))
        level = sf.coalesce(*held, sf.lit(0))
        return sf.when(sf.col(f"`{section.code}.max_points`") == 0, 0).otherwise(level).alias(f"{section.code}.level")

    @staticmethod
    def _measured(section: Section, groups: tuple[int, ...], criterion: tuple[int, int] | None) -> Iterable[Line]:
        if criterion:
            return [section.groups[criterion[0]][1][criterion[1]]]
        return [line for group in groups for line in section.groups[group][1]]

    def _standing(self, section: Section) -> Column:
        applies = sf.col(f"`{section.code}.max_points`") > 0
        reached = sf.col(f"`{section.code}.level`") > 0 if section.levels else sf.lit(True)
        return (applies & reached).alias(f"{section.code}.ranked")

    def _ranks(self) -> Iterable[Column]:
        sections = self._method.sections
        ranked = {section.code: sf.col(f"`{section.code}.ranked`") for section in sections}
        ranked["overall"] = reduce(and_, [ranked[sections[n].code] for n in self._method.requires])
        for name, counted in ranked.items():
            score = sf.col(f"`{name}.{'converted' if self._method.exact_ranks else 'published'}`")
            window = Window.partitionBy(*self._by, counted).orderBy(score.desc())
            yield sf.when(counted, sf.rank().over(window)).alias(f"{name}.rank")
