"""The method as a Python loop over units, with integers and fractions instead of arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from peers.method import Columns, Leaf, Line, Method, Section, whole
from scorer.model.cohort import Cohort

MICRO = 1_000_000
ALWAYS = 2**53 - 1
"""The key of a percentage if no criterion applies. It passes every gate."""
Points = int | Fraction
Answers = dict[str, float | None]

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "at_least": lambda value, edge: value >= edge,
    "above": lambda value, edge: value > edge,
    "at_most": lambda value, edge: value <= edge,
    "below": lambda value, edge: value < edge,
}


def leaf_points(leaf: Leaf, answers: Answers) -> tuple[Points, bool, bool]:
    """Micropoints, whether an answer is missing, and whether the denominator is zero."""
    value = answers[leaf.reads[0]]
    other = answers[leaf.reads[-1]]
    if value is None or other is None:
        return 0, True, False
    match leaf.kind:
        case "flag":
            return (leaf.maximum if value == 1 else 0), False, False
        case "fault":
            return (leaf.maximum if value == 0 else 0), False, False
        case "choice":
            return leaf.options[int(value)], False, False
        case "steps":
            return (
                next((points for comparison, edge, points in leaf.steps if COMPARE[comparison](value, edge)), 0),
                False,
                False,
            )
        case "count":
            return min(int(value) * leaf.each, leaf.maximum), False, False
        case "linear":
            length = abs(leaf.end - leaf.start)
            distance = (round(value * MICRO) - leaf.start) * (1 if leaf.end > leaf.start else -1)
            return _quotient(min(max(distance, 0), length) * leaf.maximum, length), False, False
        case "awarded":
            return round(value * MICRO), False, False
    if other == 0:
        return (leaf.maximum if leaf.when_zero == "full" else 0), False, True
    scale = MICRO if leaf.micro else 1
    part, of = round(value * scale), round(other * scale)
    return _quotient(min(part, of) * leaf.maximum, of), False, False


def _quotient(top: int, bottom: int) -> Points:
    """The exact quotient; a fraction only if there is a remainder."""
    size, rest = divmod(top, bottom)
    return Fraction(top, bottom) if rest else size


def line_points(line: Line, answers: Answers, *, excluded: bool) -> tuple[int, bool, bool]:
    """Micropoints, whether an answer is missing, and whether the criterion does not apply."""
    if excluded:
        return 0, False, True
    best, missing, left_out = 0, False, False
    for n, alternative in enumerate(line.alternatives):
        total: Points = 0
        for leaf in alternative:
            points, is_missing, is_zero = leaf_points(leaf, answers)
            total += points
            missing |= is_missing
            left_out |= is_zero and line.zero_leaves_out
        best = round(total) if n == 0 else max(best, round(total))
    if left_out or (missing and line.missing_leaves_out):
        return 0, False, True
    return line.sign * best, missing, False


class PythonLoop:
    """A method as a Python loop."""

    def __init__(self, method: Method) -> None:
        self._method = method

    def score(self, cohort: Cohort, *, full: bool = False) -> Columns:
        """The columns of a cohort."""
        method, ids = self._method, cohort.unit_ids
        columns = {code: cohort.values(code).tolist() for code in method.indicators()}
        masks = {criterion: mask.tolist() for criterion, mask in cohort.excluded.items()}
        cards = []
        for unit in range(len(ids)):
            answers = {code: value if (value := column[unit]) == value else None for code, column in columns.items()}
            left_out = {criterion for criterion, mask in masks.items() if mask[unit]}
            cards.append(dict(self._card(answers, left_out)))
        by_name = {name: [card[name] for card in cards] for name in cards[0]}
        compared = "converted" if method.exact_ranks else "published"
        for section in method.sections:
            ranked = [standing == 1 for standing in by_name[f"{section.code}.standing"]]
            by_name[f"{section.code}.rank"] = _ranks(by_name[f"{section.code}.{compared}"], ranked)
        ranked = [
            all(card[f"{method.sections[index].code}.standing"] == 1 for index in method.requires) for card in cards
        ]
        scores = by_name[f"overall.{compared}"]
        by_name["overall.rank"] = _ranks(scores, ranked)
        by_name["order"] = sorted(range(len(ids)), key=lambda unit: (not ranked[unit], -scores[unit], ids[unit]))
        return {
            name: np.array(values, dtype=np.uint64 if name.endswith(".failed") else np.int64)
            for name, values in by_name.items()
        }

    def _card(self, answers: Answers, left_out: set[str]) -> Iterator[tuple[str, int]]:
        method = self._method
        overall = [0, 0, 0, 0]
        for section in method.sections:
            sums, keys, values = self._section(section, answers, left_out)
            overall = [a + b for a, b in zip(overall, sums, strict=True)]
            failed = sum(1 << n for n, gate in enumerate(section.gates) if keys[gate.key] < gate.threshold)
            masks = [sum(1 << gate for gate in section.level_gates(index)) for index in range(len(section.levels))]
            level = next((number for number, mask in zip(section.levels, masks, strict=True) if not failed & mask), 0)
            nothing = sums[1] == 0
            yield f"{section.code}.failed", failed
            yield f"{section.code}.level", 0 if nothing else level
            yield f"{section.code}.standing", 3 if nothing else 1 if level or not section.levels else 2
            for measure, value in zip(section.measures, values, strict=True):
                yield f"{section.code}.{measure.name}.{measure.unit}", value
            yield from self._sums(section.code, sums, section.nominal)
        yield from self._sums("overall", overall, method.nominal)

    def _section(
        self, section: Section, answers: Answers, left_out: set[str]
    ) -> tuple[list[int], list[int], list[int]]:
        """Points, maximum, counts of missing and not applicable; keys that gates compare; values of measures."""
        groups, criteria = [], []
        for _, lines in section.groups:
            sums, of_group = [0, 0, 0, 0], []
            for line in lines:
                points, missing, out = line_points(line, answers, excluded=line.id in left_out)
                maximum = 0 if out else line.maximum
                sums = [sums[0] + points, sums[1] + maximum, sums[2] + missing, sums[3] + out]
                of_group.append((points, maximum))
            groups.append(sums)
            criteria.append(of_group)
        total = [sum(column) for column in zip(*groups, strict=True)]
        total[0] = max(total[0], 0)
        keys, values = [], []
        for measure in section.measures:
            if measure.criterion:
                points, maximum = criteria[measure.criterion[0]][measure.criterion[1]]
            elif measure.total:
                points, maximum = total[:2]
            else:
                points = sum(groups[index][0] for index in measure.groups)
                maximum = sum(groups[index][1] for index in measure.groups)
            ppm, rest = divmod(points * MICRO, maximum) if maximum else (0, 0)
            percent = measure.unit == "percent"
            values.append(ppm if percent else points)
            keys.append(points if not percent else 2 * ppm + (rest > 0) if maximum else ALWAYS)
        return total, keys, values

    def _sums(self, name: str, sums: list[int], nominal: int) -> Iterator[tuple[str, int]]:
        points, maximum, missing, left_out = sums
        step = whole(self._method.decimals)
        converted = points * nominal // maximum if maximum else 0
        yield f"{name}.points", points
        yield f"{name}.max_points", maximum
        yield f"{name}.percent", points * MICRO // maximum if maximum else 0
        yield f"{name}.converted", converted
        yield f"{name}.published", (converted + step // 2) // step * step
        yield f"{name}.missing", missing
        yield f"{name}.not_applicable", left_out


def _ranks(scores: list[int], ranked: list[bool]) -> list[int]:
    """Competition ranks; 0 for units that are not ranked."""
    counts = Counter(score for score, counted in zip(scores, ranked, strict=True) if counted)
    better, first = 0, {}
    for score in sorted(counts, reverse=True):
        first[score] = better + 1
        better += counts[score]
    return [first[score] if counted else 0 for score, counted in zip(scores, ranked, strict=True)]
