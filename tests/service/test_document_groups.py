"""A criteria set in one YAML file that declares its own groups: served, ranked, reloaded, refused with a place."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from cli_in_process import Run, local_runner
from document_set import ANSWERS, CASES, INSTALLED, WARDS, changed, problems
from harness import catalogue, good, group, host, refusal, serving

from egov.scorer.v1 import criteria_pb2 as cpb
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.directory import CriteriaDirectory
from scorer.catalogue.live import LiveCatalogue
from scorer.criteria.declarations import DeclaredGroup
from scorer.criteria.yaml_parser import parse
from scorer.engine.gates import GateCompiler
from scorer.plugin_api import Indicator
from scorer.plugins import document_groups
from scorer_client import Client, Row

WATER = group("water", Indicator("wells", kind="count"))


def unit(**numbers: float) -> pb.UnitAnswers:
    answers = pb.UnitAnswers(unit=pb.Unit(id="u", name="phường", tier="ward"))
    for code, number in numbers.items():
        answers.answers[code].number = number
    return answers


# --- it works -------------------------------------------------------------------------------------------------------


def test_a_set_with_its_own_group_is_served() -> None:
    with serving(good(catalogue(INSTALLED, WARDS))) as service:
        request = cpb.GetCriteriaSetRequest(criteria_set="wards-2026")
        form = service.criteria.GetCriteriaSet(request).criteria_set
        assert [indicator.code for indicator in form.indicators] == ["online_files", "files", "portal", "opened"]
        [version] = form.plugins
        revision = parse(WARDS, "").revision()
        assert (version.group, version.distribution, version.version) == ("digital_office", "wards-2026", revision[:12])
        answers = unit(files=10, online_files=5)
        answers.answers["portal"].choice = "full"
        reply = service.scorer.ScoreUnit(pb.ScoreUnitRequest(criteria_set="wards-2026", unit_answers=answers))
        assert reply.scorecard.overall.score.points == 5.5
        assert reply.provenance.revision == revision


def test_options_of_any_text_are_causes_in_rows_and_tables() -> None:
    """Tables have causes as text, in which options must not be taken for separators."""
    odd = "một phần (50 %), cũ; tạm|khác"
    text = changed(
        ("[full, part, none]", f'[full, "{odd}", none]'),
        ("{full: 3, part: 1, none: 0}", f'{{full: 3, "{odd}": 1, none: 0}}'),
        (
            "{measure: total, at_least: 80%}",
            f'{{measure: total, at_least: 80%}}, {{indicator: portal, is: [full, "{odd}"]}}',
        ),
    )
    row = Row("u", "ward", {"files": 10, "online_files": 10, "portal": "none"})
    columns = {"id": ["u"], "tier": ["ward"], "files": [10], "online_files": [10], "portal": ["none"]}
    with serving(good(catalogue(INSTALLED, text))) as service, Client(service.address) as client:
        by_row, by_table = (
            province.rankings[0].units[0].category("readiness").causes
            for province in (client.rank_province("wards-2026", [row]), client.rank_table("wards-2026", columns))
        )
    assert ("full", odd) in [cause.options for cause in by_row]
    assert [cause.sentence() for cause in by_row] == [cause.sentence() for cause in by_table]


def test_checks_and_ranges_of_the_document_apply() -> None:
    with serving(good(catalogue(INSTALLED, WARDS))) as service:
        found = {}
        for answers in (unit(files=4, online_files=5), unit(files=100_001), unit(fils=1)):
            with refusal() as refused:
                service.scorer.ScoreUnit(pb.ScoreUnitRequest(criteria_set="wards-2026", unit_answers=answers))
            found |= refused[0].fields
        assert found == {
            'unit_answers.answers["online_files"]': "PART_LARGER_THAN_WHOLE",
            'unit_answers.answers["files"]': "OUT_OF_RANGE",
            'unit_answers.answers["fils"]': "UNKNOWN_INDICATOR",
        }


def test_two_documents_may_declare_one_group_differently() -> None:
    other = changed(("wards-2026\n", "wards-2027\n"), ("maximum: 100000", "maximum: 5"))
    sets = good(catalogue(INSTALLED, WARDS, other))
    ranges = [sets.sets[code].tiers["ward"].ranges["files"] for code in ("wards-2026", "wards-2027")]
    assert ranges == [(0, 100_000), (0, 5)]
    assert set(sets.host.groups) == {"water"}


def test_a_document_may_also_use_installed_groups() -> None:
    extra = "      water: {criteria: [{id: W, formula: count, indicator: files, each: 1, points: 1}]}\n    levels:"
    sets = good(catalogue(INSTALLED, changed(("    levels:", extra)).replace("indicator: portal", "indicator: portal")))
    assert [provider.plugin for provider in sets.sets["wards-2026"].providers] == ["digital_office", "water"]


def test_a_group_without_indicators_of_its_own_is_declared_by_an_empty_list() -> None:
    extra = (
        "      more: {title: {en: More}, indicators: {}, criteria: [{id: M, formula: count, indicator: files, each: 1,"
        " points: 1}]}\n    levels:"
    )
    assert problems(changed(("    levels:", extra))) == []


def test_the_commands_work_with_groups_of_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scorer: Run = local_runner(host(), monkeypatch, capsys)
    monkeypatch.chdir(tmp_path)
    Path("sets").mkdir()
    Path("sets/wards.yaml").write_text(WARDS, encoding="utf-8")
    Path("sets/wards.cases.yaml").write_text(CASES, encoding="utf-8")
    Path("answers.csv").write_text(ANSWERS, encoding="utf-8")
    checked = scorer("criteria", "check", "sets/wards.yaml")
    assert checked.errors == []
    assert "wards-2026 is good: 3 criteria" in checked.out
    tested = scorer("criteria", "test", "sets/wards.yaml")
    assert "1 case of 1 criteria set: 1 ok, 0 failed" in tested.out, tested.errors
    here = ("--criteria", "sets")
    for form in ("form.xlsx", "."):
        assert scorer("criteria", "template", "wards-2026", "--out", form, "--lang", "vi", *here).code == 0
    assert "Only files that came through the national portal." in Path("wards-2026-columns.md").read_text("utf-8")
    done = scorer("rank", "answers.csv", "--set", "wards-2026", "--out", "ranked.csv", *here)
    assert (done.code, done.errors) == (0, [])
    with Path("ranked.csv").open(encoding="utf-8-sig") as file:
        assert [(row["id"], row["readiness.level"]) for row in csv.DictReader(file)] == [
            ("one", "1"),
            ("two", "2"),
            ("three", ""),
        ]
    lacking = scorer("lacking", "answers.csv", "1.2", "--set", "wards-2026", *here)
    assert "two" in lacking.out


# --- it lives -------------------------------------------------------------------------------------------------------


@pytest.fixture
def live(tmp_path: Path) -> LiveCatalogue:
    (tmp_path / "wards.yaml").write_text(WARDS, encoding="utf-8")
    return LiveCatalogue(catalogue(INSTALLED), CriteriaDirectory(tmp_path), GateCompiler())


def reload(live: LiveCatalogue, text: str) -> None:
    (live.directory.path / "wards.yaml").write_text(text, encoding="utf-8")
    assert live.reload(force=True)


def test_a_reload_replaces_groups_of_a_document(live: LiveCatalogue) -> None:
    reload(live, changed(("maximum: 100000", "maximum: 7")))
    assert live.current().sets["wards-2026"].tiers["ward"].ranges["files"] == (0, 7)
    reload(live, changed(("      digital_office:", "      office:")))
    assert [provider.group for provider in live.current().sets["wards-2026"].providers] == ["office"]
    assert set(live.current().host.groups) == {"water"}


def test_a_broken_declaration_leaves_the_last_good_set_in_use(live: LiveCatalogue) -> None:
    before = live.current().sets["wards-2026"]
    reload(live, changed(("kind: choice", "kind: choise")))
    current = live.current()
    assert current.sets["wards-2026"] is before
    [problem] = current.kept["wards-2026"].problems
    assert problem.path == "categories.readiness.groups.digital_office.indicators.portal.kind"


def test_only_the_document_with_a_broken_group_is_refused(live: LiveCatalogue) -> None:
    text = changed(
        ("wards-2026\n", "new-2026\n"), ("{part: online_files, of: files}", "{part: online_files, of: fils}")
    )
    (live.directory.path / "new.yaml").write_text(text, encoding="utf-8")
    live.reload(force=True)
    assert list(live.current().sets) == ["wards-2026"]
    [refused] = live.current().refused
    assert refused.code == "new-2026"


def test_a_document_is_not_blamed_for_changes_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A running server loads documents while its other threads work; no code of a document runs."""

    def load(declared: DeclaredGroup) -> object:
        monkeypatch.setenv("PATH", "/changed/by/another/thread")
        return made(declared)

    made = document_groups._DocumentPlugin
    monkeypatch.setattr(document_groups, "_DocumentPlugin", load)
    assert problems(WARDS) == []


def test_the_largest_number_of_commended_units_is_served_and_a_larger_one_refused() -> None:
    text = changed(("categories:\n", "commend: {best: 1000000}\ncategories:\n"))
    with serving(good(catalogue(INSTALLED, text))) as service:
        reply = service.criteria.GetCriteriaSet(cpb.GetCriteriaSetRequest(criteria_set="wards-2026"), timeout=30)
    assert [best.best for best in reply.criteria_set.commend] == [1_000_000]
    (problem,) = problems(text.replace("1000000", "1000001"))
    assert problem.endswith("expected a whole number from 1 to 1000000, or one per tier, not 1000001")


def test_a_client_receives_the_group_of_a_document() -> None:
    with serving(good(catalogue(INSTALLED, WARDS))) as service, Client(service.address) as client:
        form = client.form("wards-2026")
        indicator = form.indicators["online_files"]
        assert indicator.titles["vi"] == form.names("vi")["indicator/online_files"] == "Hồ sơ nộp trực tuyến"
        assert indicator.meanings["en"].startswith("Only")
        assert form.names("vi")["digital_office"] == "Văn phòng số"
