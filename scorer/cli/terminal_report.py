"""A province's rankings for people: short, tier by tier, category by category."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from itertools import islice

from rich.markup import escape
from rich.table import Table

from scorer.cli.i18n import WORDS, Language
from scorer.cli.output import out, table
from scorer_client import Cause, Province, Ranking, Tally, UnitResult
from scorer_client.forms import Form, text
from scorer_client.sentences import measure_name, plain, rounded, shown

SHOWN_UNITS = 10
SHOWN_CAUSES = 3
SHOWN_MISSES = 5


class Report:
    """Prints results in one language.

    Args:
        form: what the criteria set asks; gives things their names.
        language: of the words around the numbers, and of names where the set has them.
        units: names of units by id, for those that are only the parent of others.
    """

    def __init__(self, form: Form, language: Language, units: Mapping[str, str] | None = None) -> None:
        self.form, self.language, self.units = form, language.value, units or {}
        self.words: Mapping[str, str] = WORDS[self.language]
        self.names = form.names(self.language)

    def province(self, province: Province) -> None:
        """The whole province."""
        made = province.provenance
        title = text(self.form.titles, self.language, made.criteria_set)
        out.print(f"[bold]{escape(title)}[/bold]")
        about = ", ".join(part for part in (made.province, made.period) if part)
        if about:
            out.print(escape(about))
        for ranking in province.rankings:
            self._ranking(ranking)

    def facts(self, sentences: Iterable[str]) -> None:
        """What a published report says, from these numbers."""
        out.print()
        out.rule(f"[bold]{self.words['facts']}[/bold]", align="left")
        for sentence in sentences:
            out.print(f"  {escape(sentence)}", soft_wrap=True)

    def made(self, province: Province) -> None:
        """What the results were made with."""
        made = province.provenance
        words = self.words["made"].format(
            code=made.criteria_set, revision=made.revision[:12], provenance=made.criteria_provenance
        )
        out.print(words, style="dim")

    def _ranking(self, ranking: Ranking) -> None:
        count = self.words["units"].format(n=ranking.unit_count)
        out.print()
        whose = self.words.get(ranking.tier, ranking.tier)
        if ranking.tier in self.form.within_parent:
            parent = escape(self.units.get(ranking.cohort, ranking.cohort))
            whose = self.words["within"].format(tier=whose, parent=parent)
        out.rule(f"[bold]{whose}[/bold]: {count}", align="left")
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
            SHOWN_UNITS,
            (unit for unit in ranking.units if unit.category(tally.category).rank),
            key=lambda unit: unit.category(tally.category).rank,
        )
        if ranked:
            columns = ("rank", "unit", "points", "percent", "converted", "level", "kept")
            drawn = table(
                *(words[c] for c in columns), right=tuple(words[c] for c in columns if c not in ("unit", "kept")),
                title=escape(head),
            )  # fmt: skip
            for unit in ranked:
                self._row(drawn, unit, tally.category)
            out.print(drawn)
            if tally.ranked > SHOWN_UNITS:
                out.print(words["more"].format(n=tally.ranked - SHOWN_UNITS))
        else:
            out.print(f"\n[bold]{escape(head)}[/bold]")
        self._causes(tally, count)
        self._misses(tally)

    def _row(self, drawn: Table, unit: UnitResult, code: str) -> None:
        category, words = unit.category(code), self.words
        score = category.score
        drawn.add_row(
            str(category.rank),
            escape(unit.name or unit.id),
            f"{self.points(score.points)} {words['of']} {score.max_points:g}",
            f"{rounded(score.percent, self.form.percent_decimals)} %",
            self.published(score.published),
            str(category.level or "-"),
            escape("\n".join(self._asked(cause) for cause in category.causes)),
        )

    def _asked(self, cause: Cause) -> str:
        """A failed gate in few words."""
        sign = " %" if cause.unit == "percent" else ""
        name = measure_name(cause.measure, self.language, self.names)
        return f"{name} {shown(cause.value, cause.minimum)} {self.words['of']} {plain(cause.minimum)}{sign}"

    def _causes(self, tally: Tally, count: int) -> None:
        """The gates of the lowest level that most units fail."""
        if tally.ranked == count or not tally.levels:
            return
        lowest = max(tally.levels)
        failing = sorted((g for g in tally.failing if g.level == lowest and g.units), key=lambda g: -g.units)
        out.print(f"[bold]{self.words['causes']}[/bold]")
        for gate in failing[:SHOWN_CAUSES]:
            sign = " %" if gate.unit == "percent" else f" {self.words['points']}"
            key = "cause_strict" if gate.strict else "cause"
            name = measure_name(gate.measure, self.language, self.names)
            line = self.words[key].format(
                units=gate.units, n=count, measure=name, minimum=f"{plain(gate.minimum)}{sign}"
            )
            out.print(f"  {escape(line)}")

    def _misses(self, tally: Tally) -> None:
        """The criteria that fewest units have all points for."""
        missed = [c for c in tally.criteria if c.applicable and 2 * c.none > c.applicable]
        if not missed:
            return
        out.print(f"[bold]{self.words['misses']}[/bold]")
        for criterion in sorted(missed, key=lambda c: c.full / c.applicable)[:SHOWN_MISSES]:
            name = self.name(criterion.criterion)
            line = self.words["miss"].format(units=criterion.full, n=criterion.applicable, criterion=name)
            out.print(f"  {escape(line)}")

    def _overall(self, ranking: Ranking) -> None:
        words = self.words
        head = f"{words['overall']}: {words['ranked'].format(ranked=ranking.overall_ranked, n=ranking.unit_count)}"
        out.print(f"\n[bold]{escape(head)}[/bold]")
        for unit in islice((unit for unit in ranking.units if unit.overall_rank), SHOWN_UNITS):
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
        """One unit's card: every category with its causes, and every criterion."""
        words = self.words
        out.print(f"[bold]{escape(unit.name or unit.id)}[/bold] ({unit.tier})")
        for category, sentence in zip(unit.categories, unit.why(self.language, self.names), strict=True):
            score = category.score
            out.print(f"\n[bold]{escape(sentence)}[/bold]")
            percent = rounded(score.percent, 2)
            out.print(f"  {self.points(score.points)} {words['of']} {score.max_points:g} ({percent} %), ", end="")
            out.print(
                f"{words['converted']} {self.published(score.published)} {words['of']} {score.nominal_max_points:g}"
            )
            drawn = table(
                words["criterion"], words["points"], words["of"], words["status"], right=(words["points"], words["of"])
            )
            for group in category.groups:
                total = group.score
                drawn.add_row(
                    f"[bold]{escape(self.name(group.group))}[/bold]", self.points(total.points), f"{total.max_points:g}"
                )
                for item in group.criteria:
                    name = f"  {item.criterion} {self.name(item.criterion)}"
                    drawn.add_row(escape(name), self.points(item.points), f"{item.max_points:g}", words[item.status])
            out.print(drawn)

    def points(self, value: float) -> str:
        """Points, as fine as the set publishes scores, and never coarser than hundredths."""
        return rounded(value, max(2, self.form.points_decimals))

    def published(self, value: float) -> str:
        """A score as the set publishes it."""
        return rounded(value, self.form.points_decimals)

    def name(self, code: str) -> str:
        """A category, group or criterion for people."""
        return self.names.get(code, code)


def two_decimals(value: float) -> str:
    """With two decimals, half up."""
    return rounded(value, 2)
