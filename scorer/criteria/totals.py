"""Checks the caps, weights and means of groups, categories and the overall score."""

from __future__ import annotations

from collections.abc import Sequence

from scorer.criteria.combine import Combine, Total, capped
from scorer.criteria.document import Document, Path
from scorer.criteria.model import Category, CriteriaSet, Criterion, Group
from scorer.model.fixed_point import MAX_MICROPOINTS, PointsByTier, plain, whole_weights

MAX_GEOMETRIC_WEIGHTS = 1000
"""Maximum sum of the weights of a geometric mean, as whole numbers. To round a mean exactly, numbers are raised to the
power of this sum."""


def check(criteria_set: CriteriaSet, document: Document) -> None:
    """Adds problems with caps, weights and means to the document."""
    categories, overall = criteria_set.categories, criteria_set.overall
    for category in categories:
        path: Path = ("categories", category.code)
        tiers = category.tiers(criteria_set.tiers)
        members = {group.code: group for group in category.groups}
        _check_total(category.total, members, tiers, path, (*path, "groups"), document)
        for tier in tiers:
            if not category.total.combine.is_mean:
                _check_cap(category.total.cap, category.groups, tier, path, document)
            for group in category.groups:
                if group.of(tier):
                    _check_cap(group.cap, group.of(tier), tier, (*path, "groups", group.code), document)
    codes = {category.code: category for category in categories}
    _check_total(overall, codes, criteria_set.tiers, ("overall",), ("categories",), document)
    for tier in criteria_set.tiers:
        if not document.problems:
            if not overall.combine.is_mean:
                _check_cap(overall.cap, categories, tier, ("overall",), document)
            _check_overall(criteria_set, tier, document)


def _check_total(
    total: Total,
    members: dict[str, Group] | dict[str, Category],
    tiers: Sequence[str],
    path: Path,
    parts_path: Path,
    document: Document,
) -> None:
    """Checks a mean and its members; if the total is a sum, checks that no member has a weight."""
    if not total.combine.is_mean:
        for code in members:
            weight_path = (*parts_path, code, "weight")
            if weight_path in document.keys:
                message = "has an effect only in a mean; write 'combine: arithmetic_mean' or 'geometric_mean' in "
                document.problem(weight_path, f"{message}{'.'.join(map(str, path))!r}", key=True)
        return
    if total.points is None:
        document.problem((*path, "points"), "a mean needs the key 'points', which states its maximum")
        return
    for tier in tiers:
        if total.points.of(tier) is None:
            document.problem((*path, "points"), f"has no points for tier {tier!r}, which has criteria")
        for code, member in members.items():
            if member.highest(tier) and not member.maximum(tier):
                message = f"has no maximum in tier {tier!r}, so its share in the mean is not defined"
                document.problem((*parts_path, code), message, key=True)
    weights = sum(whole_weights([member.weight for member in members.values()])) if members else 0
    if total.combine is Combine.GEOMETRIC_MEAN and weights > MAX_GEOMETRIC_WEIGHTS:
        message = f"the weights add up to {weights} in whole numbers, more than {MAX_GEOMETRIC_WEIGHTS}"
        document.problem((*path, "combine"), f"{message}; write fractions such as 1/3")


def _check_cap(
    cap: PointsByTier | None, wholes: Sequence[Criterion | Group | Category], tier: str, path: Path, document: Document
) -> None:
    """Checks the cap of a sum. ``wholes`` are its criteria, groups or categories."""
    limit, highest = cap.of(tier) if cap else None, sum(whole.highest(tier) for whole in wholes)
    if limit == 0:
        document.problem((*path, "cap"), f"a cap of 0 leaves no points in tier {tier!r}")
    elif limit is not None and limit >= highest:
        message = f"a cap of {plain(limit)} points limits nothing in tier {tier!r}, which can give {plain(highest)}"
        document.warn((*path, "cap"), message)


def _check_overall(criteria_set: CriteriaSet, tier: str, document: Document) -> None:
    """Checks the largest and the stated overall score of a tier."""
    overall, total = criteria_set.overall, criteria_set.maximum(tier)
    stated = overall.points.of(tier) if overall.points else None
    if stated is not None and stated != total and not overall.combine.is_mean:
        message = f"the categories of tier {tier!r} add up to {plain(total)}, not to {plain(stated)}"
        document.problem(("overall", "points"), message)
    amounts = [(category.code, category.maximum(tier)) for category in criteria_set.categories]
    if overall.combine is Combine.SUM_OF_CONVERTED:
        amounts = [(c.code, _largest_converted(c, tier)) for c in criteria_set.categories]
    largest = sum(amount for _, amount in amounts)
    if max(largest, total) > MAX_MICROPOINTS:
        code = max(amounts, key=lambda item: item[1])[0]
        message = f"the categories of tier {tier!r} can reach {plain(largest)} points, most of them in {code!r}; "
        document.problem(("overall", "combine"), f"{message}the limit is {plain(MAX_MICROPOINTS)}")


def _largest_converted(category: Category, tier: str) -> int:
    """The largest converted score, in micropoints. With bonuses, a unit reaches it when few criteria apply to it."""
    maximum, highest = category.maximum(tier), category.highest(tier)
    lowest = sum(c.bounds(tier)[0] for group in category.groups for c in group.of(tier))
    most_points = max(highest, -lowest if category.total.may_be_negative else 0)
    if most_points <= maximum:
        return maximum
    smallest = _smallest_applicable(category, tier)
    return most_points * maximum // smallest if smallest else maximum


def _smallest_applicable(category: Category, tier: str) -> int:
    """The smallest applicable maximum above 0: that of all criteria that always apply; if there are none, that of one
    criterion.
    """
    always, any_criterion = 0, list[int]()
    for group in category.groups:
        maxima = [(criterion.maximum(tier), _can_be_left_out(criterion)) for criterion in group.of(tier)]
        always += capped(group.cap, tier, sum(maximum for maximum, left_out in maxima if not left_out))
        any_criterion += [capped(group.cap, tier, maximum) for maximum, _ in maxima if maximum]
    return capped(category.total.cap, tier, always or min(any_criterion, default=0))


def _can_be_left_out(criterion: Criterion) -> bool:
    return criterion.may_be_not_applicable or criterion.missing_leaves_out or criterion.formula.may_leave_out
