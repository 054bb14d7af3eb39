"""Builds a report from results."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from itertools import chain
from urllib.parse import quote

from scorer_client.causes import Cause, short_cause
from scorer_client.criteria_set_form import Form
from scorer_client.formatting import Count, printable
from scorer_client.rankings import CriterionCount, Province, Ranking, Tally
from scorer_client.reports.measure_values import measure_value, scores_by_name
from scorer_client.reports.measures import measures
from scorer_client.reports.model import (
    Category,
    Criterion,
    Movement,
    Need,
    Report,
    Requirement,
    Section,
    Unit,
    UnitCategory,
)
from scorer_client.reports.words import WORDS
from scorer_client.results import CategoryResult, UnitResult
from scorer_client.rules import Rule
from scorer_client.sentences import plain, rounded
from scorer_client.titles import subtotal_key, text

_NO_DATE = datetime.date(2000, 1, 1)
"""The date of files if the criteria set has no first day on which it is in force."""


def build(
    province: Province,
    form: Form,
    *,
    language: str,
    previous: Province | None = None,
    facts: Iterable[str] = (),
    unit_names: Mapping[str, str] | None = None,
) -> Report:
    """Builds a report on a province.

    Args:
        province: all rankings, with the points of every criterion.
        form: the form of the criteria set, which has the titles.
        language: language of the report, "en" or "vi".
        previous: earlier results by the same criteria set.
        facts: further sentences for the summary.
        unit_names: names of units that are not in the results, by id, such as the districts of ranked communes.

    Raises:
        ValueError: the results lack the points of criteria, are only a page, or the language is unknown.
    """
    if language not in WORDS:
        raise ValueError(f"reports are written in {' and '.join(WORDS)}, not in {language!r}")
    for results in filter(None, (province, previous)):
        if results.next_page_token:
            raise ValueError("a report needs all units: rank without page_size")
        if any(not c.groups for r in results.rankings for u in r.units[:1] for c in u.categories):
            raise ValueError("a report needs the points of every criterion: rank with full=True")
    with localcontext(Context(prec=28)):  # other code may have changed the thread's context
        return _Builder(province, form, language, previous, unit_names or {}).report(tuple(facts))


class _Builder:
    def __init__(
        self,
        province: Province,
        form: Form,
        language: str,
        previous: Province | None,
        unit_names: Mapping[str, str],
    ) -> None:
        self._province, self._form, self._language = province, form, language
        self._words = WORDS[language]
        self._titles = {code: printable(title) for code, title in form.names(language).items()}
        self._results = [list(ranking.units) for ranking in province.rankings]
        self._units = {unit.id: printable(unit.name or unit.id) for unit in chain(*self._results)}
        self._parents = {**{code: printable(name) for code, name in unit_names.items() if name}, **self._units}
        before = chain.from_iterable(ranking.units for ranking in previous.rankings) if previous else ()
        self._before = {unit.id: unit for unit in before}
        self._compared = previous is not None

    def report(self, facts: tuple[str, ...]) -> Report:
        provenance, form = self._province.provenance, self._form
        removed = [unit.name or unit.id for code, unit in self._before.items() if code not in self._units]
        first_day = form.effective_from or _NO_DATE
        return Report(
            self._language,
            self._words,
            self._titles,
            printable(text(form.titles, self._language, provenance.criteria_set)),
            printable(provenance.province),
            printable(provenance.period),
            provenance.criteria_set,
            provenance.revision,
            self._title(f"provenance/{provenance.criteria_provenance}", provenance.criteria_provenance),
            provenance.engine_version,
            tuple(_basis(basis.document, basis.issued) for basis in form.legal_basis),
            printable(text(form.notes, self._language, "")),
            tuple(map(printable, facts)),
            tuple(map(self._section, self._province.rankings, self._results)),
            self._compared,
            tuple(map(printable, removed)),
            datetime.datetime.combine(first_day, datetime.time()),
            form.points_decimals,
            form.percent_decimals,
            form.rounding,
        )

    def _section(self, ranking: Ranking, results: list[UnitResult]) -> Section:
        units = tuple(map(self._unit, results))
        tier_title, anchor = self._title(f"tier/{ranking.tier}", ranking.tier), f"t-{ranking.tier}"
        title = tier_title
        if ranking.tier in self._form.within_parent:
            parent = self._parents.get(ranking.cohort, printable(ranking.cohort))
            title = self._words["within"].format(tier=tier_title, parent=parent)
            anchor = f"{anchor}-{quote(ranking.cohort, safe='')}"
        return Section(
            anchor,
            title,
            ranking.tier,
            tier_title,
            Count(ranking.unit_count),
            ranking.overall_ranked,
            self._best_total(results),
            tuple(unit.name for unit in units if unit.result.commended),
            tuple(
                self._category(ranking.tier, tally, results, units, f"{anchor}-{tally.category}")
                for tally in ranking.tallies
            ),
            tuple(self._title(subtotal_key(item.subtotal), item.subtotal) for item in results[0].subtotals),
            units,
        )

    def _best_total(self, results: list[UnitResult]) -> str:
        best = max(results, key=lambda unit: unit.overall.converted)
        score = best.overall
        return self._words["best_total"].format(
            unit=self._units[best.id],
            points=rounded(score.points, max(2, self._form.points_decimals), self._form.rounding),
            maximum=plain(score.max_points),
            percent=rounded(score.percent, 2, self._form.rounding),
        )

    def _unit(self, result: UnitResult) -> Unit:
        before = self._before.get(result.id)
        return Unit(
            f"u-{quote(result.id, safe='')}",
            self._units[result.id],
            self._parents.get(result.parent, printable(result.parent)),
            result,
            tuple(
                UnitCategory(category, self._needs(category), _movement(category, before))
                for category in result.categories
            ),
            before.overall_rank if before else None,
        )

    def _needs(self, category: CategoryResult) -> tuple[Need, ...]:
        scores = scores_by_name(category) if category.causes else {}
        return tuple(self._need(category.category, cause, scores) for cause in category.causes)

    def _need(self, category: str, cause: Cause, scores: Mapping[str, tuple[float, float]]) -> Need:
        return Need(
            self._reads(cause),
            cause.sentence(self._language, self._titles, category),
            short_cause(cause, category, language=self._language, titles=self._titles),
            self._shortage(cause, scores),
        )

    def _reads(self, cause: Cause) -> str:
        """The name of what a cause reads: a measure, an indicator or a category; for a combination, all names."""
        if cause.at_least:
            return ", ".join(dict.fromkeys(self._reads(condition) for condition in cause.of))
        return cause.subject(self._language, self._titles)

    def _shortage(self, cause: Cause, scores: Mapping[str, tuple[float, float]]) -> float | None:
        """The points that the unit has too few, or too many; None unless the cause is a gate on one measure."""
        if not cause.measure:
            return None
        reached = measure_value(scores, cause.measure)
        needed = Decimal(repr(cause.minimum)) * (reached.maximum / 100 if cause.unit == "percent" else 1)
        step = Decimal(1).scaleb(-max(2, self._form.points_decimals))
        # At least one step, because a value that equals the minimum fails a strict gate.
        return float(max(abs(needed - reached.points).quantize(step, ROUND_CEILING), step))

    def _category(
        self, tier: str, tally: Tally, results: list[UnitResult], units: tuple[Unit, ...], anchor: str
    ) -> Category:
        category_results = [result.category(tally.category) for result in results]
        groups = category_results[0].groups
        indices = {
            item.criterion: (group_index, index)
            for group_index, group in enumerate(groups)
            for index, item in enumerate(group.criteria)
        }
        pairs = [(unit, next(c for c in unit.categories if c.result.category == tally.category)) for unit in units]
        return Category(
            tally.category,
            anchor,
            self._title(tally.category),
            tally.ranked,
            tuple(tally.levels.items()),
            tuple(self._title(group.group) for group in groups),
            self._requirements(tier, tally.category),
            measures(tally, category_results, self._rules(tier, tally.category), self._language, self._titles),
            tuple(self._criterion(count, indices, category_results) for count in tally.criteria),
            tuple(sorted(pairs, key=_sort_key)),
        )

    def _rules(self, tier: str, category: str) -> Iterator[Rule]:
        return (rule for rule in self._form.rules if (rule.tier, rule.category) == (tier, category))

    def _requirements(self, tier: str, category: str) -> tuple[Requirement, ...]:
        named, requirements = (self._language, self._titles), []
        for rule in self._rules(tier, category):
            name = rule.name(*named)
            requirements.append(Requirement(name[:1].upper() + name[1:], printable(rule.sentence(*named))))
        return tuple(requirements)

    def _criterion(
        self, count: CriterionCount, indices: Mapping[str, tuple[int, int]], categories: list[CategoryResult]
    ) -> Criterion:
        group_index, index = indices[count.criterion]
        maxima = (category.groups[group_index].criteria[index].max_points for category in categories)
        return Criterion(
            count.criterion,
            self._title(count.criterion),
            self._title(categories[0].groups[group_index].group),
            next(filter(None, maxima), 0.0),  # the maximum is 0 for units to which the criterion does not apply
            count.applicable,
            count.full,
            count.none,
            count.missing,
        )

    def _title(self, key: str, otherwise: str = "") -> str:
        return self._titles.get(key) or printable(otherwise or key)


def _basis(document: str, issued: datetime.date | None) -> str:
    return f"{printable(document)} ({issued:%d/%m/%Y})" if issued else printable(document)


def _sort_key(pair: tuple[Unit, UnitCategory]) -> tuple[float, float, str]:
    """A sort key: ranked units by rank, and after them unranked units by score."""
    unit, category = pair
    return (category.result.rank or float("inf"), -category.result.score.converted, unit.result.id)


def _movement(category: CategoryResult, before: UnitResult | None) -> Movement | None:
    old = next((c for c in before.categories if c.category == category.category), None) if before else None
    if old is None:
        return None
    points = {item.criterion: item.points for group in old.groups for item in group.criteria}
    changes = [
        (item.criterion, points[item.criterion], item.points)
        for group in category.groups
        for item in group.criteria
        if item.criterion in points and points[item.criterion] != item.points
    ]
    changes.sort(key=lambda change: -abs(change[2] - change[1]))
    return Movement(old.rank, old.level, round(category.score.points - old.score.points, 6), tuple(changes))
