"""The commands as users call them: the demonstration, criteria sets, plugins and help."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cli_in_process
import pytest
import typer
from cli_process import ROOT, lines, stdout_of

from scorer import cli
from scorer.cli.commands import COMMANDS, app

HUE = ROOT / "plugins/scorer_plugins/criteria_sets/hue-2020.yaml"
DEMO = ("demo", "--set", "hue-2020")
LEVELS = {"I": "1", "II": "2", "III": "3", "IV": "4"}


def published() -> list[dict[str, str]]:
    """The province's own table, in its order."""
    with (ROOT / "tests/support/data/hue_2020_district_readiness.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def demo() -> str:
    return stdout_of(*DEMO)


def test_the_demo_ranks_the_districts_as_the_province_did(demo: str) -> None:
    shown = lines(demo)
    starts = []
    for row in published():
        name = row["ten_don_vi"].removeprefix("UBND ")
        (at,) = (n for n, line in enumerate(shown) if name in line)
        starts.append(at)
        words = shown[at].replace(name, "").split()
        assert words[0] == row["stt"]
        assert LEVELS[row["muc_xep_hang"]] in words
        assert row["ty_le_thuc_hien"].removesuffix("%") in [word.removesuffix("%") for word in words]
        numbers = [float(word) for word in words if re.fullmatch(r"[\d.]+", word)]
        assert float(row["diem_thuc_hien"]) in numbers
        assert float(row["diem_quy_doi"]) in numbers
    assert len(starts) == 9
    assert starts == sorted(starts)


def test_the_demo_prints_the_lines_that_the_readme_shows(demo: str) -> None:
    (hue,) = (line for line in lines(demo) if "thành phố Huế" in line)
    for number in ("8", "42.63", "48", "89", "44.41", "2"):
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", hue), number
    assert "9/9" in demo


def test_the_demo_shows_what_keeps_a_unit_from_its_next_level(demo: str) -> None:
    shown = lines(demo)
    (at,) = (n for n, line in enumerate(shown) if "thành phố Huế" in line)
    causes = " ".join(shown[at : at + 3])
    assert causes.count("of 90 %") == 3
    (best,) = (line for line in shown if "Nam Đông" in line)
    assert "of 90 %" not in best


def test_the_demo_names_the_source_of_its_numbers(demo: str) -> None:
    made = lines(demo)[-1]
    assert "hue-2020" in made
    assert "reconstructed" in made
    assert re.search(r"revision [0-9a-f]{12}", made)


def test_the_demo_prints_the_same_every_time_in_any_directory(tmp_path: Path, demo: str) -> None:
    assert cli_in_process.run(*DEMO, cwd=tmp_path).stdout == demo
    assert list(tmp_path.iterdir()) == []


def test_the_demo_runs_without_options() -> None:
    shown = cli_in_process.stdout_of("demo")
    assert "reconstructed" in shown
    assert re.search(r"\d+/\d+ ranked", shown)


def test_criteria_list_has_the_bundled_sets() -> None:
    (line,) = (line for line in lines(cli_in_process.stdout_of("criteria", "list")) if line.startswith("hue-2020"))
    for words in ("Thừa Thiên Huế 2020", "2020-01-01 to 2020-12-31", "district", "reconstructed"):
        assert words in line
    assert re.search(r"\b[0-9a-f]{12}$", line)


def test_criteria_show_has_all_requirements() -> None:
    text = cli_in_process.stdout_of("criteria", "show", "hue-2020")
    shown = "\n".join(lines(text))
    for words in (
        *("readiness", "policy_environment", "infrastructure", "human_resources"),
        *("PE.01", "INF.01", "INF.02", "HR.01", "15 points", "23 points", "2 points", "10 points", "awarded"),
        *("may be not applicable", "total at least 90 %", "infrastructure+human_resources at least 70 %"),
        *("policy_environment_awarded", "infrastructure_awarded", "human_resources_awarded", "number"),
    ):
        assert words in shown, words
    assert [f"level {n}" in shown for n in range(6)] == [False, True, True, True, True, False]
    assert "Assumed" in shown
    assert "Giả định" not in shown


def test_criteria_show_speaks_vietnamese() -> None:
    shown = "\n".join(lines(cli_in_process.stdout_of("criteria", "show", "hue-2020", "--lang", "vi")))
    for words in (
        *("PE.01", "15 điểm", "có thể không áp dụng", "mức 1: total từ 90 %", "infrastructure+human_resources từ 70 %"),
        *("Số liệu các đơn vị báo cáo", "Giả định"),
    ):
        assert words in shown, words
    assert "Assumed" not in shown


def test_a_bundled_document_is_good() -> None:
    assert cli_in_process.stdout_of("criteria", "check", str(HUE)).startswith(
        f"{HUE}: hue-2020 is good: 4 criteria, tiers district, "
    )


def test_criteria_list_show_and_check_agree_on_the_revision(demo: str) -> None:
    (listed,) = (line for line in lines(cli_in_process.stdout_of("criteria", "list")) if line.startswith("hue-2020"))
    inside = cli_in_process.stdout_of
    texts = [listed, inside("criteria", "show", "hue-2020"), inside("criteria", "check", str(HUE)), demo]
    (revision,) = re.findall(r"\b[0-9a-f]{12}$", listed)
    assert all(f"revision {revision}" in text for text in texts[1:])


def test_the_bundled_plugins_are_ready() -> None:
    shown = lines(cli_in_process.stdout_of("plugins", "list"))
    for group in ("policy_environment", "infrastructure", "human_resources"):
        (line,) = (line for line in shown if line.startswith(f"{group} "))
        assert line.startswith(f"{group} egov-scorer {version('egov-scorer')} 1 group {group}")
        assert line.endswith(" ready")
    assert any(line.startswith("criteria_sets ") and line.endswith(" ready") for line in shown)
    assert "set hue-2020.yaml" in shown
    assert "quarantined" not in "\n".join(shown)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command, with its words on the command line."""
    yield path, command
    for name in getattr(command, "commands", {}):
        yield from commands(command.get_command(None, name), (*path, name))


TREE = dict(commands(typer.main.get_command(app)))


def test_the_commands_are_those_of_the_readme_and_the_guide() -> None:
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/ranking-files.md"))
    named = set(re.findall(r"scorer ((?:criteria |plugins )?[a-z]+)", text))
    known = {" ".join(path) for path in TREE}
    assert {"demo", "serve", "criteria list", "criteria show", "criteria check", "plugins list"} <= named & known


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_has_help(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["scorer", *path, "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr()
    assert ended.value.code in (0, None)
    assert shown.err == ""
    words = " ".join(lines(shown.out))
    assert f"Usage: {' '.join(['scorer', *path])}" in words
    assert " ".join((TREE[path].help or "").split())[:40] in words
    assert TREE[path].help, "it says what it does"
    for name in getattr(TREE[path], "commands", {}):
        assert name in words


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_has_the_first_paragraph_of_their_help(name: str) -> None:
    """The list is written separately, so that it is shown without importing the commands."""
    first_paragraph = (TREE[name,].help or "").partition("\n\n")[0]
    assert COMMANDS[name].summary == " ".join(first_paragraph.split())


def test_the_installed_command_prints_its_help() -> None:
    assert "serve" in stdout_of("--help")


def test_the_version_is_that_of_the_distribution() -> None:
    assert cli_in_process.stdout_of("--version") == f"scorer {version('egov-scorer')}\n"
