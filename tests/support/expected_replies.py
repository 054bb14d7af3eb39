"""The replies that the service should give, from the oracle's results."""

from __future__ import annotations

from collections.abc import Iterable

import oracle
from google.protobuf.message import Message
from unit_messages import unit_message

from egov.scorer.v1 import scorer_pb2 as pb


def assert_same(found: Message, expected: Message) -> None:
    """Equal bit for bit; the lines of text come first, as their difference can be read."""
    assert str(found).splitlines() == str(expected).splitlines()
    assert found.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True)


def expected_reply(rankings: Iterable[oracle.Ranking]) -> pb.RankProvinceResponse:
    """What the service should answer in FULL to units sent as rows, but for the provenance."""
    return pb.RankProvinceResponse(rankings=map(_ranking, rankings))


def _ranking(ranking: oracle.Ranking) -> pb.Ranking:
    message = pb.Ranking(
        tier=ranking.tier,
        cohort=ranking.cohort,
        unit_count=len(ranking.cards),
        overall_ranked=sum(not card.lacking for card in ranking.cards),
        overall_requires=ranking.requires,
        scorecards=map(expected_card, ranking.cards),
    )
    for categories in zip(*(card.categories for card in ranking.cards), strict=True):
        first = categories[0]
        tally = message.tallies.add(category=first.code, ranked=sum(c.standing == "ranked" for c in categories))
        for level in first.levels:
            tally.levels.add(level=level, units=sum(c.level == level for c in categories))
        for n, gate in enumerate(first.gates):
            tally.failing.add(gate=_gate(gate), units=sum(not c.gates[n].passed for c in categories))
        for results in zip(*([r for g in c.groups for r in g.criteria] for c in categories), strict=True):
            here = [result for result in results if result.status != "not_applicable"]
            tally.criteria.add(
                criterion=results[0].id,
                applicable=len(here),
                full=sum(result.points == max(result.full_points, 0) for result in here),
                none=sum(result.points == min(result.full_points, 0) for result in here if result.full_points),
                missing=sum(result.status == "missing" for result in here),
            )
    return message


def expected_card(card: oracle.Card) -> pb.Scorecard:
    """A FULL scorecard."""
    return pb.Scorecard(
        unit=unit_message(card.unit),
        categories=map(_category, card.categories),
        overall=pb.OverallScore(score=_score(card.overall), rank=card.rank, lacking=card.lacking),
        commended=card.commended,
        subtotals=[pb.SubtotalScore(subtotal=item.code, score=_score(item.score)) for item in card.subtotals],
    )


def _category(category: oracle.CategoryResult) -> pb.CategoryScore:
    return pb.CategoryScore(
        category=category.code,
        score=_score(category.score),
        standing=pb.Standing.Value(f"STANDING_{category.standing.upper()}"),
        level=category.level,
        level_code=category.level_code,
        rank=category.rank,
        measures=[
            pb.MeasureResult(
                measure=measure.measure,
                points=float(measure.points),
                max_points=float(measure.max_points),
                percent=float(measure.percent),
                level=measure.level,
            )
            for measure in category.measures
        ],
        failing=map(_gate_result, category.failing),
        groups=[
            pb.GroupScore(
                group=group.code,
                score=_score(group.score),
                criteria=[_criterion_score(criterion) for criterion in group.criteria],
            )
            for group in category.groups
        ],
        gates=map(_gate_result, category.gates),
    )


def _criterion_score(criterion: oracle.CriterionResult) -> pb.CriterionScore:
    return pb.CriterionScore(
        criterion=criterion.id,
        points=float(criterion.points),
        max_points=float(criterion.max_points),
        status=pb.CriterionStatus.Value(f"CRITERION_STATUS_{criterion.status.upper()}"),
        self_reported=criterion.self_reported and _criterion_score(criterion.self_reported),
    )


def _score(score: oracle.Score) -> pb.Score:
    return pb.Score(
        points=float(score.points),
        max_points=float(score.max_points),
        nominal_max_points=float(score.nominal),
        percent=float(score.percent),
        converted=float(score.converted),
        published=float(score.published),
        missing=score.missing,
        not_applicable=score.not_applicable,
        self_reported=score.self_reported and _score(score.self_reported),
    )


def _gate(gate: oracle.GateResult) -> pb.Gate:
    return pb.Gate(
        level=gate.level,
        measure=gate.measure,
        unit=pb.GateUnit.Value(f"GATE_UNIT_{gate.unit.upper()}"),
        minimum=float(gate.minimum),
        strict=gate.strict,
    )


def _gate_result(result: oracle.GateResult) -> pb.GateResult:
    return pb.GateResult(
        gate=_gate(result),
        value=float(result.value),
        passed=result.passed,
        not_applicable=result.not_applicable,
    )
