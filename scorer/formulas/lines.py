"""The blocks that formulas share."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from scorer.formulas.blocks import Block, Line, Rows, column, no_less_than_nothing, of_kind, run_of
from scorer.points import FLOAT_EXACT, MICRO, Bools, Floats, exact_below, in_micro, round_ratio


@dataclass(frozen=True)
class CappedLine(Line):
    """start + each x answer, between 0 and cap: flags, faults and counts."""

    row: int
    each: int
    cap: int
    start: int = 0
    stays: bool = False
    """Whether answers cannot lead beyond these bounds, as those of a flag."""

    @property
    def variant(self) -> str:  # type: ignore[override]
        """A start and bounds take steps of their own."""
        return "unbound" if self.stays else "starts" if self.start else "capped"

    @property
    def reads(self) -> tuple[int, ...]:
        """The answer."""
        return (self.row,)

    @staticmethod
    def block(lines: Sequence[Line]) -> Block:
        """See ``Line``."""
        return _Capped(of_kind(CappedLine, lines))


class _Capped(Block):
    def __init__(self, lines: Sequence[CappedLine]) -> None:
        self._rows = Rows([line.row for line in lines])
        self._each, self._cap = column([line.each for line in lines]), column([line.cap for line in lines])
        self._start = column([line.start for line in lines])
        variants = [line.variant for line in lines]
        self._starts, self._bound = run_of(variants, "starts"), slice(0, sum(v != "unbound" for v in variants))

    def points(self, answers: Floats, out: Floats, missing: Bools, rest: Floats | None) -> None:
        """No product that a double rounds is below the cap, so that what counts is exact."""
        del rest
        np.multiply(self._rows.of(answers), self._each, out=out)
        np.isnan(out, out=missing)
        if self._starts is not None:
            np.add(out[self._starts], self._start[self._starts], out=out[self._starts])
        some = out[self._bound]
        some.clip(0.0, self._cap[self._bound], out=some)  # minimum() of a column takes twice the time
        no_less_than_nothing(out)


@dataclass(frozen=True)
class LadderLine(Line):
    """Points of the highest edge that the answer reaches; below the first one none: steps and choices."""

    row: int
    edges: tuple[float, ...]
    """Ascending, compared with the answer times ``sign``."""
    gives: tuple[int, ...]
    """Micropoints, one an edge."""
    sign: int = 1
    """-1 when less is better."""

    @property
    def reads(self) -> tuple[int, ...]:
        """The answer."""
        return (self.row,)

    @staticmethod
    def block(lines: Sequence[Line]) -> Block:
        """See ``Line``."""
        return _Ladder(of_kind(LadderLine, lines))


class _Ladder(Block):
    def __init__(self, lines: Sequence[LadderLine]) -> None:
        self._rows = Rows([line.row for line in lines])
        signs = column([line.sign for line in lines])
        self._signs = signs if (signs < 0).any() else None
        steps = max(len(line.edges) for line in lines)
        edges = [[*line.edges, *[np.nan] * (steps - len(line.edges))] for line in lines]  # nothing reaches NaN
        self._edges = np.array(edges)[:, :, np.newaxis]
        table = np.zeros((len(lines), steps + 1))
        for place, line in enumerate(lines):
            table[place, 1 : len(line.gives) + 1] = line.gives
        self._table = table.ravel()
        first = [place * (steps + 1) for place in range(len(lines))]
        self._first = column(first).astype(np.min_scalar_type(table.size))

    def points(self, answers: Floats, out: Floats, missing: Bools, rest: Floats | None) -> None:
        """Counts the edges reached in bytes, and looks the points up."""
        del rest
        values = self._rows.of(answers)
        np.isnan(values, out=missing)
        if self._signs is not None:
            values = values * self._signs
        reached = np.greater_equal(values[:, np.newaxis], self._edges)
        at = np.add.reduce(reached.view(np.uint8), axis=1, dtype=self._first.dtype)
        at += self._first
        self._table.take(at, out=out, mode="clip")


@dataclass(frozen=True)
class AwardedLine(Line):
    """The answer is the points."""

    row: int

    @property
    def reads(self) -> tuple[int, ...]:
        """The points."""
        return (self.row,)

    @staticmethod
    def block(lines: Sequence[Line]) -> Block:
        """See ``Line``."""
        return _Awarded(of_kind(AwardedLine, lines))


class _Awarded(Block):
    def __init__(self, lines: Sequence[AwardedLine]) -> None:
        self._rows = Rows([line.row for line in lines])

    def points(self, answers: Floats, out: Floats, missing: Bools, rest: Floats | None) -> None:
        """Awarded points are no more than a maximum, so that rounding finds the nearest millionth by itself."""
        del rest
        np.multiply(self._rows.of(answers), float(MICRO), out=out)
        np.isnan(out, out=missing)
        np.rint(out, out=out)
        no_less_than_nothing(out)


@dataclass(frozen=True)
class QuotientLine(Line):
    """(numerator / denominator, at most 1) x maximum."""

    rounds: ClassVar[bool] = True
    numerator: int
    denominator: int
    maximum: int
    when_zero: str
    in_millionths: bool
    """Whether either answer may have decimals."""
    most: float
    """Largest denominator that can be reported."""

    @property
    def reads(self) -> tuple[int, ...]:
        """Both answers."""
        return tuple(dict.fromkeys((self.numerator, self.denominator)))

    @property
    def alike(self) -> Hashable:
        """Whole numbers need no more decimals."""
        return QuotientLine, self.in_millionths

    @property
    def variant(self) -> str:  # type: ignore[override]
        """What nothing to divide by means takes steps of its own."""
        return self.when_zero

    @staticmethod
    def block(lines: Sequence[Line]) -> Block:
        """See ``Line``."""
        return _Quotient(of_kind(QuotientLine, lines))

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        pair = answers[[self.numerator, self.denominator], unit]
        if np.isnan(pair).any():
            return Fraction(0)
        part, whole = (in_micro(pair) if self.in_millionths else pair).tolist()
        if whole == 0:
            return Fraction(self.maximum if self.when_zero == "full" else 0)
        return min(Fraction(int(part), int(whole)), Fraction(1)) * self.maximum


class _Quotient(Block):
    def __init__(self, lines: Sequence[QuotientLine]) -> None:
        self._numerators = Rows([line.numerator for line in lines])
        self._denominators = Rows([line.denominator for line in lines])
        self._maxima = column([line.maximum for line in lines])
        self._in_millionths = lines[0].in_millionths
        self._exact_below = exact_below(self._maxima)
        most = max(line.most for line in lines) * (MICRO if self._in_millionths else 1)
        self._exact = most < self._exact_below
        zeros = [line.when_zero for line in lines]
        self._full, self._leaving = run_of(zeros, "full"), run_of(zeros, "not_applicable")
        if self._leaving is not None:
            self._leaving_numerators = Rows([line.numerator for line in lines[self._leaving]])
            self._leaving_denominators = Rows([line.denominator for line in lines[self._leaving]])

    def points(self, answers: Floats, out: Floats, missing: Bools, rest: Floats | None) -> None:
        """The part that there is of the whole, and what nothing to divide by means."""
        numerators, denominators = self._numerators.of(answers), self._denominators.of(answers)
        if self._in_millionths:
            numerators, denominators = in_micro(numerators), in_micro(denominators)
        np.minimum(numerators, denominators, out=out)
        np.isnan(out, out=missing)
        exact = self._exact or bool(np.fmax.reduce(denominators, axis=None, initial=0.0) < self._exact_below)
        round_ratio(out, denominators, self._maxima, rest, exact=exact)
        no_less_than_nothing(out)
        if self._full is not None:
            run = self._full
            # Not where it was not reported: comparing with NaN is false.
            nothing = denominators[run] == 0
            nothing &= numerators[run] >= 0
            np.copyto(out[run], self._maxima[run], where=nothing)

    def left_out(self, answers: Floats) -> tuple[slice, Bools] | None:
        """Units with nothing to divide by, when that means not applicable."""
        if self._leaving is None:
            return None
        nothing: Bools = self._leaving_denominators.of(answers) == 0
        nothing &= self._leaving_numerators.of(answers) >= 0
        return self._leaving, nothing


@dataclass(frozen=True)
class SlopeLine(Line):
    """maximum x (answer - start) / length on the way from start to its end, flat beyond both."""

    rounds: ClassVar[bool] = True
    row: int
    start: int
    """Millionths."""
    length: int
    """Millionths, negative when less is better."""
    maximum: int

    @property
    def reads(self) -> tuple[int, ...]:
        """The answer."""
        return (self.row,)

    @staticmethod
    def block(lines: Sequence[Line]) -> Block:
        """See ``Line``."""
        return _Slope(of_kind(SlopeLine, lines))

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        answer = in_micro(answers[self.row, unit : unit + 1])[0]
        if np.isnan(answer):
            return Fraction(0)
        way = Fraction(int(answer) - self.start, self.length)
        return min(max(way, Fraction(0)), Fraction(1)) * self.maximum


class _Slope(Block):
    def __init__(self, lines: Sequence[SlopeLine]) -> None:
        self._lines = lines
        self._rows = Rows([line.row for line in lines])
        self._start = column([line.start for line in lines])
        self._sign = column([1 if line.length > 0 else -1 for line in lines])
        self._length = column([abs(line.length) for line in lines])
        self._maxima = column([line.maximum for line in lines])
        self._exact = bool(self._length.max() < exact_below(self._maxima))
        self._long = np.flatnonzero(self._length >= FLOAT_EXACT).tolist()
        """Lines longer than doubles can tell apart."""

    def points(self, answers: Floats, out: Floats, missing: Bools, rest: Floats | None) -> None:
        """How far along the line, of all its length."""
        np.subtract(in_micro(self._rows.of(answers)), self._start, out=out)
        np.isnan(out, out=missing)
        np.multiply(out, self._sign, out=out)
        out.clip(0.0, self._length, out=out)
        round_ratio(out, self._length, self._maxima, rest, exact=self._exact)
        no_less_than_nothing(out)
        for k in self._long:
            for unit in range(out.shape[1]):
                exact = self._lines[k].exact(answers, unit)
                out[k, unit] = round(exact)
                if rest is not None:
                    rest[k, unit] = float(exact - round(exact))
