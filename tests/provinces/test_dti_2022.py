"""DTI 2022 with an installed stand-alone plugin: the sub-indices give the published totals and order."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from stand_alone import PLUGINS, install, scorer, serving

from scorer_client import Client, Province

ANSWERS = PLUGINS / "published-indices" / "scorer_published_indices" / "answers" / "dti-2022.csv"

WEIGHTS = {
    "nhan_thuc_so": ("digital_awareness", Decimal("0.10")),
    "the_che_so": ("digital_institutions", Decimal("0.10")),
    "ha_tang_so": ("digital_infrastructure", Decimal("0.10")),
    "nhan_luc_so": ("digital_human_resources", Decimal("0.10")),
    "an_toan_thong_tin_mang": ("network_information_security", Decimal("0.10")),
    "hoat_dong_chinh_quyen_so": ("digital_government", Decimal("0.20")),
    "hoat_dong_kinh_te_so": ("digital_economy", Decimal("0.15")),
    "hoat_dong_xa_hoi_so": ("digital_society", Decimal("0.15")),
}
"""By published column: indicator and weight."""


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


PUBLISHED = {
    line["tinh_thanh_pho"]: line
    for line in read(Path(__file__).resolve().parents[1] / "support" / "data" / "dti_2022_top5_subindices.csv")
}
"""The published table by province, best first."""

each_province = pytest.mark.parametrize("name", PUBLISHED)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return install(tmp_path_factory.mktemp("site"), "published-indices")


@pytest.fixture(scope="module")
def client(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(environment, tmp_path_factory.mktemp("server")) as address, Client(address) as client:
        yield client


@pytest.fixture(scope="module")
def provinces(client: Client) -> Province:
    return client.rank_file("dti-2022", ANSWERS, period="2022", full=True)


def test_the_answers_are_the_published_sub_indices() -> None:
    answers = {line["name"]: line for line in read(ANSWERS)}
    assert len(answers) == len(PUBLISHED) == 5
    for name, line in PUBLISHED.items():
        assert {code: line[column] for column, (code, _) in WEIGHTS.items()} == {
            code: answers[name][code] for code, _ in WEIGHTS.values()
        }


@each_province
def test_the_total_is_the_published_one_within_a_ten_thousandth(provinces: Province, name: str) -> None:
    (unit,) = (unit for unit in provinces.ranking("province").units if unit.name == name)
    total = Decimal(PUBLISHED[name]["pdti"])
    assert abs(Decimal(str(unit.overall.published)) - total) <= Decimal("0.0001")
    assert abs(Decimal(str(unit.overall.converted)) - total) <= Decimal("0.00006")


@each_province
def test_the_points_are_the_weighted_sub_indices_to_the_last_decimal(provinces: Province, name: str) -> None:
    (unit,) = (unit for unit in provinces.ranking("province").units if unit.name == name)
    exact = sum(Decimal(PUBLISHED[name][column]) * weight for column, (_, weight) in WEIGHTS.items())
    assert Decimal(str(unit.overall.points)) == exact
    assert (unit.overall.max_points, unit.overall.missing) == (1, 0)


def test_the_order_is_the_published_one(provinces: Province) -> None:
    units = provinces.ranking("province").units
    assert [(unit.overall_rank, unit.name) for unit in units] == [
        (int(line["xep_hang"]), name) for name, line in PUBLISHED.items()
    ]


def test_the_weights_add_up_and_are_those_of_the_set(client: Client) -> None:
    (category,) = client.criteria_set("dti-2022").categories
    (group,) = category.groups
    points = {
        indicator: Decimal(str(tier.points))
        for criterion in group.criteria
        for indicator in criterion.indicators
        for tier in criterion.points
    }
    assert points == dict(WEIGHTS.values())
    assert sum(points.values()) == 1


def test_the_command_shows_totals_with_the_decimals_that_are_published(environment: dict[str, str]) -> None:
    done = scorer(environment, "rank", ANSWERS, "--set", "dti-2022", "--period", "2022")
    assert done.returncode == 0, done.stderr
    shown = [line.split() for line in done.stdout.splitlines() if " of 1 " in line]
    assert [words[-2] for words in shown] == ["0.8002", "0.7164", "0.7024", "0.6975", "0.6924"]


def test_every_reply_has_the_assumptions(provinces: Province) -> None:
    assert (provinces.provenance.criteria_set, provinces.provenance.criteria_provenance) == (
        "dti-2022",
        "reconstructed",
    )
