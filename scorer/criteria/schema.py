"""The schema of a criteria set document: the keys of each part, and the values that each key allows.

The loader validates each part separately, so that one mistake does not hide another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from scorer.criteria import model
from scorer.criteria.model import Effect, Provenance
from scorer.criteria.ranking_method import Ties
from scorer.criteria.schema_values import (
    Best,
    Code,
    CriterionId,
    Day,
    Floor,
    IndicatorCode,
    RankKeys,
    Series,
    SetCode,
    Sources,
    Texts,
    Titles,
    UnitTitles,
    WithinParent,
)
from scorer.formulas.base import Amount, Edge, Share
from scorer.model.indicators import IndicatorKind, Source


class StrictModel(BaseModel):
    """A mapping that allows no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LegalBasis(StrictModel):
    """A legal document on which the set is based."""

    document: StrictStr = Field(min_length=1)
    issued: Day | None = None


class Effective(StrictModel):
    """The first and last day on which the set is in force."""

    start: Day | None = Field(default=None, alias="from")
    end: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Effective:
        if self.start and self.end and self.start > self.end:
            raise ValueError("'from' is after 'to'")
        return self


class Rounding(StrictModel):
    """The published precision."""

    points: StrictInt = Field(default=2, ge=0, le=6)
    percent: StrictInt = Field(default=2, ge=0, le=4)
    mode: model.Rounding = "half_up"


class CategoryRanking(StrictModel):
    """How units are ordered in one category.

    By default, ``ties`` and ``precision`` are those of the set, and ``by`` is the category's score.
    """

    ties: Ties | None = None
    precision: Literal["published", "exact"] | None = None
    by: RankKeys | None = None


class Ranking(StrictModel):
    """How units are ordered."""

    ties: Ties = "competition"
    precision: Literal["published", "exact"] = "published"
    cohort: WithinParent = False
    """Whether units are ranked within their parent, instead of within their tier."""
    by: RankKeys | None = None
    """The keys of the overall ranking; by default the overall score."""


class Commend(StrictModel):
    """Which units are commended."""

    best: Best
    """N: the top N units of each ranking are commended."""


class Overall(StrictModel):
    """Which units are ranked overall, and how the categories make up the overall score."""

    requires: list[Code] | None = Field(default=None, min_length=1)
    """The categories in which a unit must be ranked to be ranked overall; by default all."""
    combine: Literal["sum", "sum_of_converted", "arithmetic_mean", "geometric_mean"] = "sum"
    points: Amount | None = None
    """Stated maximum; a mean requires it."""
    cap: Amount | None = None


class Tier(StrictModel):
    """What people call a tier."""

    title: Titles = {}


def _codes(value: object) -> object:
    return list(value) if isinstance(value, Mapping) else value


TierCodes = Annotated[list[Code], BeforeValidator(_codes, json_schema_input_type=list[Code] | dict[Code, Tier])]
"""A list of codes, or a mapping of codes to titles, which are validated separately."""


class Option(StrictModel):
    """What people call an option of a choice."""

    title: Titles = Field(min_length=1)


OptionCode = Annotated[StrictStr, Field(min_length=1, max_length=100)]
OptionCodes = Annotated[
    list[OptionCode], BeforeValidator(_codes, json_schema_input_type=list[OptionCode] | dict[OptionCode, Option])
]
"""A list of codes, or a mapping of codes to titles, which are validated separately."""


class FromChildren(StrictModel):
    """How an answer is computed from the answers of children: exactly one of sum, mean, share and count."""

    tier: Code
    sum: StrictStr | None = None
    mean: StrictStr | None = None
    share: StrictStr | None = None
    count: StrictStr | None = None

    @model_validator(mode="after")
    def _one_way(self) -> FromChildren:
        if [self.sum, self.mean, self.share, self.count].count(None) != 3:
            raise ValueError("give exactly one of sum, mean, share and count, with the indicator of the children")
        return self


class Subtotal(StrictModel):
    """A subtotal. It does not list its criteria: each criterion names the subtotal to which it belongs."""

    title: Titles = Field(min_length=1)


