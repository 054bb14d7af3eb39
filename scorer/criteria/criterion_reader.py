"""Reads the criteria of a document."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from scorer.criteria import model, schema
from scorer.criteria.document import Document, Path, as_mapping
from scorer.criteria.formula_reader import FormulaReader, rewards_absence
from scorer.criteria.schema_errors import parse_model, sound_part
from scorer.criteria.set_indicators import SetIndicators
from scorer.criteria.subtotal_reader import subtotal_of
from scorer.criteria.tiers import check_tiers
from scorer.criteria.vocabulary import Vocabulary
from scorer.model.indicators import Source
from scorer.model.untrusted import describe_error, is_plugin_fault

_FAULT_AS_PENALTY = (
    "formula 'fault' gives points to units without the fault, so this penalty would take points from exactly those "
    "units; use 'flag', or 'count' to take points for each fault"
)


@dataclass
class CriterionReader:
    """Reads criteria; adds a problem for each criterion that cannot be read.

    Args:
        document: the document.
        vocabulary: the formula kinds and the groups that the document can use.
        tiers: the set's tiers.
        indicators: the set's indicators.
        sources: the sources of answers to criteria that do not name their own.
    """

    document: Document
    vocabulary: Vocabulary
    tiers: Sequence[str]
    indicators: SetIndicators
    sources: tuple[Source, ...]
    ids: set[str] = field(default_factory=set)
    """Ids of the criteria read so far."""

    def __post_init__(self) -> None:
        self.formulas = FormulaReader(self.document, self.vocabulary, self.tiers)

    def criterion(self, path: Path, data: object, reconstructed: bool, subtotal: str) -> model.Criterion | None:
        """Reads a criterion; None if it cannot be read.

        Args:
            path: path of the criterion.
            data: its value in the document.
            reconstructed: whether its group is reconstructed.
            subtotal: the subtotal of its group, for a criterion that names none.
        """
        shape = parse_model(self.document, path, schema.Criterion, data)
        raw = as_mapping(data)
        subtotal = subtotal_of(raw, path, self.document) or subtotal
        criterion_id = raw.get("id")
        if isinstance(criterion_id, str):
            if criterion_id in self.ids:
                self.document.problem((*path, "id"), f"criterion {criterion_id!r} is given twice")
            elif criterion_id == model.TOTAL or criterion_id in self.vocabulary.groups:
                self.document.problem((*path, "id"), f"a criterion cannot be called {criterion_id!r}")
            self.ids.add(criterion_id)
        parameters = {key: value for key, value in raw.items() if key not in schema.Criterion.model_fields}
        formula = None
        try:
            if "formula" in raw:
                formula = self.formulas.formula(path, raw["formula"], parameters, list(schema.Criterion.model_fields))
            else:
                self.formulas.suggest_keys(path, parameters, list(schema.Criterion.model_fields))
            sources = (shape.sources if shape else None) or self.sources
            if formula is not None:
                self.indicators.check_reads(path, formula, sources)
            shape = shape or sound_part(schema.Criterion, data, {"id": "criterion"})
            if shape is None or formula is None:
                return None
            check_tiers(shape.points.tiers(), self.tiers, (*path, "points"), self.document)
            self.formulas.check(path, formula, shape.points)
            if shape.effect is model.Effect.PENALTY and rewards_absence(formula):
                self.document.problem((*path, "effect"), _FAULT_AS_PENALTY)
        except BaseException as error:  # a formula kind of a plugin can raise anything
            if not is_plugin_fault(error):
                raise
            self.document.problem(
                (*path, "formula"), f"formula kind {raw.get('formula')!r} is broken: {describe_error(error)}"
            )
            return None
        provenance = model.Provenance.RECONSTRUCTED if reconstructed else shape.provenance
        return model.Criterion(
            id=shape.id,
            title=shape.title,
            formula=formula,
            parameters=json.dumps(parameters, ensure_ascii=False, sort_keys=True, default=_as_json),
            points=shape.points,
            effect=shape.effect,
            may_be_not_applicable=shape.may_be_not_applicable,
            missing_leaves_out=shape.when_missing == "not_applicable",
            provenance=provenance,
            notes=shape.notes,
            sources=sources,
            subtotal=subtotal,
        )


def _as_json(value: object) -> object:
    """The ``default`` function of ``json.dumps`` for numbers and days of a document."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"cannot write {value!r} as JSON")
