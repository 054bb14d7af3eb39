"""Writes clients/vectors/<set>.json: calls and what has to come back; with --check, only says whether they are right.

What has to come back is what the oracle of the tests says (tests/oracle.py), which knows nothing of the service.
errors.json and sentences.json beside them are written by hand.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import canonical
import oracle
from answers import draw_unit
from oracle import Unit
from ruamel.yaml import YAML

from scorer.catalogue import Catalogue
from scorer.gates import GateCompiler
from scorer.plugin_api import Indicator, IndicatorKind, PartOf
from scorer.plugins import PluginHost

VECTORS = ROOT / "clients" / "vectors"
WIDTH = 160
Case = dict[str, Any]


class Vectors:
    """The cases of one criteria set."""

    def __init__(self, code: str, host: PluginHost, indicators: Mapping[str, Indicator]) -> None:
        self.code, self.indicators = code, indicators
        self.checks: Sequence[PartOf] = [check for group in host.groups.values() for check in group.checks]
        text = (files("scorer_plugins.criteria_sets") / f"{code}.yaml").read_text(encoding="utf-8")
        self.document: oracle.Document = YAML(typ="safe", pure=True).load(text)
        self.cases: list[Case] = []

    def score(self, name: str, unit: Unit, *, period: str = "", full: bool = False) -> None:
        """A case of one unit."""
        card = oracle.score_unit(self.document, unit)
        self._add(name, "ScoreUnit", *canonical.score_unit(self.code, unit, card, period=period, full=full))

    def rank(
        self,
        name: str,
        units: Sequence[Unit],
        *,
        province: str = "",
        period: str = "",
        tier: str = "",
        full: bool = False,
        on: datetime.date | None = None,
    ) -> None:
        """A case of a province; ``on`` names the set by a day on which no other of its series is in force."""
        rankings = [ranking for ranking in oracle.rank_province(self.document, units) if tier in ("", ranking.tier)]
        asked = {"province": province, "period": period, "tier": tier, "full": full}
        request, response = canonical.rank_province(self.code, units, rankings, **asked)
        if on:
            del request["criteriaSet"]
            request["effectiveOn"] = {"year": on.year, "month": on.month, "day": on.day}
            request["series"] = self.document["series"]
        self._add(name, "RankProvince", request, response)

    def published(self, tier: str) -> list[Unit]:
        """Units of a tier with the answers that come with the scorer."""
        text = (files("scorer_plugins.answers") / f"{self.code}.csv").read_text(encoding="utf-8")
        return [self._unit(row) for row in csv.DictReader(text.splitlines()) if row["tier"] == tier]

    def drawn(self, seed: int, **sizes: int) -> list[Unit]:
        """So many random units of each tier."""
        draw = random.Random(seed)
        return [
            draw_unit(draw, f"{tier}-{n}", tier, self.document, self.indicators, self.checks)
            for tier, size in sizes.items()
            for n in range(size)
        ]

    def text(self) -> str:
        """The file."""
        return _laid_out({"criteriaSet": self.code, "cases": self.cases}) + "\n"

    def _add(self, name: str, method: str, request: Case, response: Case) -> None:
        response["provenance"] = {
            "criteriaSet": self.code,
            "criteriaProvenance": self.document["provenance"],
            "province": request.get("province", ""),
            "period": request.get("period", ""),
        }
        self.cases.append({"name": name, "method": method, "request": request, "response": response})

    def _unit(self, row: Mapping[str, str]) -> Unit:
        answers = {code: _value(item, row[code]) for code, item in self.indicators.items() if row.get(code)}
        left_out = tuple(filter(None, row["not_applicable"].split(";")))
        return Unit(row["id"], row["tier"], answers, left_out, row["name"], row["parent"])


def hue(vectors: Vectors) -> None:
    """The nine districts that were published, and units on edges."""
    vectors.rank("the published table", vectors.published("district"), province="Thừa Thiên Huế", period="2020")

    def unit(code: str, policy: float, infrastructure: float, conditional: float, people: float) -> Unit:
        answers = {
            "policy_environment_awarded": policy,
            "infrastructure_awarded": infrastructure,
            "infrastructure_conditional_awarded": conditional,
            "human_resources_awarded": people,
        }
        return Unit(code, "district", answers, name=f"huyện {code}", parent="thua-thien-hue")

    edge = unit("edge", 13.5, 20.7, 1.8, 9)
    vectors.score("every gate of level 1 exactly on its edge", edge, period="2020-H2", full=True)
    under = unit("under", 13.499999, 20.7, 1.8, 9.000001)
    vectors.score("one gate a millionth under its edge", under)
    vectors.score("a criterion that is not applicable", replace(edge, not_applicable=("INF.02",)), full=True)
    silent = Unit("silent", "district")
    vectors.score("nothing reported", silent, full=True)
    vectors.score("missing is not zero, and counts", replace(edge, answers=dict(list(edge.answers.items())[:3])))
    vectors.score("reached no level", unit("low", 10.4, 17, 0, 7))
    # Equals are shown in the order of their code points, which is not that of UTF-16.
    equals = [replace(edge, id=code) for code in ("𐐀", "\ufdfd", "đ", "Z", "a")]
    vectors.rank(
        "equals share a rank and stand in code-point order", [*equals, under, silent, unit("first", 15, 23, 2, 10)]
    )
    vectors.rank("the set of a day", [edge, under], on=datetime.date(2020, 12, 31))
    vectors.rank("a few in full", [under, silent, replace(edge, not_applicable=("INF.02",))], full=True)


def bac_kan(vectors: Vectors) -> None:
    """Every kind of answer, three tiers, two categories."""
    vectors.rank(
        "four districts as they come with the scorer",
        vectors.published("district")[:4],
        province="Bắc Kạn",
        period="2020-H1",
    )
    (best,) = (unit for unit in vectors.published("commune") if unit.name == "xã Nông Thượng")
    vectors.score("a commune that is ranked", best, period="2020-Q2")
    vectors.rank("drawn, three tiers", vectors.drawn(1, department=2, district=2, commune=3))
    vectors.rank("drawn communes, in full", vectors.drawn(2, commune=2), full=True)
    vectors.rank("one tier of three", vectors.drawn(3, department=2, commune=1), tier="department")
    vectors.score("a drawn department alone", vectors.drawn(4, department=1)[0])


CASES = {"hue-2020": hue, "bac-kan-2020": bac_kan}


def _value(indicator: Indicator, cell: str) -> Any:
    if indicator.kind is IndicatorKind.CHOICE:
        return cell
    if indicator.kind is IndicatorKind.DATE:
        return datetime.date.fromisoformat(cell)
    return cell == "1" if indicator.kind is IndicatorKind.FLAG else float(cell)


def _laid_out(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON, in lines where it does not fit in one; ``before`` is what else stands in its line."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + before + len(line) < WIDTH or not isinstance(value, dict | list) or not value:
        return line
    keyed = (
        [(f"{json.dumps(key, ensure_ascii=False)}: ", item) for key, item in value.items()]
        if isinstance(value, dict)
        else [("", item) for item in value]
    )
    left, right = "{}" if isinstance(value, dict) else "[]"
    inner = " " * (indent + 1)
    lines = ",\n".join(f"{inner}{key}{_laid_out(item, indent + 1, len(key) + 1)}" for key, item in keyed)
    return f"{left}\n{lines}\n{' ' * indent}{right}"


def main() -> int:
    """Write, or compare; the exit code is 1 if the comparison finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the files differ")
    check = parser.parse_args().check

    host = PluginHost.installed()
    plans = Catalogue.installed(host, GateCompiler()).sets
    differing = []
    for code, fill in CASES.items():
        vectors = Vectors(code, host, plans[code].criteria_set.indicators)
        fill(vectors)
        path, text = VECTORS / f"{code}.json", vectors.text()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(path.relative_to(ROOT).as_posix())
            if not check:
                path.write_text(text, encoding="utf-8", newline="\n")
    if differing and check:
        print(f"not what the oracle says: {', '.join(differing)}\nmend it with: python tools/vectors.py")
        return 1
    print(f"{len(CASES)} files, {len(differing)} {'differ' if check else 'changed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
