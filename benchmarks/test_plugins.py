"""Each criterion group of the set by itself, asked as the scorer asks a plugin: all criteria, all units of the tier.

The groups are those of the criteria set, whoever scores them, and every other one that an installed set uses: a plugin
that is installed shows up here without being named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from province import Province
from turns import in_turn

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
    given = plan.plugin.score(plan.criteria, drawn.cohort)
    assert given.points.shape == given.status.shape == (len(plan.criteria), len(drawn))
    way = {f"{group}, {len(plan.criteria)} criteria": lambda: plan.plugin.score(plan.criteria, drawn.cohort)}
    (provider,) = [found for found in drawn.set_plan.providers if found.group == group]
    benchmark.extra_info |= {"criteria": len(plan.criteria), "distribution": provider.distribution}
    benchmark.extra_info |= {"criteria_set": drawn.set_plan.criteria_set.code, "tier": drawn.plan.tier}
    in_turn(benchmark, pytestconfig, way)
