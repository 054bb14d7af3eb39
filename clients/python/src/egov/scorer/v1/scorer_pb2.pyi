from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScorecardView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCORECARD_VIEW_UNSPECIFIED: _ClassVar[ScorecardView]
    SCORECARD_VIEW_BASIC: _ClassVar[ScorecardView]
    SCORECARD_VIEW_FULL: _ClassVar[ScorecardView]

class Standing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STANDING_UNSPECIFIED: _ClassVar[Standing]
    STANDING_RANKED: _ClassVar[Standing]
    STANDING_BELOW_MINIMUM: _ClassVar[Standing]
    STANDING_NOTHING_APPLICABLE: _ClassVar[Standing]
    STANDING_EXCLUDED: _ClassVar[Standing]

class CriterionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CRITERION_STATUS_UNSPECIFIED: _ClassVar[CriterionStatus]
    CRITERION_STATUS_SCORED: _ClassVar[CriterionStatus]
    CRITERION_STATUS_MISSING: _ClassVar[CriterionStatus]
    CRITERION_STATUS_NOT_APPLICABLE: _ClassVar[CriterionStatus]

class GateUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GATE_UNIT_UNSPECIFIED: _ClassVar[GateUnit]
    GATE_UNIT_PERCENT: _ClassVar[GateUnit]
    GATE_UNIT_POINTS: _ClassVar[GateUnit]
SCORECARD_VIEW_UNSPECIFIED: ScorecardView
SCORECARD_VIEW_BASIC: ScorecardView
SCORECARD_VIEW_FULL: ScorecardView
STANDING_UNSPECIFIED: Standing
STANDING_RANKED: Standing
STANDING_BELOW_MINIMUM: Standing
STANDING_NOTHING_APPLICABLE: Standing
STANDING_EXCLUDED: Standing
CRITERION_STATUS_UNSPECIFIED: CriterionStatus
CRITERION_STATUS_SCORED: CriterionStatus
CRITERION_STATUS_MISSING: CriterionStatus
CRITERION_STATUS_NOT_APPLICABLE: CriterionStatus
GATE_UNIT_UNSPECIFIED: GateUnit
GATE_UNIT_PERCENT: GateUnit
GATE_UNIT_POINTS: GateUnit

class Text(_message.Message):
    __slots__ = ("language", "text")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    language: str
    text: str
    def __init__(self, language: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Name(_message.Message):
    __slots__ = ("code", "titles")
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    code: str
    titles: _containers.RepeatedCompositeFieldContainer[Text]
    def __init__(self, code: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[Text, _Mapping]]] = ...) -> None: ...

class LevelName(_message.Message):
    __slots__ = ("category", "level", "code", "titles")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    category: str
    level: int
    code: str
    titles: _containers.RepeatedCompositeFieldContainer[Text]
    def __init__(self, category: _Optional[str] = ..., level: _Optional[int] = ..., code: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[Text, _Mapping]]] = ...) -> None: ...

class LimitName(_message.Message):
    __slots__ = ("category", "limit", "titles")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    category: str
    limit: int
    titles: _containers.RepeatedCompositeFieldContainer[Text]
    def __init__(self, category: _Optional[str] = ..., limit: _Optional[int] = ..., titles: _Optional[_Iterable[_Union[Text, _Mapping]]] = ...) -> None: ...

class Names(_message.Message):
    __slots__ = ("tiers", "levels", "standings", "criterion_statuses", "provenances", "limits")
    TIERS_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    STANDINGS_FIELD_NUMBER: _ClassVar[int]
    CRITERION_STATUSES_FIELD_NUMBER: _ClassVar[int]
    PROVENANCES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    tiers: _containers.RepeatedCompositeFieldContainer[Name]
    levels: _containers.RepeatedCompositeFieldContainer[LevelName]
    standings: _containers.RepeatedCompositeFieldContainer[Name]
    criterion_statuses: _containers.RepeatedCompositeFieldContainer[Name]
    provenances: _containers.RepeatedCompositeFieldContainer[Name]
    limits: _containers.RepeatedCompositeFieldContainer[LimitName]
    def __init__(self, tiers: _Optional[_Iterable[_Union[Name, _Mapping]]] = ..., levels: _Optional[_Iterable[_Union[LevelName, _Mapping]]] = ..., standings: _Optional[_Iterable[_Union[Name, _Mapping]]] = ..., criterion_statuses: _Optional[_Iterable[_Union[Name, _Mapping]]] = ..., provenances: _Optional[_Iterable[_Union[Name, _Mapping]]] = ..., limits: _Optional[_Iterable[_Union[LimitName, _Mapping]]] = ...) -> None: ...

