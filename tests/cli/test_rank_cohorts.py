"""The commands with sets by day, rankings within parents, commendations, and units that lack points."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_in_process import run, runner, stdout_of
from cli_process import ROOT, lines
from cli_process import stdout_of as stdout_of_process
from harness import catalogue, good, host
from network_set import NETWORK, NETWORK_ANSWERS, NETWORK_GROUP

ANSWERS = "plugins/scorer_plugins/answers/bac-kan-2020.csv"


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Runs the command in this process with two sets. Returns its lines, those of standard error last."""
    sets = good(catalogue(host(NETWORK_GROUP), NETWORK, NETWORK.replace("2020", "2021")))
    command = runner(sets, monkeypatch, capsys)

    def call(*words: object) -> list[str]:
        done = command(*words)
        return lines(done.out) + done.errors

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(NETWORK_ANSWERS, encoding="utf-8")
    return path


Scorer = Callable[..., list[str]]


# Rankings


def test_the_report_shows_cohort_names_and_commended_units(scorer: Scorer, file: Path) -> None:
    shown = scorer("rank", file, "--set", "network-2020")
    assert [line for line in shown if line.endswith(("unit", "units"))] == [
        "Districts: 2 units",
        "Communes of Ba Bể: 1 unit",
        "Communes of Na Rì: 2 units",
    ]
    assert [line for line in shown if line.startswith("Commended")] == ["Commended: Địa Linh", "Commended: Kim Lư"]
    in_vietnamese = scorer("rank", file, "--set", "network-2020", "--lang", "vi", "--tier", "commune")
    assert "Cấp xã thuộc Na Rì: 2 đơn vị" in in_vietnamese
    assert "Được biểu dương: Kim Lư" in in_vietnamese


def test_files_and_json_have_commended_units(scorer: Scorer, file: Path, tmp_path: Path) -> None:
    scorer("rank", file, "--set", "network-2020", "--out", tmp_path / "out.csv")
    found = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8-sig"))))
    assert [(line["id"], line["rank"], line["commended"]) for line in found] == [
        ("ba-be", "1", "0"),
        ("na-ri", "2", "0"),
        ("dia-linh", "1", "1"),
        ("kim-lu", "1", "1"),
        ("hao-nghia", "2", "0"),
    ]
    scorer("rank", file, "--set", "network-2020", "--out", tmp_path / "out.json")
    rankings = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["rankings"]
    assert [(r["cohort"], [unit["commended"] for unit in r["units"]]) for r in rankings] == [
        ("district", [False, False]),
        ("ba-be", [True]),
        ("na-ri", [True, False]),
    ]


def test_a_commune_without_its_district_is_named_by_row_and_column(scorer: Scorer, file: Path) -> None:
    file.write_text(NETWORK_ANSWERS.replace("Kim Lư,na-ri", "Kim Lư,"), encoding="utf-8")
    said = f"{file}: row 4, column D (parent): is empty; units of tier 'commune' are ranked within their parent"
    assert scorer("rank", file, "--set", "network-2020")[0] == f"scorer: {said}: give the parent's id"


def test_a_set_without_commendations_has_no_column_commended(tmp_path: Path) -> None:
    assert stdout_of("rank", ANSWERS, "--set", "bac-kan-2020", "--out", str(tmp_path / "out.csv"))
    assert "commended" not in (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[0]


def test_a_district_outside_the_shown_tier_is_named_by_its_row(scorer: Scorer, file: Path, tmp_path: Path) -> None:
    page, lonely = tmp_path / "report.html", tmp_path / "lonely.csv"
    scorer("report", file, "--set", "network-2020", "--tier", "commune", "--out", page)
    text = page.read_text(encoding="utf-8")
    assert "Communes of Na Rì" in text
    assert text.count("belongs to Na Rì") == 2  # on the cards of its communes
    without = [line for line in NETWORK_ANSWERS.splitlines() if ",district," not in line]
    lonely.write_text("\n".join(without) + "\n", encoding="utf-8")
    scorer("report", lonely, "--set", "network-2020", "--out", page, "--force")
    assert "Communes of na-ri" in page.read_text(encoding="utf-8")


def test_the_form_and_the_set_say_that_communes_need_their_district(scorer: Scorer, tmp_path: Path) -> None:
    scorer("criteria", "template", "network-2020", "--out", tmp_path)
    [columns] = tmp_path.glob("*.md")
    [parent] = [line for line in columns.read_text(encoding="utf-8").splitlines() if line.startswith("| parent |")]
    assert "; required for units that are ranked within their parent. " in parent
    assert parent.endswith(" | commune | |")
    shown = scorer("criteria", "show", "network-2020")
    assert "ranked within their parent: commune" in shown
    assert "commended units in each ranking: commune 1" in shown
    installed = lines(stdout_of_process("criteria", "list"))
    listed = [line.split()[:2] for line in installed if line.startswith(("bac-kan-", "hue-"))]
    assert listed == [["bac-kan-2020", "bac-kan"], ["hue-2020", "hue"]]


# Sets by day


def test_a_day_and_a_series_name_the_set() -> None:
    by_day = stdout_of("rank", ANSWERS, "--on", "2020-06-30", "--series", "bac-kan", "--json")
    assert by_day == stdout_of("rank", ANSWERS, "--set", "bac-kan-2020", "--json")
    one = stdout_of("score", ANSWERS, "d-ba-be", "--on", "2020-06-30", "--series", "bac-kan")
    assert one == stdout_of("score", ANSWERS, "d-ba-be", "--set", "bac-kan-2020")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name the criteria set: either by its code, --set, or by a day on which it is in force, --on"),
        pytest.param(
            ("--set", "bac-kan-2020", "--on", "2020-06-30"),
            "name the criteria set: either by its code, --set, or by a day on which it is in force, --on",
            marks=pytest.mark.long,
        ),
        pytest.param(
            ("--set", "bac-kan-2020", "--series", "bac-kan"),
            "--series needs --on, a day; leave --series out, because --set names the criteria set",
            marks=pytest.mark.long,
        ),
        pytest.param(
            ("--on", "2020-06-30"),
            "2 criteria sets are in force on 2020-06-30: bac-kan-2020 (series bac-kan, 2020-01-01 to 2020-06-30), "
            "hue-2020 (series hue, 2020-01-01 to 2020-12-31); name one in criteria_set, or give a series "
            "(here: --set, --series)",
            marks=pytest.mark.long,
        ),
        pytest.param(
            ("--on", "2020-07-01", "--series", "bac-kan"),
            "no criteria set of series 'bac-kan' is in force on 2020-07-01; there are: "
            "bac-kan-2020 (series bac-kan, 2020-01-01 to 2020-06-30)",
            marks=pytest.mark.long,
        ),
    ],
    ids=["neither", "both", "series of a named set", "several", "none"],
)
def test_a_command_needs_exactly_one_way_to_name_the_set(words: tuple[str, ...], message: str) -> None:
    for command in (("rank", ANSWERS), ("score", ANSWERS, "d-ba-be"), ("lacking", ANSWERS, "INF.01")):
        done = run(*command, *words)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"scorer: {message}\n")


