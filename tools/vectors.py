"""Generates the conformance vectors clients/vectors/<set>.json and tables.json: calls and their expected replies.

With --check, it only reports whether the files are up to date. The replies come from the tests' oracle
(tests/support/oracle), which is independent of the service. errors.json and sentences.json in the same directory
are written by hand.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

import pyarrow as pa
from arrow_tables import stream
from oracle import Unit
from vector_builder import Case, Vectors, format_json

from scorer.catalogue.catalogue import Catalogue
from scorer.engine.gates import GateCompiler
from scorer.plugins.host import PluginHost

VECTORS = ROOT / "clients" / "vectors"


def hue(vectors: Vectors) -> None:
    """Vectors of hue-2020: the nine published districts, and units exactly at the minimums of gates."""
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
    vectors.score("a unit exactly at every minimum of level 1", edge, period="2020-H2", full=True)
    under = unit("under", 13.499999, 20.7, 1.8, 9.000001)
    vectors.score("a unit a millionth below one minimum", under)
    vectors.score("a criterion that is not applicable", replace(edge, not_applicable=("INF.02",)), full=True)
    silent = Unit("silent", "district")
    vectors.score("nothing reported", silent, full=True)
    vectors.score("a unit with missing answers", replace(edge, answers=dict(list(edge.answers.items())[:3])))
    vectors.score("reached no level", unit("low", 10.4, 17, 0, 7))
    # Equal units are listed in the order of code points, which differs from the order of UTF-16.
    equals = [replace(edge, id=code) for code in ("𐐀", "\ufdfd", "đ", "Z", "a")]
    vectors.rank(
        "equal units share a rank, in code-point order of their ids",
        [*equals, under, silent, unit("first", 15, 23, 2, 10)],
    )
    vectors.rank("the set that is in force on a day", [edge, under], on=datetime.date(2020, 12, 31))
    vectors.rank("three units in the view FULL", [under, silent, replace(edge, not_applicable=("INF.02",))], full=True)

    units = [edge, under, silent, replace(edge, id="without", not_applicable=("INF.02",))]
    vectors.rank_table("all columns of FULL, with their null values", units, full=True)
    published = vectors.published("district")
    vectors.rank_table(
        "a table without tiers: the request names the tier",
        published,
        province="Thừa Thiên Huế",
        period="2020",
        tier="district",
    )


def bac_kan(vectors: Vectors) -> None:
    """Vectors of bac-kan-2020: all kinds of answers, three tiers, two categories."""
    vectors.rank(
        "four districts with their bundled answers",
        vectors.published("district")[:4],
        province="Bắc Kạn",
        period="2020-H1",
    )
    (best,) = (unit for unit in vectors.published("commune") if unit.name == "xã Nông Thượng")
    vectors.score("a commune that is ranked", best, period="2020-Q2")
    vectors.rank("drawn, three tiers", vectors.random_units(1, department=2, district=2, commune=3))
    vectors.rank("drawn communes, in full", vectors.random_units(2, commune=2), full=True)
    vectors.rank("one tier of three", vectors.random_units(3, department=2, commune=1), tier="department")
    vectors.score("a drawn department alone", vectors.random_units(4, department=1)[0])

    vectors.rank_table(
        "every type of column, three tiers", vectors.random_units(1, department=2, district=2, commune=3)
    )
    refused_tables(vectors)


def refused_tables(vectors: Vectors) -> None:
    """Vectors of tables that the service refuses."""
    ids, tiers = ["s-noi-vu", "s-tu-phap"], ["department"] * 2
    arrays = [ids, tiers, [1, 1], ["12", "13"], [1, 2], [1, 2]]
    names = ["id", "tier", "computer", "computers", "staff", "staff"]
    vectors.refuse(
        "columns that are unknown, of the wrong type, or given twice",
        pa.Table.from_arrays([pa.array(values) for values in arrays], names=names),
        {
            'table["computer"]': "UNKNOWN_COLUMN",
            'table["computers"]': "WRONG_TYPE",
            'table["staff"]': "DUPLICATE_COLUMN",
        },
    )
    vectors.refuse(
        "neither ids nor tiers",
        pa.table({"staff": [20.0, 30.0]}),
        {'table["id"]': "MISSING_COLUMN", 'table["tier"]': "MISSING_COLUMN"},
    )
    wrong = {
        "id": ["s-noi-vu", "s-noi-vu"],
        "tier": ["department", "departmnt"],
        "not_applicable": [["INF.10"], ["INF.99"]],
        "staff": [-5.0, 20.0],
        "steering_committee": ["somebody", None],
        "it_plan_issued": [datetime.datetime(2020, 1, 15), datetime.datetime(2020, 1, 15, 12)],
    }
    vectors.refuse(
        "wrong values, named by column and row",
        pa.table(wrong),
        {
            'table["id"][1]': "DUPLICATE_UNIT_ID",
            'table["tier"][1]': "UNKNOWN_TIER",
            'table["not_applicable"][1]': "UNKNOWN_CRITERION",
            'table["staff"][0]': "OUT_OF_RANGE",
            'table["steering_committee"][0]': "UNKNOWN_CHOICE",
            'table["it_plan_issued"][1]': "BAD_DATE",
        },
    )
    good = pa.table({"id": ids, "tier": tiers})
    vectors.refuse("a compressed stream", good, {"table.arrow_stream": "COMPRESSED"}, compression="lz4")
    vectors.refuse("a stream that ends too early", stream(good)[:-200], {"table.arrow_stream": "BAD_STREAM"})
    vectors.refuse("bytes that are no Arrow stream", b"id,tier\n", {"table.arrow_stream": "BAD_STREAM"})


CASES = {"hue-2020": hue, "bac-kan-2020": bac_kan}


def main() -> int:
    """Writes the files, or with --check compares them. The exit code is 1 if a file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the files differ")
    check = parser.parse_args().check

    host = PluginHost.installed()
    plans = Catalogue.installed(host, GateCompiler()).sets
    wanted: dict[str, str] = {}
    tables: list[Case] = []
    for code, fill in CASES.items():
        vectors = Vectors(code, host, plans[code].criteria_set.indicators)
        fill(vectors)
        wanted[code] = vectors.text()
        tables += vectors.tables
    wanted["tables"] = format_json({"cases": tables}) + "\n"
    differing = []
    for name, text in wanted.items():
        path = VECTORS / f"{name}.json"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(path.relative_to(ROOT).as_posix())
            if not check:
                path.write_text(text, encoding="utf-8", newline="\n")
    if differing and check:
        print(f"out of date: {', '.join(differing)}\nupdate with: python tools/vectors.py")
        return 1
    print(f"{len(wanted)} files, {len(differing)} {'differ' if check else 'changed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
