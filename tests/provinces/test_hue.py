"""Thừa Thiên Huế 2020 for an outside client, which calls the real server and knows the messages by reflection only.

Results are compared with the published table. This file imports neither the scorer nor its client nor its stubs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from processes import PATIENCE, serve

DATA = Path(__file__).resolve().parents[1] / "support" / "data"
ABOUT_UNITS = ("id", "name", "tier", "parent", "not_applicable")
"""Columns of a file of answers that are not indicators."""


def read(file: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))


ANSWERS = {line["id"]: line for line in read(files("scorer_plugins.answers") / "hue-2020.csv")}
PUBLISHED = {
    code: line
    for line in read(DATA / "hue_2020_district_readiness.csv")
    for code, answers in ANSWERS.items()
    if line["ten_don_vi"] == f"UBND {answers['name']}"
}
"""The published table by unit id, best first."""

LEVELS = {"I": 1, "II": 2, "III": 3, "IV": 4}


# --- the real command ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("serve")) as running:
        yield running.address


class OutsideClient:
    """A caller that knows an address and what the reflection service says."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._database = ProtoReflectionDescriptorDatabase(self._channel)
        self._pool = DescriptorPool(self._database)

    def services(self) -> set[str]:
        return set(self._database.get_services())

    def call(self, service: str, method: str, /, **fields: object) -> Any:
        """Calls a method with a request of these fields."""
        found = self._pool.FindServiceByName(service).methods_by_name[method]
        request = GetMessageClass(found.input_type)(**fields)
        call = self._channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(found.output_type).FromString,
        )
        return call(request, timeout=PATIENCE)

    def value(self, enum: str, name: str) -> int:
        return int(self._pool.FindEnumTypeByName(enum).values_by_name[name].number)


@pytest.fixture(scope="module")
def outside_client(address: str) -> OutsideClient:
    return OutsideClient(address)


@pytest.fixture(scope="module")
def reply(outside_client: OutsideClient) -> Any:
    """The ranking of the nine districts, in full."""
    units = [
        {
            "unit": {field: line[field] for field in ("id", "name", "tier", "parent")},
            "answers": {
                code: {"number": float(text)} for code, text in line.items() if code not in ABOUT_UNITS and text
            },
            "not_applicable_criteria": [code for code in line["not_applicable"].split(";") if code],
        }
        for line in ANSWERS.values()
    ]
    return outside_client.call(
        "egov.scorer.v1.ScorerService",
        "RankProvince",
        criteria_set="hue-2020",
        province="Thừa Thiên Huế",
        period="2020",
        rows={"units": units},
        view=outside_client.value("egov.scorer.v1.ScorecardView", "SCORECARD_VIEW_FULL"),
    )


@pytest.fixture(scope="module")
def readiness(reply: Any) -> dict[str, Any]:
    """Each unit's result in the only category."""
    (ranking,) = reply.rankings
    return {card.unit.id: card.categories[0] for card in ranking.scorecards}


each_unit = pytest.mark.parametrize("unit", PUBLISHED)


# --- the published table -------------------------------------------------------------------------------------------


def test_nine_districts_were_published_and_all_of_them_have_answers() -> None:
    assert len(PUBLISHED) == len(ANSWERS) == 9


@each_unit
def test_the_answers_add_up_to_the_published_points(unit: str) -> None:
    awarded = [Decimal(text) for code, text in ANSWERS[unit].items() if code not in ABOUT_UNITS and text]
    assert sum(awarded) == Decimal(PUBLISHED[unit]["diem_thuc_hien"])


@each_unit
def test_the_points_are_the_published_ones(readiness: dict[str, Any], unit: str) -> None:
    assert readiness[unit].score.points == float(PUBLISHED[unit]["diem_thuc_hien"])


@each_unit
def test_the_maximum_is_the_published_one(readiness: dict[str, Any], unit: str) -> None:
    assert readiness[unit].score.nominal_max_points == float(PUBLISHED[unit]["diem_toi_da"])


@each_unit
def test_the_applicable_maximum_is_the_published_one(readiness: dict[str, Any], unit: str) -> None:
    score, line = readiness[unit].score, PUBLISHED[unit]
    assert score.max_points == float(line["diem_toi_da_can_thuc_hien"])
    assert score.nominal_max_points - score.max_points == float(line["diem_khong_dua_vao_danh_gia"])


@each_unit
def test_the_percentage_is_the_published_one_as_printed(readiness: dict[str, Any], unit: str) -> None:
    percent = Decimal(str(readiness[unit].score.percent)).quantize(Decimal(1), ROUND_HALF_UP)
    assert f"{percent}%" == PUBLISHED[unit]["ty_le_thuc_hien"]