class Head(StrictModel):
    """The document itself; its categories are validated separately."""

    criteria_set: SetCode
    title: Titles = Field(min_length=1)
    legal_basis: list[LegalBasis] = []
    provenance: Provenance
    notes: Texts = {}
    series: Series = ""
    extends: SetCode | None = None
    """Code of the set that this document extends. Both are merged before the document is validated."""
    effective: Effective = Effective()
    tiers: TierCodes = Field(min_length=1)
    rounding: Rounding = Rounding()
    ranking: Ranking = Ranking()
    overall: Overall | None = None
    commend: Commend | None = None
    from_children: dict[StrictStr, FromChildren] = {}
    """How indicators are computed, by code of the computed indicator."""
    sources: Sources = (Source.SELF_REPORTED,)
    """The sources of the answers to all criteria that do not name their own."""
    subtotals: dict[Code, Subtotal] = {}
    categories: dict[Code, Any] = Field(min_length=1)


class Indicator(StrictModel):
    """An indicator that the document declares."""

    kind: IndicatorKind
    title: Titles = Field(min_length=1)
    unit: UnitTitles = {}
    meaning: Texts = {}
    options: OptionCodes = []
    minimum: Edge | None = None
    maximum: Edge | None = None


class Check(StrictModel):
    """A rule between two answers: one is a part of the other."""

    part: StrictStr
    of: StrictStr


class Category(StrictModel):
    """The keys of a category. Its groups, levels and limits are only read here, and validated later."""

    title: Titles = {}
    points: Amount | None = None
    """Stated maximum; the set is refused if the points of the criteria do not add up to it. A mean requires it."""
    groups: dict[Code, Any] = Field(min_length=1)
    levels: list[Any] = []
    limits: list[Any] = []
    combine: Literal["sum", "arithmetic_mean", "geometric_mean"] = "sum"
    cap: Amount | None = None
    floor: Floor = True
    """True for ``floor: 0``: negative points become 0. False for ``floor: none``."""
    weight: Share | None = None
    ranking: CategoryRanking = CategoryRanking()


class Group(StrictModel):
    """A criterion group; its criteria are validated separately."""

    title: Titles = {}
    points: Amount | None = None
    """Stated maximum; the set is refused if the points of the criteria do not add up to it."""
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = {}
    indicators: dict[IndicatorCode, Any] | None = None
    """The indicators that the group declares; None: a plugin has the group. They are validated separately."""
    checks: list[Any] = []
    """Rules between answers; validated separately."""
    criteria: list[Any] = Field(min_length=1)
    cap: Amount | None = None
    weight: Share | None = None
    subtotal: Code | None = None
    """The subtotal of those criteria of the group that name no subtotal themselves."""


class Criterion(BaseModel):
    """A criterion without the parameters of its formula; every key not named here is such a parameter."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: CriterionId
    title: Titles = {}
    formula: StrictStr
    points: Amount
    effect: Effect = Effect.SCORE
    may_be_not_applicable: StrictBool = False
    when_missing: Literal["zero", "not_applicable"] = "zero"
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = {}
    sources: Sources | None = None
    """The sources of the criterion's answers; None: the sources that the set states."""
    subtotal: Code | None = None
    """The subtotal to which the criterion belongs; None: the subtotal of its group."""


class Level(StrictModel):
    """A level. Its condition is validated separately; ``gates: [...]`` means ``when: {all: [...]}``."""

    level: StrictInt = Field(ge=1, le=99)
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = {}
    gates: list[Any] | None = Field(default=None, min_length=1)
    when: Any = None
    code: Annotated[StrictStr, Field(min_length=1, max_length=20)] | None = None
    """What people call the level, such as "A"."""
    title: Titles = {}

    @model_validator(mode="after")
    def _one_condition(self) -> Level:
        if (self.gates is None) == (self.when is None):
            raise ValueError("a level needs exactly one of gates and when")
        return self


class Limit(StrictModel):
    """A limit; its condition is validated separately."""

    when: Any
    no_better_than: StrictInt | None = Field(default=None, ge=1, le=99)
    not_ranked: StrictBool = False
    title: Titles = {}
    legal_basis: StrictStr = ""
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = {}

    @model_validator(mode="after")
    def _one_effect(self) -> Limit:
        if (self.no_better_than is None) != self.not_ranked:
            raise ValueError("a limit needs exactly one of no_better_than and not_ranked: true")
        return self
