"""Times the plugin of each criterion group, with all criteria and all units of a tier.

The groups are those of the criteria set, and of all other installed sets. So every installed plugin is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alternate_timing import in_turn
from province import Province

SIZES = (10_000,)


def test_group(
    benchmark: Any,
    pytestconfig: pytest.Config,
    province_of_group: Callable[[str, int], Province],
    units: int,
    group: str,
) -> None:
    drawn = province_of_group(group, units)
    plans = {plan.code: plan for category in drawn.plan.categories for plan in category.groups}
    if group not in plans:
        pytest.skip(f"tier {drawn.plan.tier} has no criterion of {group}")
    plan = plans[group]
    group_points = plan.plugin.score(plan.criteria, drawn.cohort)
    assert group_points.points.shape == group_points.status.shape == (len(plan.criteria), len(drawn))
    variant = {f"{group}, {len(plan.criteria)} criteria": lambda: plan.plugin.score(plan.criteria, drawn.cohort)}
    (provider,) = [provider for provider in drawn.set_plan.providers if provider.group == group]
    benchmark.extra_info |= {"criteria": len(plan.criteria), "distribution": provider.distribution}
    benchmark.extra_info |= {"criteria_set": drawn.set_plan.criteria_set.code, "tier": drawn.plan.tier}
    in_turn(benchmark, pytestconfig, variant)
