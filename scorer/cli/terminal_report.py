"""Prints rankings and scorecards on the terminal."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from itertools import islice

from rich.markup import escape
from rich.table import Table

from scorer.cli.i18n import WORDS, Language
from scorer.cli.output import out, table
from scorer_client import CategoryResult, CriterionResult, GateCount, Province, Ranking, Tally, UnitResult
from scorer_client.causes import short_cause
from scorer_client.criteria_set_form import Form
from scorer_client.formatting import Count
from scorer_client.sentences import limit_name, plain, rounded
from scorer_client.titles import level_key, subtotal_key, text

MAX_SHOWN_UNITS = 10
MAX_SHOWN_CAUSES = 3
MAX_SHOWN_MISSES = 5


class Report:
    """Prints results in one language.

    Args:
        form: the form of the criteria set, which has the titles of categories, groups and criteria.
        language: language of labels, and of titles where the set has them in this language.
        units: names of units by id, for the names of parents.
    """

    def __init__(self, form: Form, language: Language, units: Mapping[str, str] | None = None) -> None:
        self.form, self.language, self.units = form, language.value, units or {}
        self.words: Mapping[str, str] = WORDS[self.language]
        self.names = form.names(self.language)

    def province(self, province: Province) -> None:
        """Prints all rankings of a province."""
        title = text(self.form.titles, self.language, province.provenance.criteria_set)
        out.print(f"[bold]{escape(title)}[/bold]")
        subtitle = ", ".join(filter(None, (province.provenance.province, province.provenance.period)))
        if subtitle:
            out.print(escape(subtitle))
        for ranking in province.rankings:
            self._ranking(ranking)

    def facts(self, sentences: Iterable[str]) -> None:
        """Prints the sentences of a published report, with figures counted from the results."""
        out.print()
        out.rule(f"[bold]{self.words['facts']}[/bold]", align="left")
        for sentence in sentences:
            out.print(f"  {escape(sentence)}", soft_wrap=True)

    def provenance(self, province: Province) -> None:
        """Prints the criteria set and the revision with which the results were computed."""
        provenance = province.provenance
        words = self.words["made"]
        if provenance.criteria_provenance == "reconstructed":
            words += self.words["assumed"]
        sentence = words.format(
            code=provenance.criteria_set,
            revision=provenance.revision[:12],
            provenance=self.names[f"provenance/{provenance.criteria_provenance}"],
        )
        out.print(sentence, style="dim")

    def _ranking(self, ranking: Ranking) -> None:
        count = self.words["units"].format(n=Count(ranking.unit_count))
        out.print()
        title = self.tier(ranking.tier)
        if ranking.tier in self.form.within_parent:
            parent = escape(self.units.get(ranking.cohort, ranking.cohort))
            title = self.words["within"].format(tier=title, parent=parent)
        out.rule(f"[bold]{title}[/bold]: {count}", align="left")
        for tally in ranking.tallies:
            self._category(ranking, tally)
        if len(ranking.tallies) > 1:
            self._overall(ranking)
        if commended := [escape(unit.name or unit.id) for unit in ranking.units if unit.commended]:
            out.print(f"[bold]{self.words['commended']}[/bold]: {', '.join(commended)}")

    def _category(self, ranking: Ranking, tally: Tally) -> None:
        words, count = self.words, ranking.unit_count
        head = f"{self.name(tally.category)}: {words['ranked'].format(ranked=tally.ranked, n=count)}"
        ranked = heapq.nsmallest(
            MAX_SHOWN_UNITS,
            (unit for unit in ranking.units if unit.category(tally.category).rank),
            key=lambda unit: unit.category(tally.category).rank,
        )
        if ranked:
            columns = ("rank", "unit", "points", "percent", "converted", "level", "kept")
            rows = table(
                *(words[c] for c in columns), right=tuple(words[c] for c in columns if c not in ("unit", "kept")),
                title=escape(head),
            )  # fmt: skip
            for unit in ranked:
                self._row(rows, unit, tally.category)
            out.print(rows)
            if tally.ranked > MAX_SHOWN_UNITS:
                out.print(words["more"].format(n=tally.ranked - MAX_SHOWN_UNITS))
        else:
            out.print(f"\n[bold]{escape(head)}[/bold]")
        self._causes(tally, count)
        self._misses(tally)

    def _row(self, rows: Table, unit: UnitResult, code: str) -> None:
        category, words = unit.category(code), self.words
        score = category.score
        rows.add_row(
            str(category.rank),
            escape(unit.name or unit.id),
            f"{self.points(score.points)} {words['of']} {score.max_points:g}",
            f"{rounded(score.percent, self.form.percent_decimals, self.form.rounding)} %",
            self.published(score.published),
            self.level(category),
            escape("\n".join(short_cause(c, code, language=self.language, titles=self.names) for c in category.causes)),
        )

    def _causes(self, tally: Tally, count: int) -> None:
        """Prints the gates that keep most units from being ranked: gates of the lowest level, and of limits."""
        if tally.ranked == count or not tally.failing:
            return
        lowest = max(tally.levels, default=0)
        excluding = {
            rule.limit for rule in self.form.rules if rule.category == tally.category and not rule.no_better_than
        }
        required = (g for g in tally.failing if (g.limit in excluding if g.limit else g.level == lowest))
        failing = sorted((g for g in required if g.units), key=lambda g: -g.units)
        out.print(f"[bold]{self.words['causes']}[/bold]")
        for gate in failing[:MAX_SHOWN_CAUSES]:
            limit = limit_name(tally.category, gate.limit, self.language, self.names) if gate.limit else ""
            out.print(f"  {escape(self._gate_count(gate, count))}{escape(f' ({limit})') if limit else ''}")

    def _gate_count(self, gate: GateCount, count: int) -> str:
        name = gate.subject(self.language, self.names)
        if not gate.measure or gate.upper:
            return self.words["cause_other"].format(
                units=gate.units, n=count, measure=name, needed=gate.needed(self.language, self.names)
            )
        sign = " %" if gate.unit == "percent" else f" {self.words['points']}"
        key = "cause_strict" if gate.strict else "cause"
        return self.words[key].format(units=gate.units, n=count, measure=name, minimum=f"{plain(gate.minimum)}{sign}")

    def _misses(self, tally: Tally) -> None:
        """Prints criteria in which more than half of the units have no points, the least fulfilled criterion first."""
        effects = self.form.effects
        missed = [
            c for c in tally.criteria if effects[c.criterion] == "score" and c.applicable and 2 * c.none > c.applicable
        ]
        if not missed:
            return
        out.print(f"[bold]{self.words['misses']}[/bold]")
        for criterion in sorted(missed, key=lambda c: c.full / c.applicable)[:MAX_SHOWN_MISSES]:
            name = self.name(criterion.criterion)
            line = self.words["miss"].format(units=criterion.full, n=criterion.applicable, criterion=name)
            out.print(f"  {escape(line)}")

    def _overall(self, ranking: Ranking) -> None:
        words = self.words
        head = f"{words['overall']}: {words['ranked'].format(ranked=ranking.overall_ranked, n=ranking.unit_count)}"
        out.print(f"\n[bold]{escape(head)}[/bold]")
        for unit in islice((unit for unit in ranking.units if unit.overall_rank), MAX_SHOWN_UNITS):
            out.print(
                f"  {unit.overall_rank:>3}  {escape(unit.name or unit.id)}  {self.published(unit.overall.published)}"
            )
        best = max(ranking.units, key=lambda unit: unit.overall.converted)
        line = words["best_total"].format(
            unit=best.name or best.id,
            points=self.points(best.overall.points),
            maximum=f"{best.overall.max_points:g}",
            percent=two_decimals(best.overall.percent),
        )
        out.print(f"  {escape(line)}")

    def unit(self, unit: UnitResult) -> None:
        """Prints the scorecard of one unit: every category with its causes, and every criterion."""
        words = self.words
        out.print(f"[bold]{escape(unit.name or unit.id)}[/bold] ({self.tier(unit.tier)})")
        for category, sentence in zip(unit.categories, unit.why(self.language, self.names), strict=True):
            score = category.score
            out.print(f"\n[bold]{escape(sentence)}[/bold]")
            percent = rounded(score.percent, self.form.percent_decimals, self.form.rounding)
            out.print(f"  {self.points(score.points)} {words['of']} {score.max_points:g} ({percent} %), ", end="")
            out.print(
                f"{words['converted']} {self.published(score.published)} {words['of']} {score.nominal_max_points:g}"
            )
            if self_reported := score.self_reported:
                reported = f"{self.points(self_reported.points)} {words['of']} {self_reported.max_points:g}"
                out.print(f"  {words['self_reported']} {reported}")
            rows = table(
                words["criterion"], words["points"], words["of"], words["status"], right=(words["points"], words["of"])
            )
            for group in category.groups:
                total = group.score
                rows.add_row(
                    f"[bold]{escape(self.name(group.group))}[/bold]", self.points(total.points), f"{total.max_points:g}"
                )
                for item in group.criteria:
                    name = f"  {item.criterion} {self.name(item.criterion)}"
                    rows.add_row(escape(name), self.points(item.points), f"{item.max_points:g}", self.status(item))
            out.print(rows)
        if unit.subtotals:
            self._subtotals(unit)

    def _subtotals(self, unit: UnitResult) -> None:
        """Prints the subtotals of a unit; also those from its own reports, if the set has several sources."""
        words = self.words
        shown = [words["points"], words["of"], words["percent"]]
        shown += [words["self_reported"]] if any(item.score.self_reported for item in unit.subtotals) else []
        rows = table(words["subtotal"], *shown, right=tuple(shown))
        for item in unit.subtotals:
            score, self_reported = item.score, item.score.self_reported
            percent = f"{rounded(score.percent, self.form.percent_decimals, self.form.rounding)} %"
            cells = [self.points(score.points), f"{score.max_points:g}", percent if score.max_points else "-"]
            if self_reported:
                reported = f"{self.points(self_reported.points)} {words['of']} {self_reported.max_points:g}"
                cells.append(reported if self_reported.max_points or self_reported.points else "-")
            rows.add_row(escape(self.name(subtotal_key(item.subtotal))), *cells)
        out.print(rows)

    def points(self, value: float) -> str:
        """Points with as many decimals as the set publishes, and at least two."""
        return rounded(value, max(2, self.form.points_decimals), self.form.rounding)

    def published(self, value: float) -> str:
        """A score with as many decimals as the set publishes."""
        return rounded(value, self.form.points_decimals, self.form.rounding)

    def tier(self, tier: str) -> str:
        """The title of a tier, as markup; its code if it has no title."""
        return escape(self.names.get(f"tier/{tier}", tier))

    def level(self, category: CategoryResult) -> str:
        """The name of a unit's level, as markup; its number if it has no name."""
        key = level_key(category.category, category.level)
        return escape(self.names.get(key, str(category.level or "-")))

    def status(self, item: CriterionResult) -> str:
        """The status of a criterion, as text; "" if it was scored."""
        return "" if item.status == "scored" else self.names[f"status/{item.status}"]

    def name(self, code: str) -> str:
        """The title of a category, group or criterion; its code if it has no title."""
        return self.names.get(code, code)


def two_decimals(value: float) -> str:
    """A number with two decimals, rounded half up."""
    return rounded(value, 2)