class Unit(_message.Message):
    __slots__ = ("id", "name", "tier", "parent")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    tier: str
    parent: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., tier: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("number", "flag", "choice", "date")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    number: float
    flag: bool
    choice: str
    date: _date_pb2.Date
    def __init__(self, number: _Optional[float] = ..., flag: _Optional[bool] = ..., choice: _Optional[str] = ..., date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class UnitAnswers(_message.Message):
    __slots__ = ("unit", "answers", "not_applicable_criteria")
    class AnswersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Answer
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Answer, _Mapping]] = ...) -> None: ...
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    NOT_APPLICABLE_CRITERIA_FIELD_NUMBER: _ClassVar[int]
    unit: Unit
    answers: _containers.MessageMap[str, Answer]
    not_applicable_criteria: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, unit: _Optional[_Union[Unit, _Mapping]] = ..., answers: _Optional[_Mapping[str, Answer]] = ..., not_applicable_criteria: _Optional[_Iterable[str]] = ...) -> None: ...

class UnitRows(_message.Message):
    __slots__ = ("units",)
    UNITS_FIELD_NUMBER: _ClassVar[int]
    units: _containers.RepeatedCompositeFieldContainer[UnitAnswers]
    def __init__(self, units: _Optional[_Iterable[_Union[UnitAnswers, _Mapping]]] = ...) -> None: ...

class UnitTable(_message.Message):
    __slots__ = ("arrow_stream",)
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    arrow_stream: bytes
    def __init__(self, arrow_stream: _Optional[bytes] = ...) -> None: ...

class ScoreUnitRequest(_message.Message):
    __slots__ = ("criteria_set", "period", "unit_answers", "view", "effective_on", "series")
    CRITERIA_SET_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    UNIT_ANSWERS_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_ON_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    criteria_set: str
    period: str
    unit_answers: UnitAnswers
    view: ScorecardView
    effective_on: _date_pb2.Date
    series: str
    def __init__(self, criteria_set: _Optional[str] = ..., period: _Optional[str] = ..., unit_answers: _Optional[_Union[UnitAnswers, _Mapping]] = ..., view: _Optional[_Union[ScorecardView, str]] = ..., effective_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., series: _Optional[str] = ...) -> None: ...

class ScoreUnitResponse(_message.Message):
    __slots__ = ("scorecard", "provenance", "names")
    SCORECARD_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    scorecard: Scorecard
    provenance: Provenance
    names: Names
    def __init__(self, scorecard: _Optional[_Union[Scorecard, _Mapping]] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ..., names: _Optional[_Union[Names, _Mapping]] = ...) -> None: ...

