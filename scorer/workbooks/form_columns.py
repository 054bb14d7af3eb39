"""The columns of a form for one tier: headers, comments and allowed ranges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from scorer.criteria.model import CriteriaSet, Criterion
from scorer.engine.plan import SetPlan
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.workbooks.form_texts import KINDS, TEXTS
from scorer_client.files.messages import Language
from scorer_client.files.names import plain
from scorer_client.files.words import COLUMN_TITLES, NOT_APPLICABLE
from scorer_client.titles import text


@dataclass(frozen=True)
class FormColumn:
    """A column of a form."""

    code: str
    """"id", "name", "parent", the code of an indicator, or "not_applicable" for ticks."""
    header: str
    comment: str
    required: bool = False
    """Whether every unit must fill in the column."""
    indicator: Indicator | None = None
    """The indicator whose answers the column has; None: the column describes the unit, or has ticks."""
    range: tuple[float, float] = (0.0, 0.0)
    """Smallest and largest allowed answer to the indicator."""


def form_columns(plan: SetPlan, tier: str, language: Language) -> list[FormColumn]:
    """The columns that units of a tier fill in, from left to right."""
    criteria_set, texts = plan.criteria_set, TEXTS[language]
    within = tier in criteria_set.ranking.within_parent
    required_by_code = {"id": True, "name": False, "parent": within}
    uses = _uses(criteria_set)
    columns = [
        FormColumn(
            code,
            _header(code, COLUMN_TITLES[code][language == "vi"], uses) + (" *" if required else ""),
            _lines(texts["required"] if required else "", texts[code]),
            required,
        )
        for code, required in required_by_code.items()
    ]
    for indicator, criteria in _indicators(plan, tier):
        header = _header(indicator.code, text(indicator.title, language, indicator.code), uses)
        bounds = plan.tiers[tier].ranges[indicator.code]
        comment = _comment(indicator, criteria, bounds, language)
        columns.append(FormColumn(indicator.code, header, comment, indicator=indicator, range=bounds))
    for criterion in criteria_set.criteria.values():
        if criterion.may_be_not_applicable and criterion.points.of(tier) is not None:
            header = NOT_APPLICABLE[language == "vi"].format(criterion=criterion.id)
            comment = texts["tick"].format(title=text(criterion.title, language, criterion.id))
            columns.append(FormColumn("not_applicable", header, comment))
    return columns


def criteria_reading(criteria_set: CriteriaSet, code: str) -> list[Criterion]:
    """The criteria that read an indicator, or its answers from another source."""
    code = code.partition("@")[0]
    return [c for c in criteria_set.criteria.values() if code in {reading.indicator for reading in c.formula.reads()}]


def _indicators(plan: SetPlan, tier: str) -> Iterator[tuple[Indicator, list[str]]]:
    """The indicators that units of a tier report, each with the ids of the criteria that use it.

    These are the indicators that criteria, levels or limits of the tier read, and those from which answers of another
    tier are computed. The latter have the ids of the criteria that read the computed answers.
    """
    criteria_set = plan.criteria_set
    for indicator in criteria_set.indicators.values():
        criteria = [c.id for c in criteria_reading(criteria_set, indicator.code) if c.points.of(tier) is not None]
        for computation in criteria_set.from_children:
            if computation.reads == indicator.code and computation.tier != tier and not criteria:
                criteria = [c.id for c in criteria_reading(criteria_set, computation.indicator)]
        if criteria or indicator.code in plan.tiers[tier].gated:
            yield indicator, criteria


def _uses(criteria_set: CriteriaSet) -> Counter[str]:
    """The number of columns that each code or title can name, in any language and tier."""
    indicators = criteria_set.indicators.values()
    titles = {code: [*titles] for code, titles in COLUMN_TITLES.items()}
    titles |= {indicator.code: [*indicator.title.values()] for indicator in indicators}
    return Counter(name for code, texts in titles.items() for name in {plain(name) for name in (code, *texts)})


def _header(code: str, title: str, uses: Counter[str]) -> str:
    """The title of a column, with its code if the title alone could name another column too."""
    return f"{title} ({code})" if uses[plain(title)] > 1 else title


def _comment(indicator: Indicator, criteria: list[str], bounds: tuple[float, float], language: Language) -> str:
    texts, kind = TEXTS[language], IndicatorKind(indicator.kind)
    values = ""
    if kind is IndicatorKind.CHOICE:
        values = texts["options"].format(
            options=", ".join(indicator.option_in(option, language) for option in indicator.options)
        )
    elif kind is not IndicatorKind.FLAG:
        values = texts["range"].format(low=indicator.show(bounds[0]), high=indicator.show(bounds[1]))
    return _lines(
        text(indicator.title, language, indicator.code),
        text(indicator.meaning, language, ""),
        texts["code"].format(code=indicator.code),
        texts["unit"].format(unit=indicator.unit_in(language)) if indicator.unit else "",
        KINDS[language][kind],
        values,
        texts["read_by"].format(criteria=", ".join(criteria)) if criteria else texts["gated"],
    )


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
