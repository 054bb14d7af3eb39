"""Servers with quarantined plugins: their other sets are served, strict ones do not start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from breaking_plugins import BREAKING, SECONDS, SETS, loud_and_sets, unit
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import refusal
from third_party import Served, document, group_module, run, serve, third_party_plugin

from egov.scorer.v1 import criteria_pb2


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with three broken plugins, two good ones, and a set for each."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("hangs", "ends", "later"):
        third_party_plugin(folder, name, BREAKING[name][0])
    third_party_plugin(folder, "wells", group_module("wells"))
    loud_and_sets(folder, "hangs", "ends", "later", "wells", "loud")
    settings = folder / "scorer.toml"
    settings.write_text(f"plugin_seconds = {SECONDS}\n", encoding="utf-8")
    with serve(folder, folder / "log", "--settings", str(settings)) as running:
        yield running


@pytest.mark.parametrize("group", ["hangs", "ends", "later"])
def test_a_set_of_a_quarantined_plugin_is_refused_with_reason_and_advice(service: Served, group: str) -> None:
    with refusal() as caught:
        service.scorer.ScoreUnit(unit(group), timeout=20)
    refused = caught[0]
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CRITERIA_SET_REFUSED")
    plugin = f"its plugin '{group}' (third-party-{group} 1.0) is quarantined: {BREAKING[group][1]}"
    assert plugin in refused.details
    assert refused.details.endswith(
        f"; fix it, see 'scorer criteria check {group}-2024.yaml' and 'scorer plugins list'"
    )


def test_other_sets_are_served_and_health_is_serving(service: Served) -> None:
    health = health_pb2_grpc.HealthStub(service.channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    for group, indicator in (("wells", "wells"), ("loud", "decibels")):
        assert service.scorer.ScoreUnit(unit(group, indicator), timeout=20).scorecard.overall.score.points == 7
    sets = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(), timeout=20).criteria_sets
    available = [found.code for found in sets if found.state == criteria_pb2.CRITERIA_SET_STATE_AVAILABLE]
    assert available == ["bac-kan-2020", "hue-2020", "loud-2024", "wells-2024"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One plugin that ends the process and a set that needs it."""
    site = tmp_path_factory.mktemp("small")
    third_party_plugin(site, "ends", BREAKING["ends"][0])
    third_party_plugin(site, "sets_", SETS)
    (site / "ends-2024.yaml").write_text(document("ends-2024", "ends"), encoding="utf-8")
    return site


def test_a_set_of_a_quarantined_plugin_is_refused_though_another_scores_its_group(tmp_path: Path) -> None:
    site = tmp_path / "site"
    third_party_plugin(site, "first", group_module("wells"))
    third_party_plugin(site, "second", group_module("wells", sets=["wells-2024.yaml"]))
    third_party_plugin(
        site, "third", group_module("third", sets=["third-2024.yaml"]).replace("'third', 1", "'third', 0")
    )
    third_party_plugin(site, "dust", "import dust_of_dust")
    for group in ("wells", "third"):
        (site / f"{group}-2024.yaml").write_text(document(f"{group}-2024", group), encoding="utf-8")
    with serve(site, tmp_path / "log") as running:
        for group, name, words in (
            (
                "wells",
                "second",
                "declares group 'wells', which plugin 'first' (third-party-first 1.0) already declares",
            ),
            ("third", "third", "was written for API version 0; this scorer offers 1"),
        ):
            with refusal() as caught:
                running.scorer.ScoreUnit(unit(group), timeout=20)
            assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
            assert f"its plugin '{name}' (third-party-{name} 1.0) is quarantined: {words}" in caught[0].details
        with refusal() as caught:
            running.scorer.ScoreUnit(unit("dust"), timeout=20)
        assert caught[0].code is grpc.StatusCode.NOT_FOUND
        assert "quarantined plugins may have it: plugin 'dust' (third-party-dust 1.0)" in caught[0].details


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_strict_server_does_not_start_and_names_all_causes(small: Path, workers: str) -> None:
    done = run(small, "serve", "--address", "127.0.0.1:0", "--strict", "--workers", workers)
    assert (done.returncode, done.stdout) == (2, "")
    named = "plugin 'ends' (third-party-ends 1.0) is quarantined: ended the process with code 7 while it was imported"
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"scorer: {named}")
    assert lines[1].startswith("scorer: ends-2024.yaml:8:7: categories.supply.groups.ends: its plugin 'ends'")
    assert lines[2] == (
        "scorer: plugins quarantined: 1, criteria sets refused: 1; "
        "with --strict, nothing is served until they are corrected or uninstalled"
    )


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_strict_server_starts_when_all_is_in_order(tmp_path: Path, workers: str) -> None:
    with serve(None, tmp_path / "log", "--strict", "--workers", workers) as running:
        assert len(running.log.splitlines()) == 1
