"""Rows of scorecards in the form of tables, written as docs/tables.md says, without the service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa

from egov.scorer.v1 import scorer_pb2 as pb


def table_rows(ranking: pb.Ranking, view: pb.ScorecardView) -> Iterator[dict[str, Any]]:
    """FULL scorecards of one ranking as the rows of the table of a view, written as docs/tables.md says."""
    for card in ranking.scorecards:
        row: dict[str, Any] = {
            "id": card.unit.id,
            "name": card.unit.name or None,
            "tier": card.unit.tier,
            "parent": card.unit.parent or None,
            "cohort": ranking.cohort,
            "rank": card.overall.rank or None,
            "commended": card.commended,
            "lacking": ", ".join(card.overall.lacking) or None,
            **score_row("", card.overall.score),
        }
        for subtotal in card.subtotals if view == pb.SCORECARD_VIEW_FULL else ():
            row |= score_row(f"subtotal.{subtotal.subtotal}.", subtotal.score)
        for category in card.categories:
            prefix = f"{category.category}."
            row[f"{prefix}standing"] = STANDINGS[category.standing]
            row[f"{prefix}level"] = category.level or None
            row[f"{prefix}level_code"] = category.level_code or None
            row[f"{prefix}rank"] = category.rank or None
            row |= score_row(prefix, category.score)
            row[f"{prefix}failing"] = failing(category.failing)
            if view == pb.SCORECARD_VIEW_FULL:
                row[f"{prefix}failed_gates"] = failing(gate for gate in category.gates if not gate.passed)
                for group in category.groups:
                    row |= score_row(f"{prefix}{group.group}.", group.score)
                    for criterion in group.criteria:
                        row |= criterion_row(f"{prefix}{criterion.criterion}.", criterion)
            for measure in category.measures:
                name = prefix if measure.measure == "total" else f"{prefix}{measure.measure}."
                compared = {result.gate.unit for result in category.gates if result.gate.measure == measure.measure}
                if pb.GATE_UNIT_PERCENT in compared:
                    row[f"{name}percent"] = measure.percent if measure.max_points else None
                if pb.GATE_UNIT_POINTS in compared:
                    row[f"{name}points"] = measure.points
        yield row


STANDINGS = {
    pb.STANDING_RANKED: "ranked",
    pb.STANDING_BELOW_MINIMUM: "below_minimum",
    pb.STANDING_NOTHING_APPLICABLE: "nothing_applicable",
    pb.STANDING_EXCLUDED: "excluded",
}
STATUSES = {
    pb.CRITERION_STATUS_SCORED: "scored",
    pb.CRITERION_STATUS_MISSING: "missing",
    pb.CRITERION_STATUS_NOT_APPLICABLE: "not_applicable",
}


def score_row(prefix: str, score: pb.Score, suffix: str = "") -> dict[str, Any]:
    applies = bool(score.max_points)
    row = {
        f"{prefix}points{suffix}": score.points,
        f"{prefix}max_points{suffix}": score.max_points,
        f"{prefix}percent{suffix}": score.percent if applies else None,
        f"{prefix}converted{suffix}": score.converted if applies else None,
        f"{prefix}published{suffix}": score.published if applies else None,
        f"{prefix}missing{suffix}": score.missing,
        f"{prefix}not_applicable{suffix}": score.not_applicable,
    }
    return row | (score_row(prefix, score.self_reported, "@self_reported") if score.HasField("self_reported") else {})


def criterion_row(prefix: str, criterion: pb.CriterionScore, suffix: str = "") -> dict[str, Any]:
    row = {f"{prefix}points{suffix}": criterion.points, f"{prefix}status{suffix}": STATUSES[criterion.status]}
    own = criterion.self_reported if criterion.HasField("self_reported") else None
    return row | (criterion_row(prefix, own, "@self_reported") if own else {})


def failing(results: Iterable[pb.GateResult]) -> str | None:
    by_level: dict[int, list[str]] = {}
    for result in results:
        gate = result.gate
        minimum = f"{Decimal(repr(gate.minimum)).normalize():f}{'%' if gate.unit == pb.GATE_UNIT_PERCENT else ''}"
        text = f"{gate.measure} {'>' if gate.strict else '>='} {minimum}"
        by_level.setdefault(gate.level, []).append(text)
    return "; ".join(f"level {level}: {', '.join(texts)}" for level, texts in by_level.items()) or None


def check_metadata(schema: pa.Schema, ranking: pb.Ranking, view: pb.ScorecardView, made_with: pb.Provenance) -> None:
    """What the schema says beside the columns, from the FULL scorecards."""
    texts = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    assert (texts.pop("tier"), texts.pop("cohort")) == (ranking.tier, ranking.cohort)
    found = {key: json.loads(value) for key, value in texts.items()}
    card = ranking.scorecards[0]
    nominal = {category.category: category.score.nominal_max_points for category in card.categories}
    nominal["overall"] = card.overall.score.nominal_max_points
    if view == pb.SCORECARD_VIEW_FULL:
        for category in card.categories:
            for group in category.groups:
                nominal[f"{category.category}.{group.group}"] = group.score.nominal_max_points
        for subtotal in card.subtotals:
            nominal[f"subtotal.{subtotal.subtotal}"] = subtotal.score.nominal_max_points
    assert found["nominal_max_points"] == nominal
    assert found["overall_requires"] == list(ranking.overall_requires)
    assert found["levels"] == {tally.category: [item.level for item in tally.levels] for tally in ranking.tallies}
    assert found["gates"] == {
        tally.category: [
            {
                "level": item.gate.level,
                "measure": item.gate.measure,
                "unit": "percent" if item.gate.unit == pb.GATE_UNIT_PERCENT else "points",
                "minimum": item.gate.minimum,
                "strict": item.gate.strict,
            }
            for item in tally.failing
        ]
        for tally in ranking.tallies
    }
    assert ("max_points" in found) == (view == pb.SCORECARD_VIEW_FULL)
    assert found["provenance"]["revision"] == made_with.revision
    assert found["provenance"]["province"] == made_with.province
    units = {field.name: field.metadata[b"unit"].decode() for field in schema if field.metadata}
    assert {name.rpartition(".")[2].removesuffix("@self_reported"): unit for name, unit in units.items()} == {
        "points": "points", "max_points": "points", "percent": "percent", "converted": "points", "published": "points",
    }  # fmt: skip
