"""``scorer serve`` with a directory of compiled gates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import Service
from processes import PATIENCE, serve

from egov.scorer.v1 import scorer_pb2 as pb

BROKEN_RULESET = """
class Ruleset:
    def __init__(self, *_):
        raise RuntimeError("no ruleset can be made")
"""


def readiness(address: str) -> tuple[int, str]:
    """The level of a district of Huế, and the revision of the set."""
    service = Service(address)
    unit = pb.UnitAnswers(unit=pb.Unit(id="u", tier="district"))
    for name, points in (("policy_environment", 13.5), ("infrastructure", 20.4), ("human_resources", 9)):
        unit.answers[f"{name}_awarded"].number = points
    request = pb.ScoreUnitRequest(criteria_set="hue-2020", unit_answers=unit)
    reply = service.scorer.ScoreUnit(request, timeout=PATIENCE)
    service.channel.close()
    (category,) = (one for one in reply.scorecard.categories if one.category == "readiness")
    return category.level, reply.provenance.revision


@pytest.fixture
def no_rulesets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that start afterwards find a durable-rules that compiles nothing."""
    (tmp_path / "durable").mkdir()
    (tmp_path / "durable" / "__init__.py").touch()
    (tmp_path / "durable" / "engine.py").write_text(BROKEN_RULESET, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_servers_share_compiled_gates_and_recompile_damaged_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    gates = tmp_path / "cache" / "gates"
    monkeypatch.setenv("SCORER_GATE_CACHE", str(gates))
    with serve(tmp_path, "--workers", "2") as running:  # both load at the same time
        wanted = readiness(running.address)
        assert "gate cache" not in running.log
    assert wanted[0] == 3
    entries = sorted(gates.iterdir())
    assert [entry for entry in entries if not re.fullmatch("[0-9a-f]{64}", entry.name)] == []

    damaged = entries[0].read_bytes()
    entries[0].write_bytes(damaged[:100])
    with serve(tmp_path) as running:
        assert readiness(running.address) == wanted
        warnings = [line for line in running.log.splitlines() if "gate cache" in line]
    assert len(warnings) == 1
    assert f" WARNING gate cache: {entries[0]} is not used, and its rule is compiled again: " in warnings[0]
    assert entries[0].read_bytes() == damaged

    request.getfixturevalue("no_rulesets")
    with serve(tmp_path) as running:
        assert readiness(running.address) == wanted
        assert " refused" not in running.log
    assert sorted(gates.iterdir()) == entries


@pytest.mark.long
def test_a_server_without_a_usable_directory_compiles_its_gates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORER_GATE_CACHE", "/proc/gates")
    with serve(tmp_path) as running:
        assert readiness(running.address)[0] == 3
        (warning,) = (line for line in running.log.splitlines() if "gate cache" in line)
    assert re.search(
        r" WARNING gate cache: /proc/gates/[0-9a-f]{64} cannot be written: .*; gates are compiled$", warning
    )


@pytest.mark.long
@pytest.mark.usefixtures("no_rulesets")
def test_without_the_cache_a_server_without_engine_refuses_sets_with_gates(tmp_path: Path) -> None:
    """Shows that the first test can fail."""
    with pytest.raises(AssertionError), serve(tmp_path) as running:
        del running
    assert "the rule engine ended with code 1" in (tmp_path / "stderr").read_text(encoding="utf-8")
