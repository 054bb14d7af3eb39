"""Names for people in replies: titles of tiers, levels and limits from the set, and words for statuses."""

from __future__ import annotations

from collections.abc import Mapping

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.criteria.model import CriteriaSet, Provenance, Texts
from scorer.engine.plan import SetPlan
from scorer.engine.scoring import Standing
from scorer.plugins.group import Status

STANDINGS: Mapping[Standing, Texts] = {
    Standing.RANKED: {"en": "ranked", "vi": "được xếp hạng"},
    Standing.BELOW_MINIMUM: {"en": "below the minimum", "vi": "chưa đạt mức tối thiểu"},
    Standing.NOTHING_APPLICABLE: {"en": "nothing applies", "vi": "không có tiêu chí áp dụng"},
    Standing.EXCLUDED: {"en": "excluded by a limit", "vi": "thuộc trường hợp không xếp hạng"},
}
STATUSES: Mapping[Status, Texts] = {
    Status.SCORED: {"en": "scored", "vi": "đã chấm điểm"},
    Status.MISSING: {"en": "not reported", "vi": "chưa báo cáo"},
    Status.NOT_APPLICABLE: {"en": "not applicable", "vi": "không áp dụng"},
}
PROVENANCES: Mapping[Provenance, Texts] = {
    Provenance.PUBLISHED: {"en": "published", "vi": "đã công bố"},
    Provenance.RECONSTRUCTED: {"en": "reconstructed", "vi": "dựng lại"},
}


def names(plan: SetPlan) -> pb.Names:
    """The names for all replies of a criteria set. All callers get the same message, so they must not change it."""
    return plan.derived(_names)


def texts(by_language: Texts) -> list[pb.Text]:
    """A text in several languages, as messages."""
    return [pb.Text(language=language, text=text) for language, text in by_language.items()]


def _names(plan: SetPlan) -> pb.Names:
    criteria_set: CriteriaSet = plan.criteria_set
    return pb.Names(
        tiers=[_name(tier, criteria_set.tier_titles.get(tier, {})) for tier in criteria_set.tiers],
        levels=[
            pb.LevelName(category=category.code, level=level.level, code=level.code, titles=texts(level.title))
            for category in criteria_set.categories
            for level in category.levels
        ],
        limits=[
            pb.LimitName(category=category.code, limit=number, titles=texts(limit.title))
            for category in criteria_set.categories
            for number, limit in enumerate(category.limits, start=1)
        ],
        standings=[_name(standing.name.lower(), titles) for standing, titles in STANDINGS.items()],
        criterion_statuses=[_name(status.name.lower(), titles) for status, titles in STATUSES.items()],
        provenances=[_name(provenance.value, titles) for provenance, titles in PROVENANCES.items()],
    )


def _name(code: str, titles: Texts) -> pb.Name:
    return pb.Name(code=code, titles=texts(titles))
