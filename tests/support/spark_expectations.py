"""Units to rank with Spark, and what RankProvince of a real server returns for their provinces."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping
from typing import Any

import harness
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from arrow_tables import as_message, read
from province import Province, installed

from egov.scorer.v1 import scorer_pb2 as pb

BY = ("province", "period")
Rankings = Mapping[tuple[Any, ...], dict[str, list[object]]]
"""By province and period, the values of each column."""
VILLAGES = """\
criteria_set: villages-2026
title: {en: Villages}
provenance: reconstructed
notes: {en: Made up.}
effective: {from: 2026-01-01, to: 2026-12-31}
tiers: [district, commune]
ranking: {cohort: {commune: parent}, ties: dense}
commend: {best: {commune: 2}}
categories:
  readiness:
    title: {en: Readiness}
    groups:
      offices:
        title: {en: Offices}
        points: {district: 10, commune: 8}
        indicators:
          files: {kind: count, unit: files, title: {en: Files}, maximum: 100000}
          online: {kind: count, unit: files, title: {en: Online}}
          portal: {kind: choice, options: [full, part, none], title: {en: Portal}}
          opened: {kind: date, title: {en: Opened}, minimum: 2000-01-01, maximum: 2026-12-31}
        checks:
          - {part: online, of: files}
        criteria:
          - {id: A.1, title: {en: Online}, formula: ratio_to_best, numerator: online, denominator: files,
             when_zero: zero, points: 5}
          - {id: A.2, title: {en: Portal}, formula: choice, indicator: portal, options: {full: 3, part: 1, none: 0},
             points: 3, may_be_not_applicable: true}
          - {id: A.3, title: {en: Opened}, formula: steps, indicator: opened,
             steps: [{at_most: 2020-01-01, points: 2}], points: {district: 2}}
    levels:
      - {level: 1, gates: [{measure: total, at_least: 80%}]}
      - {level: 2, gates: [{measure: total, at_least: 30%}]}
"""
"""Communes are ranked within their district, in comparison with the best; districts have one more criterion."""
PROVINCES, PERIODS, UNITS = 6, 3, {"department": 8, "district": 12, "commune": 30}
"""Units by tier, of each province in each period."""


def provinces(table: pa.Table, by: tuple[str, ...] = BY) -> dict[tuple[Any, ...], pa.Table]:
    """The rows of each combination of values in ``by``, without these columns."""
    keys = list(zip(*(table.column(name).to_pylist() for name in by), strict=True))
    found: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(keys):
        found.setdefault(key, []).append(row)
    return {key: table.take(rows).drop_columns([*by]) for key, rows in sorted(found.items())}


def bits(table: pa.Table) -> dict[str, list[object]]:
    """The values by column; floats as texts, in which no two different ones are equal."""
    return {
        name: [value.hex() if isinstance(value, float) else value for value in table.column(name).to_pylist()]
        for name in table.column_names
    }


def expected(service: harness.Service, code: str, table: pa.Table, view: int = pb.SCORECARD_VIEW_BASIC) -> Rankings:
    """The rankings of RankProvince for each province, one after the other."""
    answered = {}
    for key, units in provinces(table).items():
        request = pb.RankProvinceRequest(criteria_set=code, table=as_message(units), view=view)
        tables = [read(ranking) for ranking in service.scorer.RankProvince(request).rankings]
        answered[key] = bits(pa.concat_tables(map(decoded, tables), promote_options="default"))
    return answered


def decoded(table: pa.Table) -> pa.Table:
    return pa.table([plain(column) for column in table.columns], table.column_names)


def plain(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def draw_units() -> pa.Table:
    """Units of bac-kan-2020: of three tiers, in several provinces and periods."""
    tables = []
    for tier, count in UNITS.items():
        drawn = Province.draw(installed().sets["bac-kan-2020"], count * PROVINCES * PERIODS, tier).arrow
        columns = {name: plain(drawn.column(name)) for name in drawn.column_names}
        columns["id"] = pc.binary_join_element_wise(tier, columns["id"], "-")
        index = np.arange(len(drawn)) // count
        keys = {
            "province": pa.array([f"tỉnh {n}" for n in index // PERIODS]),
            "period": pa.array([2018 + n for n in (index % PERIODS).tolist()], pa.int32()),
            "tier": pa.array([tier] * len(drawn)),
        }
        tables.append(pa.table({**keys, **columns}))
    return pa.concat_tables(tables, promote_options="default").combine_chunks()


def draw_village_units() -> pa.Table:
    """Units of the set ``VILLAGES``, in several provinces and periods."""
    rng, rows = np.random.default_rng(7), []
    for province, period, d in itertools.product("abc", ("2025", "2026"), range(4)):
        district = {"province": province, "period": period, "id": f"d{d}", "tier": "district", "name": f"Huyện {d}"}
        communes = ({"id": f"d{d}-{c}", "tier": "commune", "parent": f"d{d}", "name": None} for c in range(8))
        rows += [district | {"parent": None}, *(district | commune for commune in communes)]
    for row in rows:
        files = int(rng.integers(0, 20))
        row["files"], row["online"] = files, int(rng.integers(0, files + 1))
        row["portal"] = [None, "full", "part", "none"][int(rng.integers(4))]
        row["opened"] = datetime.date(2019, 12, 30) + datetime.timedelta(days=int(rng.integers(4)))
        row["not_applicable"] = ["A.2"] if row["portal"] is None and rng.random() < 0.5 else None
    return pa.Table.from_pylist(rows)
