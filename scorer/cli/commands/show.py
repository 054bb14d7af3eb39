"""scorer criteria show: prints the content of one criteria set, in English or Vietnamese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import typer
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from scorer.cli.i18n import Language
from scorer.cli.loading import CriteriaOption, find_set, load_catalogue
from scorer.cli.output import out, table
from scorer.criteria.combine import Combine, Total
from scorer.criteria.conditions import AnswerGate, Combination, Condition, LevelGate, Negation
from scorer.criteria.model import Category, CriteriaSet, Criterion, Level, Limit, Texts
from scorer.criteria.ranking_method import CategoryRanking, RankingMethod
from scorer.model.fixed_point import PointsByTier, plain
from scorer.model.indicators import Indicator
from scorer_client.titles import text

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "revision": "revision",
        "published": "published",
        "reconstructed": "reconstructed",
        "points": "points",
        "bonus": "bonus",
        "penalty": "penalty",
        "may_be_not_applicable": "may be not applicable",
        "level": "level {level}",
        "limit": "limit",
        "named_limit": 'limit "{title}"',
        "no_better": "{limit}: no better than level {level} if {condition}",
        "not_ranked": "{limit}: not ranked if {condition}",
        "ranked_by": "ranked by {keys}",
        "ranked_overall_by": "ranked overall by {keys}",
        "then": ", then ",
        "key_score": "score of {name}",
        "key_level": "level of {name}",
        "key_measure": "{name}",
        "all": "all",
        "subtotal": "subtotal {name}: {criteria}",
        "overall": "overall score{notes}",
        "within_parent": "ranked within their parent: {tiers}",
        "commended": "commended units in each ranking: {counts}",
        "sum_of_converted": "sum of converted",
        "arithmetic_mean": "arithmetic mean",
        "geometric_mean": "geometric mean",
        "of": "of {amount}",
        "cap": "at most {amount}",
        "may_be_negative": "may be negative",
        "weight": "weight {weight}",
        "some_of": "{at_least} of {out_of}: {conditions}",
        "or": " or ",
        "not": "not ({condition})",
        "answer": "{indicator} is {options}",
        "true": "true",
        "false": "false",
        "reached": "{category} at level {level} or better",
        "bound": "{measure} {bound} {amount}",
        "at_least": "at least",
        "above": "above",
        "at_most": "at most",
        "below": "below",
        "indicator": "indicator",
        "kind": "kind",
        "unit": "unit",
        "title": "title",
        "reported": "What units report",
        "count": "count",
        "number": "number",
        "flag": "flag",
        "choice": "choice",
        "date": "date",
    },
    "vi": {
        "revision": "bản",
        "published": "đã công bố",
        "reconstructed": "dựng lại",
        "points": "điểm",
        "bonus": "điểm thưởng",
        "penalty": "điểm trừ",
        "may_be_not_applicable": "có thể không áp dụng",
        "level": "mức {level}",
        "limit": "giới hạn",
        "named_limit": "giới hạn “{title}”",
        "no_better": "{limit}: không xếp trên mức {level} nếu {condition}",
        "not_ranked": "{limit}: không được xếp hạng nếu {condition}",
        "ranked_by": "xếp hạng theo {keys}",
        "ranked_overall_by": "xếp hạng chung theo {keys}",
        "then": ", sau đó ",
        "key_score": "điểm của {name}",
        "key_level": "mức của {name}",
        "key_measure": "{name}",
        "all": "tất cả",
        "subtotal": "điểm thành phần {name}: {criteria}",
        "overall": "điểm chung{notes}",
        "within_parent": "xếp hạng trong từng đơn vị cấp trên: {tiers}",
        "commended": "số đơn vị được biểu dương trong mỗi bảng xếp hạng: {counts}",
        "sum_of_converted": "tổng điểm quy đổi",
        "arithmetic_mean": "trung bình cộng",
        "geometric_mean": "trung bình nhân",
        "of": "trên {amount}",
        "cap": "không quá {amount}",
        "may_be_negative": "có thể âm",
        "weight": "trọng số {weight}",
        "some_of": "{at_least} trong {out_of}: {conditions}",
        "or": " hoặc ",
        "not": "không phải ({condition})",
        "answer": "{indicator} là {options}",
        "true": "có",
        "false": "không",
        "reached": "{category} đạt mức {level} trở lên",
        "bound": "{measure} {bound} {amount}",
        "at_least": "từ",
        "above": "trên",
        "at_most": "không quá",
        "below": "dưới",
        "indicator": "chỉ tiêu",
        "kind": "loại",
        "unit": "đơn vị tính",
        "title": "tên",
        "reported": "Số liệu các đơn vị báo cáo",
        "count": "số nguyên",
        "number": "số",
        "flag": "có/không",
        "choice": "lựa chọn",
        "date": "ngày",
    },
}


def show(
    code: str = typer.Argument(help="Code of the set, such as hue-2020.", metavar="SET"),
    criteria: CriteriaOption = None,
    language: Language = typer.Option(Language.EN, "--lang", help="Language of the output."),
) -> None:
    """Show one criteria set: categories, groups, criteria, gates, indicators."""
    item = find_set(load_catalogue(criteria), code).criteria_set
    shown = _Shown(item, language.value)
    out.print(shown.tree())
    out.print(shown.indicators())
    if note := text(item.notes, language.value, ""):
        out.print(escape(note))


class _Shown:
    """Shows a criteria set in one language."""

    def __init__(self, item: CriteriaSet, language: str) -> None:
        self._item, self._language, self._words = item, language, WORDS[language]

    def tree(self) -> Tree:
        item, words = self._item, self._words
        origin = f"{words[item.provenance]}, {words['revision']} {item.revision[:12]}"
        tree = Tree(f"[bold]{item.code}[/bold] {escape(self._in_language(item.title))} ({origin})")
        for category in item.categories:
            self._category(tree, category)
        for line in self._overall_lines():
            tree.add(escape(line))
        return tree

    def indicators(self) -> Table:
        """A row for each indicator; the title of a choice is followed by its options."""
        words = self._words
        shown = table(*(words[name] for name in ("indicator", "kind", "unit", "title")), title=words["reported"])
        for indicator in self._item.indicators.values():
            title = self._in_language(indicator.title)
            if indicator.options:
                title += f" ({', '.join(self._options(indicator))})"
            unit = indicator.unit_in(self._language)
            shown.add_row(indicator.code, words[indicator.kind], escape(unit), escape(title))
        return shown

    def _category(self, tree: Tree, category: Category) -> None:
        notes = self._total(category.total, category.weight)
        branch = tree.add(f"[bold]{category.code}[/bold] {escape(self._in_language(category.title))}{notes}")
        for group in category.groups:
            notes = self._total(Total(cap=group.cap), group.weight)
            twig = branch.add(f"[bold]{group.code}[/bold] {escape(self._in_language(group.title))}{notes}")
            for criterion in group.criteria:
                twig.add(escape(self._criterion(criterion)))
        for level in category.levels:
            branch.add(escape(self._level(level)))
        for limit in category.limits:
            branch.add(escape(self._limit(limit)))
        if keys := self._order(self._item.ranking.categories[category.code], category.code):
            branch.add(self._words["ranked_by"].format(keys=keys))

    def _overall_lines(self) -> Iterator[str]:
        item, words = self._item, self._words
        if keys := self._order(item.ranking, ""):
            yield words["ranked_overall_by"].format(keys=keys)
        for code, title in item.subtotals.items():
            ids = [criterion.id for criterion in item.criteria.values() if criterion.subtotal == code]
            yield words["subtotal"].format(name=f"{code} {self._in_language(title)}", criteria=", ".join(ids))
        if notes := self._total(item.overall):
            yield words["overall"].format(notes=notes)
        if item.ranking.within_parent:
            yield words["within_parent"].format(tiers=", ".join(item.ranking.within_parent))
        if item.ranking.commended:
            counts = ", ".join(f"{tier} {units}" for tier, units in item.ranking.commended.items())
            yield words["commended"].format(counts=counts)

    def _in_language(self, texts: Texts) -> str:
        """The text in the language of the output; without such a text, the first one."""
        return text(texts, self._language, "")

    def _options(self, indicator: Indicator) -> Iterator[str]:
        """The options, each with its code and, if it has one, its title."""
        for option in indicator.options:
            title = indicator.option_in(option, self._language)
            yield option if title == option else f"{option}: {title}"

    def _criterion(self, criterion: Criterion) -> str:
        notes = [self._amount(criterion.points), criterion.formula.kind]
        if criterion.effect != "score":
            notes.append(self._words[criterion.effect])
        if criterion.may_be_not_applicable:
            notes.append(self._words["may_be_not_applicable"])
        return f"{criterion.id} {self._in_language(criterion.title)} ({', '.join(notes)})"

    def _level(self, level: Level) -> str:
        name = self._words["level"].format(level=level.level)
        names = ", ".join(filter(None, (self._in_language(level.title), level.code)))
        return f"{name}{f' ({names})' if names else ''}: {self._condition(level.condition)}"

    def _limit(self, limit: Limit) -> str:
        words, title = self._words, self._in_language(limit.title)
        line = words["no_better" if limit.no_better_than else "not_ranked"].format(
            limit=words["named_limit"].format(title=title) if title else words["limit"],
            level=limit.no_better_than,
            condition=self._condition(limit.condition),
        )
        return f"{line} ({limit.legal_basis})" if limit.legal_basis else line

    def _order(self, order: CategoryRanking | RankingMethod, own: str) -> str:
        """The keys by which units are ranked, as text; "" if units are ranked by the score itself only.

        Args:
            order: how the ranking orders units.
            own: the category that is ranked; "" for the overall ranking.
        """
        words = self._words
        if [(key.kind, key.category) for key in order.by] == [("score", own)]:
            return ""
        return words["then"].join(
            words[f"key_{key.kind}"].format(name=key.measure or key.category or words["all"]) for key in order.by
        )

    def _total(self, total: Total, weight: Fraction = Fraction(1)) -> str:
        """How a group, a category or the overall score is combined and capped, in brackets; "" for a plain sum."""
        words = self._words
        notes = [] if total.combine is Combine.SUM else [words[total.combine]]
        if total.combine.is_mean and total.points:
            notes.append(words["of"].format(amount=self._amount(total.points)))
        notes += [words["cap"].format(amount=self._amount(total.cap))] if total.cap else []
        notes += [words["may_be_negative"]] if total.may_be_negative else []
        notes += [words["weight"].format(weight=weight)] if weight != 1 else []
        return f" ({', '.join(notes)})" if notes else ""

    def _amount(self, points: PointsByTier) -> str:
        return _by_tier(points, 1, f" {self._words['points']}")

    def _condition(self, condition: Condition) -> str:
        """A condition in words; the conditions of "all" are separated by semicolons."""
        words = self._words
        if isinstance(condition, Combination):
            texts = [
                f"({self._condition(inner)})" if isinstance(inner, Combination) else self._condition(inner)
                for inner in condition.of
            ]
            if condition.at_least == len(texts):
                return "; ".join(texts)
            joined = words["or"].join(texts)
            return words["some_of"].format(at_least=condition.at_least, out_of=len(texts), conditions=joined)
        if isinstance(condition, Negation):
            return words["not"].format(condition=self._condition(condition.of))
        if isinstance(condition, AnswerGate):
            indicator = self._item.indicators[condition.indicator]
            options = (words.get(option) or option for option in condition.options)
            if indicator.options:
                options = (indicator.option_in(option, self._language) for option in condition.options)
            return words["answer"].format(indicator=indicator.code, options=words["or"].join(options))
        if isinstance(condition, LevelGate):
            return words["reached"].format(category=condition.category, level=condition.level)
        amount = self._amount(condition.minimum)
        if condition.unit == "percent":
            amount = _by_tier(condition.minimum, 100, " %")
        return words["bound"].format(measure=condition.measure, bound=words[condition.bound], amount=amount)


def _by_tier(points: PointsByTier, factor: int, unit: str) -> str:
    if points.everywhere is not None:
        return f"{plain(points.everywhere * factor)}{unit}"
    return ", ".join(f"{tier} {plain(micro * factor)}{unit}" for tier, micro in points.by_tier)
