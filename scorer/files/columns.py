"""What a form asks in one tier: its columns, in order, with what people need to know of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scorer.criteria.model import CriteriaSet, Criterion
from scorer.engine.plan import SetPlan
from scorer.files.texts import KINDS, TEXTS
from scorer.model.indicators import Indicator, IndicatorKind
from scorer_client.files.messages import COLUMN_TITLES, NOT_APPLICABLE, Language


@dataclass(frozen=True)
class FormColumn:
    """A column of a form."""

    code: str
    """A column of units, or the code of an indicator; "not_applicable" for ticks."""
    header: str
    comment: str
    required: bool = False
    indicator: Indicator | None = None
    """None: it says what unit it is, or holds ticks."""
    range: tuple[float, float] = (0.0, 0.0)
    """Smallest and largest answer, of an indicator."""


def form_columns(plan: SetPlan, tier: str, language: Language) -> list[FormColumn]:
    """The columns that a tier is asked for."""
    item, texts = plan.criteria_set, TEXTS[language]
    within = tier in item.ranking.within_parent
    required = {"id": True, "name": False, "parent": within}
    columns = [
        FormColumn(
            code, _fixed_header(code, language, need), _lines(texts["required"] if need else "", texts[code]), need
        )
        for code, need in required.items()
    ]
    asked = [*_asked(plan, tier)]
    titles = Counter(_text(indicator.title, language, indicator.code) for indicator, _ in asked)
    for indicator, criteria in asked:
        title = _text(indicator.title, language, indicator.code)
        header = f"{title} ({indicator.code})" if titles[title] > 1 else title
        bounds = plan.tiers[tier].ranges[indicator.code]
        comment = _comment(indicator, criteria, bounds, language)
        columns.append(FormColumn(indicator.code, header, comment, indicator=indicator, range=bounds))
    for criterion in item.criteria.values():
        if criterion.may_be_not_applicable and criterion.points.of(tier) is not None:
            header = NOT_APPLICABLE[language == "vi"].format(criterion=criterion.id)
            comment = texts["tick"].format(title=_text(criterion.title, language, criterion.id))
            columns.append(FormColumn("not_applicable", header, comment))
    return columns


def asked_of(item: CriteriaSet, code: str) -> list[Criterion]:
    """The criteria that read an indicator."""
    return [c for c in item.criteria.values() if code in {reading.indicator for reading in c.formula.reads()}]


def _asked(plan: SetPlan, tier: str) -> Iterator[tuple[Indicator, list[str]]]:
    """The indicators that criteria of a tier read, and these criteria."""
    item = plan.criteria_set
    for indicator in item.indicators.values():
        criteria = [c.id for c in asked_of(item, indicator.code) if c.points.of(tier) is not None]
        if criteria:
            yield indicator, criteria


def _fixed_header(code: str, language: Language, required: bool) -> str:
    return COLUMN_TITLES[code][language == "vi"] + (" *" if required else "")


def _comment(indicator: Indicator, criteria: list[str], bounds: tuple[float, float], language: Language) -> str:
    texts, kind = TEXTS[language], IndicatorKind(indicator.kind)
    values = ""
    if kind is IndicatorKind.CHOICE:
        values = texts["options"].format(options=", ".join(indicator.options))
    elif kind is not IndicatorKind.FLAG:
        values = texts["range"].format(low=indicator.show(bounds[0]), high=indicator.show(bounds[1]))
    return _lines(
        _text(indicator.title, language, indicator.code),
        texts["code"].format(code=indicator.code),
        texts["unit"].format(unit=indicator.unit) if indicator.unit else "",
        KINDS[language][kind],
        values,
        texts["read_by"].format(criteria=", ".join(criteria)),
    )


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _text(texts: Mapping[str, str], language: Language, otherwise: str) -> str:
    """A text in one language, or in the first there is."""
    return texts.get(language) or next(iter(texts.values()), otherwise)