class RankProvinceRequest(_message.Message):
    __slots__ = ("province", "period", "criteria_set", "rows", "table", "tier", "view", "page_size", "page_token", "effective_on", "series")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_SET_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_ON_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    province: str
    period: str
    criteria_set: str
    rows: UnitRows
    table: UnitTable
    tier: str
    view: ScorecardView
    page_size: int
    page_token: str
    effective_on: _date_pb2.Date
    series: str
    def __init__(self, province: _Optional[str] = ..., period: _Optional[str] = ..., criteria_set: _Optional[str] = ..., rows: _Optional[_Union[UnitRows, _Mapping]] = ..., table: _Optional[_Union[UnitTable, _Mapping]] = ..., tier: _Optional[str] = ..., view: _Optional[_Union[ScorecardView, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., effective_on: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., series: _Optional[str] = ...) -> None: ...

class RankProvinceResponse(_message.Message):
    __slots__ = ("rankings", "provenance", "next_page_token", "names")
    RANKINGS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    rankings: _containers.RepeatedCompositeFieldContainer[Ranking]
    provenance: Provenance
    next_page_token: str
    names: Names
    def __init__(self, rankings: _Optional[_Iterable[_Union[Ranking, _Mapping]]] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ..., next_page_token: _Optional[str] = ..., names: _Optional[_Union[Names, _Mapping]] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("points", "max_points", "nominal_max_points", "percent", "converted", "published", "missing", "not_applicable", "self_reported")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    NOMINAL_MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    CONVERTED_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    NOT_APPLICABLE_FIELD_NUMBER: _ClassVar[int]
    SELF_REPORTED_FIELD_NUMBER: _ClassVar[int]
    points: float
    max_points: float
    nominal_max_points: float
    percent: float
    converted: float
    published: float
    missing: int
    not_applicable: int
    self_reported: Score
    def __init__(self, points: _Optional[float] = ..., max_points: _Optional[float] = ..., nominal_max_points: _Optional[float] = ..., percent: _Optional[float] = ..., converted: _Optional[float] = ..., published: _Optional[float] = ..., missing: _Optional[int] = ..., not_applicable: _Optional[int] = ..., self_reported: _Optional[_Union[Score, _Mapping]] = ...) -> None: ...

class Gate(_message.Message):
    __slots__ = ("level", "measure", "unit", "minimum", "strict", "upper", "indicator", "options", "category", "category_level", "excluded", "limit")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    STRICT_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_LEVEL_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    level: int
    measure: str
    unit: GateUnit
    minimum: float
    strict: bool
    upper: bool
    indicator: str
    options: _containers.RepeatedScalarFieldContainer[str]
    category: str
    category_level: int
    excluded: bool
    limit: int
    def __init__(self, level: _Optional[int] = ..., measure: _Optional[str] = ..., unit: _Optional[_Union[GateUnit, str]] = ..., minimum: _Optional[float] = ..., strict: _Optional[bool] = ..., upper: _Optional[bool] = ..., indicator: _Optional[str] = ..., options: _Optional[_Iterable[str]] = ..., category: _Optional[str] = ..., category_level: _Optional[int] = ..., excluded: _Optional[bool] = ..., limit: _Optional[int] = ...) -> None: ...

class GateResult(_message.Message):
    __slots__ = ("gate", "value", "passed", "not_applicable", "answer", "reached_level", "at_least", "out_of", "of")
    GATE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    NOT_APPLICABLE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    REACHED_LEVEL_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    OUT_OF_FIELD_NUMBER: _ClassVar[int]
    OF_FIELD_NUMBER: _ClassVar[int]
    gate: Gate
    value: float
    passed: bool
    not_applicable: bool
    answer: str
    reached_level: int
    at_least: int
    out_of: int
    of: _containers.RepeatedCompositeFieldContainer[GateResult]
    def __init__(self, gate: _Optional[_Union[Gate, _Mapping]] = ..., value: _Optional[float] = ..., passed: _Optional[bool] = ..., not_applicable: _Optional[bool] = ..., answer: _Optional[str] = ..., reached_level: _Optional[int] = ..., at_least: _Optional[int] = ..., out_of: _Optional[int] = ..., of: _Optional[_Iterable[_Union[GateResult, _Mapping]]] = ...) -> None: ...

class MeasureResult(_message.Message):
    __slots__ = ("measure", "points", "max_points", "percent", "level")
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    measure: str
    points: float
    max_points: float
    percent: float
    level: int
    def __init__(self, measure: _Optional[str] = ..., points: _Optional[float] = ..., max_points: _Optional[float] = ..., percent: _Optional[float] = ..., level: _Optional[int] = ...) -> None: ...

class CategoryScore(_message.Message):
    __slots__ = ("category", "score", "standing", "level", "rank", "measures", "failing", "groups", "gates", "level_code")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    FAILING_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    LEVEL_CODE_FIELD_NUMBER: _ClassVar[int]
    category: str
    score: Score
    standing: Standing
    level: int
    rank: int
    measures: _containers.RepeatedCompositeFieldContainer[MeasureResult]
    failing: _containers.RepeatedCompositeFieldContainer[GateResult]
    groups: _containers.RepeatedCompositeFieldContainer[GroupScore]
    gates: _containers.RepeatedCompositeFieldContainer[GateResult]
    level_code: str
    def __init__(self, category: _Optional[str] = ..., score: _Optional[_Union[Score, _Mapping]] = ..., standing: _Optional[_Union[Standing, str]] = ..., level: _Optional[int] = ..., rank: _Optional[int] = ..., measures: _Optional[_Iterable[_Union[MeasureResult, _Mapping]]] = ..., failing: _Optional[_Iterable[_Union[GateResult, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[GroupScore, _Mapping]]] = ..., gates: _Optional[_Iterable[_Union[GateResult, _Mapping]]] = ..., level_code: _Optional[str] = ...) -> None: ...

class GroupScore(_message.Message):
    __slots__ = ("group", "score", "criteria")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    group: str
    score: Score
    criteria: _containers.RepeatedCompositeFieldContainer[CriterionScore]
    def __init__(self, group: _Optional[str] = ..., score: _Optional[_Union[Score, _Mapping]] = ..., criteria: _Optional[_Iterable[_Union[CriterionScore, _Mapping]]] = ...) -> None: ...

class CriterionScore(_message.Message):
    __slots__ = ("criterion", "points", "max_points", "status", "self_reported")
    CRITERION_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SELF_REPORTED_FIELD_NUMBER: _ClassVar[int]
    criterion: str
    points: float
    max_points: float
    status: CriterionStatus
    self_reported: CriterionScore
    def __init__(self, criterion: _Optional[str] = ..., points: _Optional[float] = ..., max_points: _Optional[float] = ..., status: _Optional[_Union[CriterionStatus, str]] = ..., self_reported: _Optional[_Union[CriterionScore, _Mapping]] = ...) -> None: ...

class SubtotalScore(_message.Message):
    __slots__ = ("subtotal", "score")
    SUBTOTAL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    subtotal: str
    score: Score
    def __init__(self, subtotal: _Optional[str] = ..., score: _Optional[_Union[Score, _Mapping]] = ...) -> None: ...

class OverallScore(_message.Message):
    __slots__ = ("score", "rank", "lacking")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    LACKING_FIELD_NUMBER: _ClassVar[int]
    score: Score
    rank: int
    lacking: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, score: _Optional[_Union[Score, _Mapping]] = ..., rank: _Optional[int] = ..., lacking: _Optional[_Iterable[str]] = ...) -> None: ...

class Scorecard(_message.Message):
    __slots__ = ("unit", "categories", "overall", "commended", "subtotals")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    OVERALL_FIELD_NUMBER: _ClassVar[int]
    COMMENDED_FIELD_NUMBER: _ClassVar[int]
    SUBTOTALS_FIELD_NUMBER: _ClassVar[int]
    unit: Unit
    categories: _containers.RepeatedCompositeFieldContainer[CategoryScore]
    overall: OverallScore
    commended: bool
    subtotals: _containers.RepeatedCompositeFieldContainer[SubtotalScore]
    def __init__(self, unit: _Optional[_Union[Unit, _Mapping]] = ..., categories: _Optional[_Iterable[_Union[CategoryScore, _Mapping]]] = ..., overall: _Optional[_Union[OverallScore, _Mapping]] = ..., commended: _Optional[bool] = ..., subtotals: _Optional[_Iterable[_Union[SubtotalScore, _Mapping]]] = ...) -> None: ...

class LevelCount(_message.Message):
    __slots__ = ("level", "units")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    level: int
    units: int
    def __init__(self, level: _Optional[int] = ..., units: _Optional[int] = ...) -> None: ...

class GateCount(_message.Message):
    __slots__ = ("gate", "units")
    GATE_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    gate: Gate
    units: int
    def __init__(self, gate: _Optional[_Union[Gate, _Mapping]] = ..., units: _Optional[int] = ...) -> None: ...

class CriterionCount(_message.Message):
    __slots__ = ("criterion", "applicable", "full", "none", "missing")
    CRITERION_FIELD_NUMBER: _ClassVar[int]
    APPLICABLE_FIELD_NUMBER: _ClassVar[int]
    FULL_FIELD_NUMBER: _ClassVar[int]
    NONE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    criterion: str
    applicable: int
    full: int
    none: int
    missing: int
    def __init__(self, criterion: _Optional[str] = ..., applicable: _Optional[int] = ..., full: _Optional[int] = ..., none: _Optional[int] = ..., missing: _Optional[int] = ...) -> None: ...

class CategoryTally(_message.Message):
    __slots__ = ("category", "ranked", "levels", "failing", "criteria")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    RANKED_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    FAILING_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    category: str
    ranked: int
    levels: _containers.RepeatedCompositeFieldContainer[LevelCount]
    failing: _containers.RepeatedCompositeFieldContainer[GateCount]
    criteria: _containers.RepeatedCompositeFieldContainer[CriterionCount]
    def __init__(self, category: _Optional[str] = ..., ranked: _Optional[int] = ..., levels: _Optional[_Iterable[_Union[LevelCount, _Mapping]]] = ..., failing: _Optional[_Iterable[_Union[GateCount, _Mapping]]] = ..., criteria: _Optional[_Iterable[_Union[CriterionCount, _Mapping]]] = ...) -> None: ...

class Ranking(_message.Message):
    __slots__ = ("tier", "cohort", "unit_count", "tallies", "overall_ranked", "scorecards", "table", "overall_requires")
    TIER_FIELD_NUMBER: _ClassVar[int]
    COHORT_FIELD_NUMBER: _ClassVar[int]
    UNIT_COUNT_FIELD_NUMBER: _ClassVar[int]
    TALLIES_FIELD_NUMBER: _ClassVar[int]
    OVERALL_RANKED_FIELD_NUMBER: _ClassVar[int]
    SCORECARDS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    OVERALL_REQUIRES_FIELD_NUMBER: _ClassVar[int]
    tier: str
    cohort: str
    unit_count: int
    tallies: _containers.RepeatedCompositeFieldContainer[CategoryTally]
    overall_ranked: int
    scorecards: _containers.RepeatedCompositeFieldContainer[Scorecard]
    table: RankingTable
    overall_requires: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, tier: _Optional[str] = ..., cohort: _Optional[str] = ..., unit_count: _Optional[int] = ..., tallies: _Optional[_Iterable[_Union[CategoryTally, _Mapping]]] = ..., overall_ranked: _Optional[int] = ..., scorecards: _Optional[_Iterable[_Union[Scorecard, _Mapping]]] = ..., table: _Optional[_Union[RankingTable, _Mapping]] = ..., overall_requires: _Optional[_Iterable[str]] = ...) -> None: ...

class RankingTable(_message.Message):
    __slots__ = ("arrow_stream",)
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    arrow_stream: bytes
    def __init__(self, arrow_stream: _Optional[bytes] = ...) -> None: ...

class PluginVersion(_message.Message):
    __slots__ = ("group", "distribution", "version")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    group: str
    distribution: str
    version: str
    def __init__(self, group: _Optional[str] = ..., distribution: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("criteria_set", "revision", "criteria_provenance", "province", "period", "plugins", "engine_version")
    CRITERIA_SET_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    criteria_set: str
    revision: str
    criteria_provenance: str
    province: str
    period: str
    plugins: _containers.RepeatedCompositeFieldContainer[PluginVersion]
    engine_version: str
    def __init__(self, criteria_set: _Optional[str] = ..., revision: _Optional[str] = ..., criteria_provenance: _Optional[str] = ..., province: _Optional[str] = ..., period: _Optional[str] = ..., plugins: _Optional[_Iterable[_Union[PluginVersion, _Mapping]]] = ..., engine_version: _Optional[str] = ...) -> None: ...
