"""Random provinces of the set of Bắc Kạn: the service and the oracle agree on every number, level, rank and cause.

Ten provinces, or 40 in the long run; ``TEST_EXAMPLES=250 pytest tests/provinces/test_bac_kan_oracle.py`` ranks 10,000.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from importlib.resources import files

import harness
import oracle
import pytest
import unit_messages
from example_counts import scaled
from expected_replies import assert_same, expected_reply
from random_answers import draw_unit
from ruamel.yaml import YAML

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator, PartOf

SET = "bac-kan-2020"
PROVINCES = scaled(40)
BATCH = 10

DOCUMENT = YAML(typ="safe", pure=True).load(
    (files("scorer_plugins.criteria_sets") / f"{SET}.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    with harness.serving(harness.installed_catalogue()) as running:
        yield running


@pytest.fixture(scope="module")
def checks() -> list[PartOf]:
    return [check for group in harness.installed_catalogue().host.groups.values() for check in group.checks]


@pytest.fixture(scope="module")
def indicators(service: harness.Service) -> Mapping[str, Indicator]:
    return harness.installed_catalogue().sets[SET].criteria_set.indicators


@pytest.mark.parametrize("batch", range(PROVINCES // BATCH))
def test_service_agrees_with_the_oracle_on_random_provinces(
    batch: int, service: harness.Service, indicators: Mapping[str, Indicator], checks: list[PartOf]
) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        draw = random.Random(seed)
        units = [
            draw_unit(draw, f"{tier}-{n}", tier, DOCUMENT, indicators, checks)
            for tier in DOCUMENT["tiers"]
            for n in range(draw.randint(1, 4))
        ]
        request = pb.RankProvinceRequest(criteria_set=SET, rows=unit_messages.rows(units), view=pb.SCORECARD_VIEW_FULL)
        reply = service.scorer.RankProvince(request)
        reply.ClearField("provenance")
        reply.ClearField("names")
        assert_same(reply, expected_reply(oracle.rank_province(DOCUMENT, units)))


def test_random_provinces_have_ranked_units_and_others(
    service: harness.Service, indicators: Mapping[str, Indicator], checks: list[PartOf]
) -> None:
    """The comparison is meaningful: every level and standing occurs."""
    draw = random.Random(1)
    units = [draw_unit(draw, f"u-{n}", "district", DOCUMENT, indicators, checks) for n in range(150)]
    request = pb.RankProvinceRequest(criteria_set=SET, rows=unit_messages.rows(units))
    cards = service.scorer.RankProvince(request).rankings[0].scorecards
    for place in range(2):
        assert len({card.categories[place].level for card in cards}) >= 3
