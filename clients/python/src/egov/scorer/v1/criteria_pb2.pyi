from egov.scorer.v1 import scorer_pb2 as _scorer_pb2
from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CriteriaSetState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CRITERIA_SET_STATE_UNSPECIFIED: _ClassVar[CriteriaSetState]
    CRITERIA_SET_STATE_AVAILABLE: _ClassVar[CriteriaSetState]
    CRITERIA_SET_STATE_REFUSED: _ClassVar[CriteriaSetState]
    CRITERIA_SET_STATE_KEPT: _ClassVar[CriteriaSetState]

class IndicatorKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INDICATOR_KIND_UNSPECIFIED: _ClassVar[IndicatorKind]
    INDICATOR_KIND_COUNT: _ClassVar[IndicatorKind]
    INDICATOR_KIND_NUMBER: _ClassVar[IndicatorKind]
    INDICATOR_KIND_FLAG: _ClassVar[IndicatorKind]
    INDICATOR_KIND_CHOICE: _ClassVar[IndicatorKind]
    INDICATOR_KIND_DATE: _ClassVar[IndicatorKind]

class CriterionEffect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CRITERION_EFFECT_UNSPECIFIED: _ClassVar[CriterionEffect]
    CRITERION_EFFECT_SCORE: _ClassVar[CriterionEffect]
    CRITERION_EFFECT_BONUS: _ClassVar[CriterionEffect]
    CRITERION_EFFECT_PENALTY: _ClassVar[CriterionEffect]
CRITERIA_SET_STATE_UNSPECIFIED: CriteriaSetState
CRITERIA_SET_STATE_AVAILABLE: CriteriaSetState
CRITERIA_SET_STATE_REFUSED: CriteriaSetState
CRITERIA_SET_STATE_KEPT: CriteriaSetState
INDICATOR_KIND_UNSPECIFIED: IndicatorKind
INDICATOR_KIND_COUNT: IndicatorKind
INDICATOR_KIND_NUMBER: IndicatorKind
INDICATOR_KIND_FLAG: IndicatorKind
INDICATOR_KIND_CHOICE: IndicatorKind
INDICATOR_KIND_DATE: IndicatorKind
CRITERION_EFFECT_UNSPECIFIED: CriterionEffect
CRITERION_EFFECT_SCORE: CriterionEffect
CRITERION_EFFECT_BONUS: CriterionEffect
CRITERION_EFFECT_PENALTY: CriterionEffect

class ListCriteriaSetsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCriteriaSetsResponse(_message.Message):
    __slots__ = ("criteria_sets", "next_page_token")
    CRITERIA_SETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    criteria_sets: _containers.RepeatedCompositeFieldContainer[CriteriaSetSummary]
    next_page_token: str
    def __init__(self, criteria_sets: _Optional[_Iterable[_Union[CriteriaSetSummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CriteriaSetSummary(_message.Message):
    __slots__ = ("code", "titles", "provenance", "effective_from", "effective_to", "tiers", "revision", "state", "problems", "series", "problem_count", "names")
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_FROM_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_TO_FIELD_NUMBER: _ClassVar[int]
    TIERS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    code: str
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    provenance: str
    effective_from: _date_pb2.Date
    effective_to: _date_pb2.Date
    tiers: _containers.RepeatedScalarFieldContainer[str]
    revision: str
    state: CriteriaSetState
    problems: _containers.RepeatedScalarFieldContainer[str]
    series: str
    problem_count: int
    names: _scorer_pb2.Names
    def __init__(self, code: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., provenance: _Optional[str] = ..., effective_from: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., effective_to: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., tiers: _Optional[_Iterable[str]] = ..., revision: _Optional[str] = ..., state: _Optional[_Union[CriteriaSetState, str]] = ..., problems: _Optional[_Iterable[str]] = ..., series: _Optional[str] = ..., problem_count: _Optional[int] = ..., names: _Optional[_Union[_scorer_pb2.Names, _Mapping]] = ...) -> None: ...

class ReloadCriteriaSetsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReloadCriteriaSetsResponse(_message.Message):
    __slots__ = ("criteria_sets",)
    CRITERIA_SETS_FIELD_NUMBER: _ClassVar[int]
    criteria_sets: _containers.RepeatedCompositeFieldContainer[CriteriaSetSummary]
    def __init__(self, criteria_sets: _Optional[_Iterable[_Union[CriteriaSetSummary, _Mapping]]] = ...) -> None: ...

class GetCriteriaSetRequest(_message.Message):
    __slots__ = ("criteria_set", "effective_on", "series")
    CRITERIA_SET_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_ON_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    criteria_set: str
    effective_on: _date_pb2.Date
    series: str
    def __init__(self, criteria_set: _Optional[str] = ..., effective_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., series: _Optional[str] = ...) -> None: ...

class GetCriteriaSetResponse(_message.Message):
    __slots__ = ("criteria_set",)
    CRITERIA_SET_FIELD_NUMBER: _ClassVar[int]
    criteria_set: CriteriaSet
    def __init__(self, criteria_set: _Optional[_Union[CriteriaSet, _Mapping]] = ...) -> None: ...

class LegalBasis(_message.Message):
    __slots__ = ("document", "issued")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    ISSUED_FIELD_NUMBER: _ClassVar[int]
    document: str
    issued: _date_pb2.Date
    def __init__(self, document: _Optional[str] = ..., issued: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class CriteriaSet(_message.Message):
    __slots__ = ("summary", "legal_basis", "notes", "categories", "indicators", "precision", "ties", "rank_precision", "overall_requires", "plugins", "commend", "ranked_within_parent", "overall", "rank_by", "subtotals")
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    INDICATORS_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    TIES_FIELD_NUMBER: _ClassVar[int]
    RANK_PRECISION_FIELD_NUMBER: _ClassVar[int]
    OVERALL_REQUIRES_FIELD_NUMBER: _ClassVar[int]
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    COMMEND_FIELD_NUMBER: _ClassVar[int]
    RANKED_WITHIN_PARENT_FIELD_NUMBER: _ClassVar[int]
    OVERALL_FIELD_NUMBER: _ClassVar[int]
    RANK_BY_FIELD_NUMBER: _ClassVar[int]
    SUBTOTALS_FIELD_NUMBER: _ClassVar[int]
    summary: CriteriaSetSummary
    legal_basis: _containers.RepeatedCompositeFieldContainer[LegalBasis]
    notes: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    categories: _containers.RepeatedCompositeFieldContainer[Category]
    indicators: _containers.RepeatedCompositeFieldContainer[Indicator]
    precision: Precision
    ties: str
    rank_precision: str
    overall_requires: _containers.RepeatedScalarFieldContainer[str]
    plugins: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.PluginVersion]
    commend: _containers.RepeatedCompositeFieldContainer[TierBest]
    ranked_within_parent: _containers.RepeatedScalarFieldContainer[str]
    overall: Total
    rank_by: _containers.RepeatedCompositeFieldContainer[RankKey]
    subtotals: _containers.RepeatedCompositeFieldContainer[Subtotal]
    def __init__(self, summary: _Optional[_Union[CriteriaSetSummary, _Mapping]] = ..., legal_basis: _Optional[_Iterable[_Union[LegalBasis, _Mapping]]] = ..., notes: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., categories: _Optional[_Iterable[_Union[Category, _Mapping]]] = ..., indicators: _Optional[_Iterable[_Union[Indicator, _Mapping]]] = ..., precision: _Optional[_Union[Precision, _Mapping]] = ..., ties: _Optional[str] = ..., rank_precision: _Optional[str] = ..., overall_requires: _Optional[_Iterable[str]] = ..., plugins: _Optional[_Iterable[_Union[_scorer_pb2.PluginVersion, _Mapping]]] = ..., commend: _Optional[_Iterable[_Union[TierBest, _Mapping]]] = ..., ranked_within_parent: _Optional[_Iterable[str]] = ..., overall: _Optional[_Union[Total, _Mapping]] = ..., rank_by: _Optional[_Iterable[_Union[RankKey, _Mapping]]] = ..., subtotals: _Optional[_Iterable[_Union[Subtotal, _Mapping]]] = ...) -> None: ...

class Subtotal(_message.Message):
    __slots__ = ("code", "titles")
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    code: str
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    def __init__(self, code: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ...) -> None: ...

class TierBest(_message.Message):
    __slots__ = ("tier", "best")
    TIER_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    tier: str
    best: int
    def __init__(self, tier: _Optional[str] = ..., best: _Optional[int] = ...) -> None: ...

class Precision(_message.Message):
    __slots__ = ("points", "percent", "mode")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    points: int
    percent: int
    mode: str
    def __init__(self, points: _Optional[int] = ..., percent: _Optional[int] = ..., mode: _Optional[str] = ...) -> None: ...

class Total(_message.Message):
    __slots__ = ("combine", "max_points", "cap", "may_be_negative")
    COMBINE_FIELD_NUMBER: _ClassVar[int]
    MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    CAP_FIELD_NUMBER: _ClassVar[int]
    MAY_BE_NEGATIVE_FIELD_NUMBER: _ClassVar[int]
    combine: str
    max_points: _containers.RepeatedCompositeFieldContainer[TierPoints]
    cap: _containers.RepeatedCompositeFieldContainer[TierPoints]
    may_be_negative: bool
    def __init__(self, combine: _Optional[str] = ..., max_points: _Optional[_Iterable[_Union[TierPoints, _Mapping]]] = ..., cap: _Optional[_Iterable[_Union[TierPoints, _Mapping]]] = ..., may_be_negative: _Optional[bool] = ...) -> None: ...

class Category(_message.Message):
    __slots__ = ("code", "titles", "groups", "levels", "total", "weight", "ties", "rank_precision", "rank_by", "limits")
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIES_FIELD_NUMBER: _ClassVar[int]
    RANK_PRECISION_FIELD_NUMBER: _ClassVar[int]
    RANK_BY_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    code: str
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    groups: _containers.RepeatedCompositeFieldContainer[Group]
    levels: _containers.RepeatedCompositeFieldContainer[Level]
    total: Total
    weight: str
    ties: str
    rank_precision: str
    rank_by: _containers.RepeatedCompositeFieldContainer[RankKey]
    limits: _containers.RepeatedCompositeFieldContainer[Limit]
    def __init__(self, code: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[Group, _Mapping]]] = ..., levels: _Optional[_Iterable[_Union[Level, _Mapping]]] = ..., total: _Optional[_Union[Total, _Mapping]] = ..., weight: _Optional[str] = ..., ties: _Optional[str] = ..., rank_precision: _Optional[str] = ..., rank_by: _Optional[_Iterable[_Union[RankKey, _Mapping]]] = ..., limits: _Optional[_Iterable[_Union[Limit, _Mapping]]] = ...) -> None: ...

class RankKey(_message.Message):
    __slots__ = ("kind", "category", "measure")
    KIND_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    category: str
    measure: str
    def __init__(self, kind: _Optional[str] = ..., category: _Optional[str] = ..., measure: _Optional[str] = ...) -> None: ...

class Group(_message.Message):
    __slots__ = ("code", "titles", "criteria", "provenance", "notes", "cap", "weight")
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    CAP_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    code: str
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    criteria: _containers.RepeatedCompositeFieldContainer[Criterion]
    provenance: str
    notes: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    cap: _containers.RepeatedCompositeFieldContainer[TierPoints]
    weight: str
    def __init__(self, code: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., criteria: _Optional[_Iterable[_Union[Criterion, _Mapping]]] = ..., provenance: _Optional[str] = ..., notes: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., cap: _Optional[_Iterable[_Union[TierPoints, _Mapping]]] = ..., weight: _Optional[str] = ...) -> None: ...

class Criterion(_message.Message):
    __slots__ = ("id", "titles", "formula", "parameters", "indicators", "points", "effect", "may_be_not_applicable", "when_missing", "provenance", "notes", "sources", "subtotal")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    INDICATORS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    MAY_BE_NOT_APPLICABLE_FIELD_NUMBER: _ClassVar[int]
    WHEN_MISSING_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    SUBTOTAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    formula: str
    parameters: str
    indicators: _containers.RepeatedScalarFieldContainer[str]
    points: _containers.RepeatedCompositeFieldContainer[TierPoints]
    effect: CriterionEffect
    may_be_not_applicable: bool
    when_missing: str
    provenance: str
    notes: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    sources: _containers.RepeatedScalarFieldContainer[str]
    subtotal: str
    def __init__(self, id: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., formula: _Optional[str] = ..., parameters: _Optional[str] = ..., indicators: _Optional[_Iterable[str]] = ..., points: _Optional[_Iterable[_Union[TierPoints, _Mapping]]] = ..., effect: _Optional[_Union[CriterionEffect, str]] = ..., may_be_not_applicable: _Optional[bool] = ..., when_missing: _Optional[str] = ..., provenance: _Optional[str] = ..., notes: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., sources: _Optional[_Iterable[str]] = ..., subtotal: _Optional[str] = ...) -> None: ...

class TierPoints(_message.Message):
    __slots__ = ("tier", "points")
    TIER_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    tier: str
    points: float
    def __init__(self, tier: _Optional[str] = ..., points: _Optional[float] = ...) -> None: ...

class TierValue(_message.Message):
    __slots__ = ("tier", "value")
    TIER_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    tier: str
    value: float
    def __init__(self, tier: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Level(_message.Message):
    __slots__ = ("level", "gates", "provenance", "notes", "code", "titles", "conditions")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    level: int
    gates: _containers.RepeatedCompositeFieldContainer[TierGate]
    provenance: str
    notes: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    code: str
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    conditions: _containers.RepeatedCompositeFieldContainer[TierCondition]
    def __init__(self, level: _Optional[int] = ..., gates: _Optional[_Iterable[_Union[TierGate, _Mapping]]] = ..., provenance: _Optional[str] = ..., notes: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., code: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., conditions: _Optional[_Iterable[_Union[TierCondition, _Mapping]]] = ...) -> None: ...

class Limit(_message.Message):
    __slots__ = ("number", "no_better_than", "titles", "legal_basis", "provenance", "notes", "required")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NO_BETTER_THAN_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    number: int
    no_better_than: int
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    legal_basis: str
    provenance: str
    notes: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    required: _containers.RepeatedCompositeFieldContainer[TierCondition]
    def __init__(self, number: _Optional[int] = ..., no_better_than: _Optional[int] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., legal_basis: _Optional[str] = ..., provenance: _Optional[str] = ..., notes: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., required: _Optional[_Iterable[_Union[TierCondition, _Mapping]]] = ...) -> None: ...

class TierGate(_message.Message):
    __slots__ = ("tier", "gate")
    TIER_FIELD_NUMBER: _ClassVar[int]
    GATE_FIELD_NUMBER: _ClassVar[int]
    tier: str
    gate: _scorer_pb2.Gate
    def __init__(self, tier: _Optional[str] = ..., gate: _Optional[_Union[_scorer_pb2.Gate, _Mapping]] = ...) -> None: ...

class TierCondition(_message.Message):
    __slots__ = ("tier", "condition")
    TIER_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    tier: str
    condition: Condition
    def __init__(self, tier: _Optional[str] = ..., condition: _Optional[_Union[Condition, _Mapping]] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("gate", "at_least", "of")
    GATE_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    OF_FIELD_NUMBER: _ClassVar[int]
    gate: _scorer_pb2.Gate
    at_least: int
    of: _containers.RepeatedCompositeFieldContainer[Condition]
    def __init__(self, gate: _Optional[_Union[_scorer_pb2.Gate, _Mapping]] = ..., at_least: _Optional[int] = ..., of: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ...) -> None: ...

class Indicator(_message.Message):
    __slots__ = ("code", "kind", "unit", "titles", "options", "minimum", "maximum", "meanings", "unit_titles", "option_titles")
    CODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    MEANINGS_FIELD_NUMBER: _ClassVar[int]
    UNIT_TITLES_FIELD_NUMBER: _ClassVar[int]
    OPTION_TITLES_FIELD_NUMBER: _ClassVar[int]
    code: str
    kind: IndicatorKind
    unit: str
    titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    options: _containers.RepeatedScalarFieldContainer[str]
    minimum: _containers.RepeatedCompositeFieldContainer[TierValue]
    maximum: _containers.RepeatedCompositeFieldContainer[TierValue]
    meanings: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    unit_titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Text]
    option_titles: _containers.RepeatedCompositeFieldContainer[_scorer_pb2.Name]
    def __init__(self, code: _Optional[str] = ..., kind: _Optional[_Union[IndicatorKind, str]] = ..., unit: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., options: _Optional[_Iterable[str]] = ..., minimum: _Optional[_Iterable[_Union[TierValue, _Mapping]]] = ..., maximum: _Optional[_Iterable[_Union[TierValue, _Mapping]]] = ..., meanings: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., unit_titles: _Optional[_Iterable[_Union[_scorer_pb2.Text, _Mapping]]] = ..., option_titles: _Optional[_Iterable[_Union[_scorer_pb2.Name, _Mapping]]] = ...) -> None: ...
