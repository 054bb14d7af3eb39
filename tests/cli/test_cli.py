"""The command ``scorer``: its output, and one clear line for each mistake."""

from __future__ import annotations

import csv
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cli_in_process
import pytest
import typer
from command import ROOT, SCORER, lines, run, said

from scorer import cli
from scorer.cli.commands import COMMANDS
from scorer.cli.loading import load_catalogue

HUE = ROOT / "plugins/scorer_plugins/criteria_sets/hue-2020.yaml"
DEMO = ("demo", "--set", "hue-2020")
LEVELS = {"I": "1", "II": "2", "III": "3", "IV": "4"}


# The demonstration


def published() -> list[dict[str, str]]:
    """The province's own table, in its order."""
    with (ROOT / "tests/support/data/hue_2020_district_readiness.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def demo() -> str:
    return said(*DEMO)


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


def test_the_demo_shows_what_the_readme_promises(demo: str) -> None:
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
    shown = cli_in_process.said("demo")
    assert "reconstructed" in shown
    assert re.search(r"\d+/\d+ ranked", shown)


def test_the_c_locale_shows_every_letter() -> None:
    done = run(*DEMO, LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert "huyện Quảng Điền" in done.stdout


def test_an_ascii_terminal_shows_the_numbers() -> None:
    done = run(*DEMO, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "44.41" in done.stdout


def test_child_processes_do_not_inherit_the_encoding() -> None:
    done = subprocess.run(
        [str(SCORER), "criteria", "list"],
        env={**os.environ, "PYTHONIOENCODING": "utf-16"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode("utf-16")) == (0, "")
    assert "hue-2020" in done.stdout.decode("utf-16")


@pytest.mark.parametrize(
    "words", [("rank", "x.csv"), ("report", "x.csv", "--out", "x.html"), ("lacking", "x.csv", "INF.01")], ids=" ".join
)
def test_an_empty_tier_is_refused(words: tuple[str, ...]) -> None:
    done = cli_in_process.run(*words, "--tier", "")
    assert done.returncode == 2
    assert done.stderr == "scorer: --tier is empty; is a variable of your script not set?\n"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("rank", ""), "an argument is empty"),
        (("rank", "x.csv", "--criteria="), "--criteria is empty"),
        (("rank", "x.csv", "--period", ""), "--period is empty"),
        (("criteria", "template", "hue-2020", "--per-unit", ""), "--per-unit is empty"),
        (("rank", "x.csv", "--expect-units", "0"), "'--expect-units': '0' is not a whole number from 1"),
        (("rank", "x.csv", "--expect-units", "1_0"), "'1_0' is not a whole number"),
        (("rank", "x.csv", "--expect-units", "٩"), "'٩' is not a whole number"),
        (("rank", "x.csv", "--on", "2020-6-30"), "'--on': '2020-6-30' is not a day such as 2020-06-30"),
        (("rank", "x.csv", "--on", "٢٠٢٠-06-30"), "'٢٠٢٠-06-30' is not a day"),
        (("rank", "x.csv", "--on", "2021-02-29"), "'2021-02-29' is not a day"),
        (("rank", "x.csv", "--lang", "VI"), "Invalid value for '--lang': 'VI' is not one of 'en', 'vi'."),
        (("criteria", "list", "--address", "http://x:1"), "--address: 'http://x:1' is a URL; write HOST:PORT"),
        (("criteria", "list", "--address", "x:99999"), "--address: 'x:99999' has no port from 1 to 65535"),
        (("serve", "--workers", "1_0"), "--workers: has to be a whole number"),
        (("serve", "--workers", "٢"), "--workers: has to be a whole number"),
        (("report", "x.csv", "--out", "a.html", "--out", "./a.html"), "--out a.html is given twice"),
        (
            ("criteria", "template", "hue-2020", "--units", "x.csv", "--per-unit", "forms", "--out", "f.csv"),
            "with --per-unit, --out has to be a workbook, FORM.xlsx, not f.csv",
        ),
    ],
)
def test_a_value_that_would_be_misread_is_refused(words: tuple[str, ...], what: str) -> None:
    done = cli_in_process.run(*words)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert what in done.stderr


def test_a_mistake_in_an_option_is_not_reported_in_the_file() -> None:
    answers = Path("plugins/scorer_plugins/answers/hue-2020.csv")
    done = cli_in_process.run("rank", str(answers), "--set", "hue-2020", "--period", "2019")
    assert done.stderr.splitlines()[-1] == "scorer: 1 mistake; nothing was ranked or written"


# Criteria sets and plugins


def test_criteria_list_has_the_bundled_sets() -> None:
    (line,) = (line for line in lines(cli_in_process.said("criteria", "list")) if line.startswith("hue-2020"))
    for words in ("Thừa Thiên Huế 2020", "2020-01-01 to 2020-12-31", "district", "reconstructed"):
        assert words in line
    assert re.search(r"\b[0-9a-f]{12}$", line)


def test_criteria_show_has_all_requirements() -> None:
    text = cli_in_process.said("criteria", "show", "hue-2020")
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
    shown = "\n".join(lines(cli_in_process.said("criteria", "show", "hue-2020", "--lang", "vi")))
    for words in (
        *("PE.01", "15 điểm", "có thể không áp dụng", "mức 1: total từ 90 %", "infrastructure+human_resources từ 70 %"),
        *("Số liệu các đơn vị báo cáo", "Giả định"),
    ):
        assert words in shown, words
    assert "Assumed" not in shown


def test_a_bundled_document_is_good() -> None:
    assert cli_in_process.said("criteria", "check", str(HUE)).startswith(
        f"{HUE}: hue-2020 is good: 4 criteria, tiers district, "
    )


def test_criteria_list_show_and_check_agree_on_the_revision(demo: str) -> None:
    (listed,) = (line for line in lines(cli_in_process.said("criteria", "list")) if line.startswith("hue-2020"))
    inside = cli_in_process.said
    texts = [listed, inside("criteria", "show", "hue-2020"), inside("criteria", "check", str(HUE)), demo]
    (revision,) = re.findall(r"\b[0-9a-f]{12}$", listed)
    assert all(f"revision {revision}" in text for text in texts[1:])


def test_the_bundled_plugins_are_ready() -> None:
    shown = lines(cli_in_process.said("plugins", "list"))
    for group in ("policy_environment", "infrastructure", "human_resources"):
        (line,) = (line for line in shown if line.startswith(f"{group} "))
        assert line.startswith(f"{group} egov-scorer {version('egov-scorer')} 1 group {group}")
        assert line.endswith(" ready")
    assert any(line.startswith("criteria_sets ") and line.endswith(" ready") for line in shown)
    assert "set hue-2020.yaml" in shown
    assert "quarantined" not in "\n".join(shown)


# Help


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command, with its words on the command line."""
    yield path, command
    for name in getattr(command, "commands", {}):
        yield from commands(command.get_command(None, name), (*path, name))


TREE = dict(commands(typer.main.get_command(cli.app)))


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


def test_help_of_the_installed_command() -> None:
    assert "serve" in said("--help")


def test_the_version_is_that_of_the_distribution() -> None:
    assert cli_in_process.said("--version") == f"scorer {version('egov-scorer')}\n"


# Mistakes

MISTAKES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "a criteria set that there is not": (["criteria", "show", "hue-2021"], ["'hue-2021'", "did you mean 'hue-2020'?"]),
    "a file that is not there": (
        ["criteria", "check", "not-there.yaml"],
        ["cannot read not-there.yaml", "No such file"],
    ),
    "a directory": (["criteria", "check", "scorer"], ["cannot read scorer", "Is a directory"]),
    "no host": (["serve", "--address", "50051"], ["'50051' is not HOST:PORT, such as 127.0.0.1:50051"]),
    "no port": (["serve", "--address", "127.0.0.1:"], ["'127.0.0.1:' is not HOST:PORT"]),
    "a port in words": (["serve", "--address", "localhost:http"], ["'localhost:http' is not HOST:PORT"]),
    "a port beyond all": (["serve", "--address", "127.0.0.1:65536"], ["'127.0.0.1:65536' is not HOST:PORT"]),
    "a port of other digits": (["serve", "--address", "127.0.0.1:\u0665\u0660"], ["is not HOST:PORT"]),
    "a host that is none": (["serve", "--address", "256.256.256.256:0"], ["256.256.256.256:0"]),
    "a demonstration that there is not": (["demo", "--set", "hue"], ["'hue'", "hue-2020"]),
    "a command that there is not": (["demoo"], ["demoo", "demo"]),
    "a command of criteria that there is not": (["criteria", "chekc"], ["chekc", "check"]),
    "an option that there is not": (["serve", "--adress", "127.0.0.1:0"], ["--adress", "--address"]),
    "an option without its value": (["serve", "--address"], ["--address"]),
    "an argument too few": (["criteria", "show"], ["SET"]),
    "an argument too many": (["criteria", "show", "hue-2020", "please"], ["please"]),
}


def is_one_clear_line(text: str, wanted: Sequence[str]) -> None:
    for words in wanted:
        assert words in text
    assert text.startswith("scorer: ")
    assert len(text.splitlines()) == 1, text


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_gives_one_clear_line(
    what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, wanted = MISTAKES[what]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["scorer", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    is_one_clear_line(shown.err, wanted)


def test_a_refused_command_restores_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["scorer", *MISTAKES["an option that there is not"][0]])
    with pytest.raises(SystemExit):
        cli.main()
    capfd.readouterr()
    load_catalogue()  # keeps standard output to the command that runs; there is none
    os.write(1, b"the caller's")
    assert capfd.readouterr().out == "the caller's"


@pytest.mark.parametrize(
    "what",
    [
        pytest.param("a criteria set that there is not", marks=pytest.mark.long),
        "a host that is none",
        pytest.param("a command that there is not", marks=pytest.mark.long),
    ],
)
def test_a_mistake_gives_one_clear_line_in_the_installed_command(what: str) -> None:
    words, wanted = MISTAKES[what]
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    is_one_clear_line(done.stderr, wanted)


def test_a_taken_port_gives_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "{}:{}".format(*taken.getsockname())
        done = run("serve", "--address", address)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"scorer: cannot listen on '{address}'; is another server there?\n"


@pytest.mark.parametrize("words", [[], ["criteria"], ["plugins"]], ids=["scorer", "criteria", "plugins"])
def test_a_command_without_arguments_prints_its_usage(words: list[str]) -> None:
    done = cli_in_process.run(*words)
    assert done.returncode == 2
    assert "Usage: " + " ".join(["scorer", *words]) in " ".join(lines(done.stdout + done.stderr))


# Pipes, and a server that is stopped


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["demo"], marks=pytest.mark.long),
        ["criteria", "list"],
        pytest.param(["criteria", "show", "hue-2020"], marks=pytest.mark.long),
        pytest.param(["plugins", "list"], marks=pytest.mark.long),
        ["--help"],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_gives_no_error(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([str(SCORER), *words], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode != 0


def test_output_can_be_piped_to_head() -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{SCORER}' criteria show hue-2020 | head -n 1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("hue-2020 ")


def test_piped_output_is_not_shortened(demo: str) -> None:
    inside = cli_in_process.said
    assert "…" not in demo + inside("criteria", "list") + inside("plugins", "list")


def test_json_is_utf8_for_any_standard_output() -> None:
    done = run(*DEMO, "--json", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Huế" in done.stdout
    assert "?" not in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("columns", ["0", "x", "²"])
@pytest.mark.parametrize("variable", ["COLUMNS", "LINES", "TERMINAL_WIDTH"])
def test_an_invalid_width_is_ignored(variable: str, columns: str) -> None:
    for words in (("plugins", "list"), ("criteria", "--help")):
        done = run(*words, **{variable: columns})
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.strip()


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [
        ("rank", "x.csv", "--province"), ("rank", "x.csv", "--set"), ("rank", "x.csv", "--period"),
        ("rank", "x.csv", "--tier"), ("rank", "x.csv", "--on", "2020-06-30", "--series"),
        ("criteria", "list", "--address"), ("criteria", "show"), ("criteria", "test"), ("plugins", "check"),
        ("plugins", "new"), ("score", "x.csv"), ("lacking", "x.csv"), ("serve", "--address"), ("serve", "--metrics"),
        ("demo", "--set"), ("settings", "check", "--settings"), (),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_argument_that_is_not_utf8_is_named(words: tuple[str, ...]) -> None:
    done = run(*words, "x\udcff")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "scorer: the argument 'x\\udcff' is not UTF-8; does the locale (LANG) use UTF-8?\n"


def test_a_file_whose_name_is_not_utf8_is_read(tmp_path: Path) -> None:
    (tmp_path / "x\udcff.yaml").write_bytes(HUE.read_bytes())
    done = run("criteria", "check", "x\udcff.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ["demo", "--json"],
        pytest.param(["demo"], marks=pytest.mark.long),
        pytest.param(["criteria", "list"], marks=pytest.mark.long),
        pytest.param(["plugins", "list", "--json"], marks=pytest.mark.long),
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_closed_standard_output_is_reported(words: list[str]) -> None:
    command = ["bash", "-c", '"$0" "$@" >&-', str(SCORER), *words]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "scorer: cannot write the output: Bad file descriptor\n")


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_serve_prints_its_address_and_stops_on_a_signal(number: signal.Signals) -> None:
    command = [str(SCORER), "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if found := re.search(r"serving .*hue-2020.* on 127\.0\.0\.1:(\d+)$", line.rstrip()):
                break
        else:
            raise AssertionError("it did not say where it is")
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=10):
            pass
        server.send_signal(number)
        out, rest = server.communicate(timeout=60)
        assert server.returncode == 0
        assert "Traceback" not in rest
        assert out == ""
