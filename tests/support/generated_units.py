"""Hypothesis strategies for units of a criteria set.

Their answers often put a sum on a gate's edge, on a rounding edge, on another unit's score, or one micropoint beside.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import oracle
from generated_formulas import INDICATORS
from hypothesis import strategies as st
from oracle import Unit
from oracle.categories import measured
from oracle.numbers import exact
from oracle.sources import indicators_of, sources_of
from set_documents import MICRO, Amounts, by_tier, criteria_of, decimal

NAMES = ("Ba Bể", "Bạch Thông", "Chợ Đồn", "Chợ Mới", "Na Rì", "Ngân Sơn", "Pác Nặm", "Z", "a", "é", "Đ", "𐐀")
PARENTS = st.sampled_from(["Ba Bể", "Bắc Kạn", "a"])
"""Some are units of the province too."""
BILLIONS = 4 * 10**9 * MICRO


def _shares(body: Mapping[str, Any]) -> set[str]:
    """The indicators of its ratios, which cannot be negative."""
    found = {body[key] for key in ("numerator", "denominator") if key in body}
    return found.union(*(_shares(part) for key in ("terms", "alternatives") for part in body.get(key, ())))


def _awarded(body: Mapping[str, Any], tier: str) -> Amounts:
    """The largest micropoints that units of a tier can be awarded, by indicator."""
    if body["formula"] == "awarded":
        return {body["indicator"]: by_tier(body, [tier])[tier]}
    most: Amounts = {}
    for part in (part for key in ("terms", "alternatives") for part in body.get(key, ())):
        for code, micro in _awarded(part, tier).items():
            most[code] = min(micro, most.get(code, micro))
    return most


@st.composite
def _answers(draw: st.DrawFn, document: oracle.Document, tier: str) -> dict[str, Any]:
    """Some of the answers that a tier's criteria read."""
    criteria = criteria_of(document, tier)
    awarded: Amounts = {}
    for criterion in criteria:
        awarded |= _awarded(criterion, tier)
    shares = set[str]().union(*(_shares(criterion) for criterion in criteria))
    sources, columns = sources_of(document), dict[str, str]()
    for criterion in criteria:
        for code in indicators_of(criterion):
            own = [] if code.startswith("previous.") else sources[criterion["id"]][1:]
            columns |= {code: code, **{f"{code}@{source}": code for source in own}}
    answers: dict[str, Any] = {}
    for column, read in sorted(columns.items()):
        if draw(st.integers(0, 9)) < (4 if "@" in column else 1):
            continue
        answers[column] = draw(_answer_to(read, awarded, shares))
    return answers


@st.composite
def _answer_to(draw: st.DrawFn, read: str, awarded: Amounts, shares: Collection[str]) -> Any:
    """An answer to an indicator that criteria read, which may be last period's."""
    code = read.removeprefix("previous.")
    if read in awarded:
        most = awarded[read]
        likely = st.sampled_from([most, most, most * 7 // 10, most * 9 // 10, most // 3, 0])
        return decimal(draw(st.one_of(likely, st.integers(0, most))))
    if code.startswith("count"):
        return draw(st.one_of(st.integers(0, 9), st.sampled_from([0, 3, 7, 1000, 8_000_000_000])))
    if code.startswith("number"):
        low = 0 if read in shares else -3 * MICRO
        whole = st.integers(low // MICRO, 12).map(lambda n: n * MICRO)
        return decimal(draw(st.one_of(whole, st.integers(low, 12 * MICRO), st.integers(0, BILLIONS))))
    if code.startswith("flag"):
        return draw(st.booleans())
    if code.startswith("choice"):
        return draw(st.sampled_from(INDICATORS[code].options))
    return draw(st.dates(datetime.date(2019, 12, 1), datetime.date(2021, 1, 31)))


@st.composite
def _steered(draw: st.DrawFn, document: oracle.Document, unit: Unit) -> Unit:
    """The unit with one awarded answer moved, if that can be, so that a sum stands on an edge or beside it."""
    card = oracle.score_unit(document, unit)
    statuses = {c.id: c.status for category in card.categories for g in category.groups for c in g.criteria}
    movable = {
        criterion["id"]: criterion
        for criterion in criteria_of(document, unit.tier)
        if criterion["formula"] == "awarded"
        and criterion.get("effect", "score") == "score"
        and statuses[criterion["id"]] == "scored"
    }
    wanted: list[tuple[Fraction, list[str]]] = []  # how many micropoints to add, and which criteria would do
    for category in card.categories:
        members = {g.code: [c.id for c in g.criteria if c.id in movable] for g in category.groups}
        members["total"] = [c for codes in list(members.values()) for c in codes]
        for gate in category.gates:
            points, maximum = measured(gate.measure, category.groups, category.score)
            edge = gate.minimum * maximum / 100 if gate.unit == "percent" else gate.minimum
            terms = [
                c for term in gate.measure.split("+") for c in members.get(term, [term] if term in movable else [])
            ]
            wanted.append(((edge - points) * MICRO, terms))
        # A published score is about to round up half way between two of its last digits.
        step = Fraction(10) ** -document["rounding"]["points"]
        tie = (math.floor(category.score.points / step) + Fraction(1, 2)) * step
        wanted.append(((tie - category.score.points) * MICRO, members["total"]))
    wanted = [(delta, terms) for delta, terms in wanted if terms]
    if not wanted:
        return unit
    delta, terms = draw(st.sampled_from(wanted))
    criterion = movable[draw(st.sampled_from(terms))]
    code, most = criterion["indicator"], by_tier(criterion, [unit.tier])[unit.tier]
    columns = [code, *(f"{code}@{source}" for source in sources_of(document)[criterion["id"]][1:])]
    code = [column for column in columns if column in unit.answers][-1]  # whose answer counts
    micro = int(exact(unit.answers[code]) * MICRO) + math.ceil(delta) + draw(st.sampled_from([0, 0, -1, 1]))
    return replace(unit, answers={**unit.answers, code: decimal(micro)}) if 0 <= micro <= most else unit


@st.composite
def provinces(draw: st.DrawFn, document: oracle.Document) -> list[Unit]:
    """One to eight units of the set's tiers, in any order."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 8))]
    units: list[Unit] = []
    for name in names:
        tier = draw(st.sampled_from(document["tiers"]))
        like = [unit for unit in units if unit.tier == tier]
        parent = draw(PARENTS.filter(lambda parent, name=name: parent != name))
        if like and draw(st.integers(0, 3)) == 0:
            unit = replace(draw(st.sampled_from(like)), id=name, parent=parent)  # a tie, or nearly one
        else:
            optional = [c["id"] for c in criteria_of(document, tier) if c.get("may_be_not_applicable")]
            left_out = [code for code in optional if draw(st.integers(0, 3)) == 0]
            answers = draw(_answers(document, tier))
            unit = Unit(name, tier, answers, tuple(left_out), name=f"Xã {name}", parent=parent)
        if draw(st.booleans()):
            unit = draw(_steered(document, unit))
        units.append(unit)
    return units