@pytest.mark.parametrize("day", ["2020-02-30", pytest.param("30.6.2020", marks=pytest.mark.long), "today"])
def test_an_invalid_day_is_refused(day: str) -> None:
    done = run("rank", ANSWERS, "--on", day)
    assert done.returncode == 2
    assert day in done.stderr
    assert "is not a day such as 2020-06-30" in done.stderr


# Who lacks what


def test_units_without_a_firewall_are_listed_by_name(scorer: Scorer, file: Path) -> None:
    assert scorer("lacking", file, "NW.01", "--set", "network-2020") == [
        "unit name tier has points of",
        "dia-linh Địa Linh Communes none 0 2",
        "hao-nghia Hảo Nghĩa Communes not reported 0 2",
        "2 units lack points of NW.01 Firewall: 1 none, 1 not reported",
    ]
    assert scorer("lacking", file, "NW.02", "--on", "2021-01-01", "--lang", "vi", "--tier", "commune")[1:] == [
        "dia-linh Địa Linh Cấp xã không có 0 4",
        "kim-lu Kim Lư Cấp xã một phần 2 4",
        "hao-nghia Hảo Nghĩa Cấp xã một phần 2 4",
        "3 đơn vị chưa đạt NW.02 NW.02: 1 không có, 2 một phần",
    ]
    assert scorer("lacking", file, "NW.01", "--set", "network-2020", "--tier", "district") == [
        "Every unit to which NW.01 Firewall applies has all its points"
    ]


def test_mistakes_of_lacking_are_reported(scorer: Scorer, file: Path) -> None:
    assert scorer("lacking", file, "NW.1", "--set", "network-2020") == [
        "scorer: network-2020 has no criterion 'NW.1'; did you mean 'NW.01'?"
    ]
    assert scorer("lacking", file.parent / "not-there.csv", "NW.01", "--set", "network-2020") == [
        f"scorer: cannot read {file.parent / 'not-there.csv'}: No such file or directory"
    ]
    assert scorer("lacking", file, "NW.01", "--set", "network-2020", "--tier", "comune")[0].startswith(
        "scorer: --tier: unknown tier 'comune'; the set has district, commune"
    )
    file.write_text(NETWORK_ANSWERS.replace("na-ri,1,2", "na-ri,1,-2"), encoding="utf-8")
    assert scorer("lacking", file, "NW.01", "--set", "network-2020")[0].startswith(
        f"scorer: {file}: row 4, column F (computers): must be from 0 to"
    )


def test_lacking_units_of_bac_kan_agree_with_published_counts() -> None:
    shown = lines(stdout_of("lacking", ANSWERS, "INF.02", "--set", "bac-kan-2020", "--tier", "commune"))
    province = json.loads(stdout_of("rank", ANSWERS, "--set", "bac-kan-2020", "--tier", "commune", "--json"))
    counts = [c for t in province["rankings"][0]["tallies"] for c in t["criteria"] if c["criterion"] == "INF.02"]
    lacking = sum(c["applicable"] - c["full"] for c in counts)
    assert lacking > 0
    assert shown[-1].startswith(f"{lacking} units lack points of INF.02 ")
    with (ROOT / ANSWERS).open(encoding="utf-8") as answers:
        names = {row["name"] for row in csv.DictReader(answers) if row["tier"] == "commune"}
    assert all(any(name in line for name in names) for line in shown[1:-1])
