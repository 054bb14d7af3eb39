"""Random provinces of Bắc Kạn's set: the service and the oracle agree on every number, level, rank and cause.

A few dozen provinces here; ``TEST_EXAMPLES=250 pytest tests/test_bac_kan_oracle.py`` ranks 10,000.
"""

from __future__ import annotations

import datetime
import os
import random
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import harness
import oracle
import pytest
import strategies
from oracle import Unit
from ruamel.yaml import YAML

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue import Catalogue
from scorer.gates import GateCompiler
from scorer.plugin_api import Indicator, IndicatorKind, PartOf
from scorer.plugins import PluginHost

SET = "bac-kan-2020"
PROVINCES = 40 * int(os.environ.get("TEST_EXAMPLES", "1"))
BATCH = 10
MISSING, LEFT_OUT = 0.04, 0.1
SOME_DAY = datetime.date(2020, 1, 1)

HOST = PluginHost.installed()
DOCUMENT = YAML(typ="safe", pure=True).load(
    (files("scorer_plugins.criteria_sets") / f"{SET}.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    with harness.serving(Catalogue.installed(HOST, GateCompiler())) as running:
        yield running


@pytest.fixture(scope="module")
def checks() -> list[PartOf]:
    return [check for group in HOST.groups.values() for check in group.checks]


@pytest.fixture(scope="module")
def indicators(service: harness.Service) -> Mapping[str, Indicator]:
    plan = Catalogue.installed(HOST, GateCompiler()).sets[SET]
    return plan.criteria_set.indicators


def draw_answer(draw: random.Random, indicator: Indicator, quality: float) -> Any:
    """An answer that is good with the chance ``quality``."""
    good = draw.random() < quality
    if indicator.kind is IndicatorKind.FLAG:
        return good
    if indicator.kind is IndicatorKind.CHOICE:
        return indicator.options[0] if good else draw.choice(indicator.options)
    if indicator.kind is IndicatorKind.DATE:
        return SOME_DAY + datetime.timedelta(days=draw.randrange(60 if good else 200))
    high = min(indicator.range()[1], draw.choice([1, 12, 120, 3000]))
    if indicator.kind is IndicatorKind.COUNT:
        return draw.randint(int(high * quality * good), int(high))
    return round(draw.uniform(indicator.range()[0] if indicator.range()[0] > 0 else 0, high), draw.choice([0, 2, 6]))


def draw_unit(
    draw: random.Random, code: str, tier: str, indicators: Mapping[str, Indicator], checks: list[PartOf]
) -> Unit:
    quality = draw.choice([0.5, 0.9, 0.95, 1.0])
    answers = {name: draw_answer(draw, indicator, quality) for name, indicator in indicators.items()}
    answers = {name: answer for name, answer in answers.items() if draw.random() >= MISSING}
    for _ in checks:  # a part of a part may have to shrink once for each of its wholes
        for part, whole in (check.reads() for check in checks):
            if part in answers and whole in answers:
                if quality == 1.0 and answers[part] < answers[whole] and draw.random() < 0.5:
                    answers[part] = min(answers[whole], int(indicators[part].range()[1]))
                answers[part] = min(answers[part], answers[whole])
    excludable = [c["id"] for c in strategies.criteria_of(DOCUMENT, tier) if c.get("may_be_not_applicable")]
    return Unit(code, tier, answers, tuple(c for c in excludable if draw.random() < LEFT_OUT))


@pytest.mark.parametrize("batch", range(PROVINCES // BATCH))
def test_service_agrees_with_the_oracle_on_random_provinces(
    batch: int, service: harness.Service, indicators: Mapping[str, Indicator], checks: list[PartOf]
) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        draw = random.Random(seed)
        units = [
            draw_unit(draw, f"{tier}-{n}", tier, indicators, checks)
            for tier in DOCUMENT["tiers"]
            for n in range(draw.randint(1, 4))
        ]
        request = pb.RankProvinceRequest(criteria_set=SET, rows=strategies.rows(units), view=pb.SCORECARD_VIEW_FULL)
        reply = service.scorer.RankProvince(request)
        reply.ClearField("provenance")
        strategies.assert_same(reply, strategies.expected_reply(oracle.rank_province(DOCUMENT, units)))


def test_random_provinces_have_ranked_units_and_others(
    service: harness.Service, indicators: Mapping[str, Indicator], checks: list[PartOf]
) -> None:
    """What is compared is worth comparing: every level and standing comes up."""
    draw = random.Random(1)
    units = [draw_unit(draw, f"u-{n}", "district", indicators, checks) for n in range(150)]
    request = pb.RankProvinceRequest(criteria_set=SET, rows=strategies.rows(units))
    cards = service.scorer.RankProvince(request).rankings[0].scorecards
    for place in range(2):
        assert len({card.categories[place].level for card in cards}) >= 3
