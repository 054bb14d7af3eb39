"""Provinces to measure with: drawn from a seed, or read from a file of answers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from answer_generator import AnswerGenerator
from google.type import date_pb2
from numpy.typing import NDArray

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import Catalogue
from scorer.engine.gates import GateCompiler
from scorer.engine.plan import SetPlan, TierPlan
from scorer.model.cohort import Cohort
from scorer.model.indicators import EPOCH, IndicatorKind
from scorer.plugins.host import PluginHost
from scorer.service.in_process_transport import InProcessTransport
from scorer_client import Client, FileTable

SEED = 20200630


@cache
def installed() -> Catalogue:
    """The installed criteria sets and plugins."""
    return Catalogue.installed(PluginHost.installed(), GateCompiler())


def tier_of(plan: SetPlan, tier: str = "") -> str:
    """The given tier; if it is empty, commune, or the last tier of a set without communes.

    Raises:
        LookupError: the set does not have the tier.
    """
    tiers = list(plan.tiers)
    if tier and tier not in tiers:
        raise LookupError(f"{plan.criteria_set.code} has no tier {tier!r}; it has {', '.join(tiers)}")
    return tier or ("commune" if "commune" in tiers else tiers[-1])


def cohort_of(
    plan: SetPlan,
    tier: str,
    ids: tuple[str, ...],
    columns: Mapping[str, NDArray[np.float64]],
    excluded: Mapping[str, NDArray[np.bool_]],
) -> Cohort:
    """A cohort like those that validation makes, from columns (n,) of answers."""
    matrix = np.full((len(plan.rows), len(ids)), np.nan)
    for code, values in columns.items():
        matrix[plan.rows[code]] = values
    return Cohort(tier, ids, plan.criteria_set.indicators, plan.rows, matrix, excluded)


@dataclass(frozen=True)
class Province:
    """The units of one tier, as a cohort and as requests."""

    set_plan: SetPlan
    plan: TierPlan
    cohort: Cohort

    @classmethod
    def draw(cls, plan: SetPlan, units: int, tier: str = "") -> Province:
        """Draws ``units`` units of a tier, with sorted ids; always the same units."""
        tier = tier_of(plan, tier)
        generator = AnswerGenerator(plan.tiers[tier], plan.criteria_set.indicators, np.random.default_rng(SEED), units)
        ids = tuple(f"unit-{n:07d}" for n in range(units))
        excluded = generator.exclusions()
        return cls(plan, plan.tiers[tier], cohort_of(plan, tier, ids, generator.columns(), excluded))

    @classmethod
    def read(cls, plan: SetPlan, file: Path, tier: str = "") -> Province:
        """Reads the units of one tier from a CSV file, in the format of ``scorer rank``.

        Raises:
            ScorerError: the file has mistakes; violations name rows and columns.
            LookupError: the file has no unit of the tier.
        """
        code = plan.criteria_set.code
        client = Client(InProcessTransport(installed()))
        answers = client.read_file(code, file)
        client.rank_file(code, answers)  # raises an error if the service would refuse the answers
        tier = tier_of(plan, tier or max(plan.tiers, key=[unit.tier for unit in answers.units].count))
        indices = [index for index, unit in enumerate(answers.units) if unit.tier == tier]
        if not indices:
            raise LookupError(f"{file} has no unit of tier {tier!r}")
        ids = tuple(answers.units[index].id for index in indices)
        columns = {name: _numbers(plan, answers, name)[indices] for name in answers.columns}
        left_out = sorted({criterion for unit in ids for criterion in answers.not_applicable.get(unit, ())})
        excluded = {
            criterion: np.array([criterion in answers.not_applicable.get(unit, ()) for unit in ids])
            for criterion in left_out
        }
        return cls(plan, plan.tiers[tier], cohort_of(plan, tier, ids, columns, excluded))

    def __len__(self) -> int:
        return len(self.cohort)

    @cached_property
    def rows(self) -> bytes:
        """A RankProvinceRequest with rows."""
        request = pb.RankProvinceRequest(criteria_set=self.set_plan.criteria_set.code)
        request.rows.units.extend(self._unit_answers(unit) for unit in range(len(self)))
        return request.SerializeToString()

    @cached_property
    def table(self) -> bytes:
        """A RankProvinceRequest with a table."""
        request = pb.RankProvinceRequest(criteria_set=self.set_plan.criteria_set.code, tier=self.cohort.tier)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.arrow.schema) as writer:
            writer.write_table(self.arrow)
        request.table.arrow_stream = sink.getvalue().to_pybytes()
        return request.SerializeToString()

    @cached_property
    def arrow(self) -> pa.Table:
        """The units as the table that docs/tables.md describes; columns have the smallest suitable types."""
        cohort = self.cohort
        columns = {"id": pa.array(cohort.unit_ids), **{code: self._column(code) for code in cohort.rows}}
        if cohort.excluded:
            left_out = [self._left_out(unit) for unit in range(len(self))]
            columns["not_applicable"] = pa.array(left_out, pa.list_(pa.string()))
        return pa.table(columns)

    @cached_property
    def single(self) -> bytes:
        """A ScoreUnitRequest of the first unit."""
        return self.single_of(0)

    def single_of(self, unit: int) -> bytes:
        """A ScoreUnitRequest of one unit."""
        code = self.set_plan.criteria_set.code
        return pb.ScoreUnitRequest(criteria_set=code, unit_answers=self._unit_answers(unit)).SerializeToString()

    def _unit_answers(self, unit: int) -> pb.UnitAnswers:
        answers = {code: float(self.cohort.values(code)[unit]) for code in self.set_plan.rows}
        return pb.UnitAnswers(
            unit=pb.Unit(id=self.cohort.unit_ids[unit], tier=self.cohort.tier),
            answers={code: self._answer(code, value) for code, value in answers.items() if value == value},
            not_applicable_criteria=self._left_out(unit),
        )

    def _answer(self, code: str, value: float) -> pb.Answer:
        indicator = self.cohort.indicators[code]
        match indicator.kind:
            case IndicatorKind.FLAG:
                return pb.Answer(flag=bool(value))
            case IndicatorKind.CHOICE:
                return pb.Answer(choice=indicator.options[int(value)])
            case IndicatorKind.DATE:
                day = EPOCH + datetime.timedelta(days=int(value))
                return pb.Answer(date=date_pb2.Date(year=day.year, month=day.month, day=day.day))
        return pb.Answer(number=value)

    def _column(self, code: str) -> pa.Array:
        indicator, values = self.cohort.indicators[code], self.cohort.values(code)
        null = np.isnan(values)
        whole = np.where(null, 0, values).astype(np.int32)
        match indicator.kind:
            case IndicatorKind.FLAG:
                return pa.array(whole == 1, mask=null)
            case IndicatorKind.CHOICE:
                return pa.DictionaryArray.from_arrays(pa.array(whole, mask=null), list(indicator.options))
            case IndicatorKind.DATE:
                return pa.array(whole, mask=null).cast(pa.date32())
            case IndicatorKind.COUNT:
                return pa.array(whole, mask=null)
        return pa.array(values, mask=null)

    def _left_out(self, unit: int) -> list[str]:
        return [criterion for criterion, mask in self.cohort.excluded.items() if mask[unit]]


def _numbers(plan: SetPlan, answers: FileTable, code: str) -> NDArray[np.float64]:
    """One column of a file; options become their indices."""
    numbers: dict[float | str, float] = {"": np.nan}
    numbers |= {option: float(index) for index, option in enumerate(plan.criteria_set.indicators[code].options)}
    return np.array([numbers[cell] if isinstance(cell, str) else cell for cell in answers.columns[code]])