@each_unit
def test_the_converted_score_is_the_published_one_to_the_hundredth(readiness: dict[str, Any], unit: str) -> None:
    score, printed = readiness[unit].score, PUBLISHED[unit]["diem_quy_doi"]
    assert score.published == float(printed)
    assert abs(Decimal(str(score.converted)) - Decimal(printed)) <= Decimal("0.005")


@each_unit
def test_the_level_is_the_published_one(readiness: dict[str, Any], outside_client: OutsideClient, unit: str) -> None:
    assert readiness[unit].level == LEVELS[PUBLISHED[unit]["muc_xep_hang"]]
    assert readiness[unit].standing == outside_client.value("egov.scorer.v1.Standing", "STANDING_RANKED")


@each_unit
def test_the_rank_is_the_published_place(readiness: dict[str, Any], unit: str) -> None:
    assert readiness[unit].rank == int(PUBLISHED[unit]["stt"])


def test_the_order_is_the_published_one(reply: Any) -> None:
    (ranking,) = reply.rankings
    assert [card.unit.id for card in ranking.scorecards] == list(PUBLISHED)
    assert [f"UBND {card.unit.name}" for card in ranking.scorecards] == [
        line["ten_don_vi"] for line in PUBLISHED.values()
    ]
    assert (ranking.tier, ranking.unit_count, ranking.overall_ranked) == ("district", 9, 9)


def test_hue_ranks_above_phong_dien_with_fewer_points_of_a_smaller_maximum(
    readiness: dict[str, Any],
) -> None:
    hue, phong_dien = readiness["hue"], readiness["phong-dien"]
    assert (hue.score.points, hue.score.max_points) == (42.63, 48)
    assert (phong_dien.score.points, phong_dien.score.max_points) == (43.51, 50)
    assert hue.score.converted > phong_dien.score.converted
    assert hue.rank < phong_dien.rank


def test_seven_districts_reach_level_one_and_two_reach_level_two(reply: Any) -> None:
    (ranking,) = reply.rankings
    (tally,) = ranking.tallies
    assert {count.level: count.units for count in tally.levels} == {1: 7, 2: 2, 3: 0, 4: 0}
    assert tally.ranked == 9


def test_units_below_level_one_have_causes(readiness: dict[str, Any]) -> None:
    for unit, category in readiness.items():
        missed = [(gate.gate.level, gate.gate.measure, gate.value < gate.gate.minimum) for gate in category.failing]
        expected = [(1, m, True) for m in ("total", "policy_environment", "infrastructure+human_resources")]
        assert missed == (expected if unit in ("hue", "phong-dien") else []), unit


def test_criteria_that_do_not_apply_to_hue_are_named(readiness: dict[str, Any], outside_client: OutsideClient) -> None:
    left_out = outside_client.value("egov.scorer.v1.CriterionStatus", "CRITERION_STATUS_NOT_APPLICABLE")
    for unit, category in readiness.items():
        found = [c.criterion for group in category.groups for c in group.criteria if c.status == left_out]
        assert found == (["INF.02"] if unit == "hue" else [])
        assert category.score.not_applicable == len(found)
        assert category.score.missing == 0


def test_the_result_has_set_revision_and_plugins(reply: Any) -> None:
    made_with = reply.provenance
    assert (made_with.criteria_set, made_with.criteria_provenance) == ("hue-2020", "reconstructed")
    assert (made_with.province, made_with.period) == ("Thừa Thiên Huế", "2020")
    assert re.fullmatch("[0-9a-f]{64}", made_with.revision)
    assert {(plugin.group, plugin.distribution) for plugin in made_with.plugins} == {
        (group, "egov-scorer") for group in ("policy_environment", "infrastructure", "human_resources")
    }


# --- the server ----------------------------------------------------------------------------------------------------


def test_reflection_lists_every_service(outside_client: OutsideClient) -> None:
    assert outside_client.services() == {
        "egov.scorer.v1.ScorerService",
        "egov.scorer.v1.CriteriaService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }


@pytest.mark.parametrize("service", ["", "egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService"])
def test_health_is_serving(outside_client: OutsideClient, service: str) -> None:
    state = outside_client.call("grpc.health.v1.Health", "Check", service=service).status
    assert state == outside_client.value("grpc.health.v1.HealthCheckResponse.ServingStatus", "SERVING")


def test_the_client_of_this_file_uses_reflection_only() -> None:
    import_lines = re.findall(r"^(?:from|import) (\w+)", Path(__file__).read_text(encoding="utf-8"), re.M)
    assert not {"egov", "scorer", "scorer_client", "harness"} & set(import_lines)
    assert "grpc" in import_lines
