"""Phú Thọ 2021 and 2022 with an installed stand-alone plugin: the totals give the published ranks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from stand_alone import PLUGINS, install, serving

from scorer_client import Client, Province, ScorerError

DATA = Path(__file__).resolve().parents[1] / "support" / "data"
ANSWERS = PLUGINS / "published-indices" / "scorer_published_indices" / "answers"

TIED = {"Sở Giáo dục và Đào tạo", "Sở Tài nguyên và Môi trường", "Sở Công Thương"}
"""Departments with 129.8 points in 2020."""


def published(file: str, total: str) -> dict[str, tuple[int, Decimal]]:
    """Printed rank and total by department."""
    lines = csv.DictReader((DATA / file).read_text(encoding="utf-8").splitlines())
    return {line["ten_don_vi"]: (int(line["thu_tu_xep_hang"]), Decimal(line[total])) for line in lines}


OF_2020 = published("phutho_2021_departments.csv", "tong_diem_2020")
OF_2021 = published("phutho_2021_departments.csv", "tong_diem_2021_max150")
OF_2022 = published("phutho_dti_2022_departments.csv", "tong_diem_2022")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    environment = install(tmp_path_factory.mktemp("site"), "published-indices")
    with serving(environment, tmp_path_factory.mktemp("server")) as address, Client(address) as client:
        yield client


def ranked(client: Client, criteria_set: str, year: str, answers: str) -> Province:
    return client.rank_file(criteria_set, ANSWERS / answers, province="Phú Thọ", period=year)


def ranks(province: Province) -> dict[str, int]:
    return {unit.name: unit.overall_rank for unit in province.ranking("department").units}


def totals(province: Province) -> dict[str, Decimal]:
    return {unit.name: Decimal(str(unit.overall.published)) for unit in province.ranking("department").units}


def test_2021_has_its_eighteen_published_ranks_and_totals(client: Client) -> None:
    province = ranked(client, "phu-tho-2021", "2021", "phu-tho-2021.csv")
    assert ranks(province) == {name: rank for name, (rank, _) in OF_2021.items()}
    assert totals(province) == {name: total for name, (_, total) in OF_2021.items()}
    assert sorted(ranks(province).values()) == list(range(1, 19))
    assert province.ranking("department").units[0].overall.nominal_max_points == 150


def test_the_three_departments_with_one_total_in_2020_share_a_rank(client: Client) -> None:
    province = ranked(client, "phu-tho-2021", "2020", "phu-tho-2020.csv")
    found = ranks(province)
    assert totals(province) == {name: total for name, (_, total) in OF_2020.items()}
    assert {name for name, (_, total) in OF_2020.items() if total == Decimal("129.8")} == TIED
    assert {name for name, rank in found.items() if rank == 13} == TIED
    assert sorted(found.values()) == [*range(1, 13), 13, 13, 13, 16, 17, 18]  # competition: 14 and 15 are skipped


def test_2022_has_its_twenty_three_published_ranks_and_totals(client: Client) -> None:
    province = ranked(client, "phu-tho-dti-2022", "2022", "phu-tho-dti-2022.csv")
    assert ranks(province) == {name: rank for name, (rank, _) in OF_2022.items()}
    assert totals(province) == {name: total for name, (_, total) in OF_2022.items()}
    assert sorted(ranks(province).values()) == list(range(1, 24))


def test_a_total_above_the_maximum_is_refused_by_row_and_column(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "phu-tho-2021.csv"
    text = (ANSWERS / "phu-tho-2021.csv").read_text(encoding="utf-8")
    file.write_text(text.replace(",136.8\n", ",150.1\n"), encoding="utf-8")
    with pytest.raises(ScorerError) as refused:
        client.rank_file("phu-tho-2021", file, period="2021")
    (violation,) = refused.value.violations
    assert "row 3" in violation.field
    assert "total_awarded" in violation.field


def test_answers_of_another_year_are_refused(client: Client) -> None:
    with pytest.raises(ScorerError) as refused:
        ranked(client, "phu-tho-2021", "2022", "phu-tho-2021.csv")
    assert [violation.field for violation in refused.value.violations] == ["period"]
