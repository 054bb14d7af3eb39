"""``scorer criteria check`` says all that is wrong with a document, line by line, in an author's words.

Each document in ``broken/`` has its messages beside it: ``NAME.yaml``, ``NAME.txt``. After a wanted change of words,
``UPDATE_GOLDENS=1 pytest tests/cli/test_criteria_check.py`` writes the .txt files anew; read the difference before you
commit it. A first line such as ``# groups: drill, odd`` has a document checked with the groups of that name in
``GROUPS`` instead of the usual three.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cli_in_process
import pytest
from broken_documents import BROKEN, GROUPS
from harness import COMPILER, host

from scorer.catalogue.catalogue import load_set
from scorer.plugins.host import PluginHost

BUNDLED = Path(__file__).parents[2] / "plugins/scorer_plugins/criteria_sets/hue-2020.yaml"
UPDATE = os.environ.get("UPDATE_GOLDENS") == "1"
NAMES = sorted(path.stem for path in BROKEN.glob("*.yaml"))

USUAL = ("policy_environment", "infrastructure", "human_resources")


SAID_BY_THE_COMMAND = [
    *("alias-of-nothing", "bad-indent", "colons-in-messages", "dates", "empty", "gate-edges", "gates-that-never-hold"),
    *("level-order", "not-utf8", "only-comments", "provenance-of-a-level", "wrong-types", "wrong-words"),
]
"""Documents for which the installed groups give the same messages as ``GROUPS``."""


def wanted_groups(name: str) -> Sequence[str]:
    """The groups that a document needs."""
    first = (BROKEN / f"{name}.yaml").read_bytes().split(b"\n")[0]
    asked = re.fullmatch(rb"# groups: ([a-z_, ]+)", first)
    return asked[1].decode().split(", ") if asked else USUAL


def check(*files: Path | str, cwd: Path = BROKEN) -> subprocess.CompletedProcess[str]:
    return cli_in_process.run("criteria", "check", *map(str, files), cwd=cwd)


@cache
def messages(name: str) -> list[str]:
    """The mistakes of a document, found by the function that the command uses."""
    plugins = host(*(GROUPS[code] for code in wanted_groups(name)))
    data = (BROKEN / f"{name}.yaml").read_bytes()
    plan, document = load_set(plugins, f"{name}.yaml", data, COMPILER)
    assert plan is None, "it is good"
    return [str(problem) for problem in document.sorted_problems()]


def golden(name: str) -> list[str]:
    return (BROKEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_document_gives_the_expected_messages(name: str) -> None:
    said = messages(name)
    assert said, "refused without a reason"
    if UPDATE:
        (BROKEN / f"{name}.txt").write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
    assert said == golden(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_message_is_one_line_with_a_place_in_the_document(name: str) -> None:
    lines = (BROKEN / f"{name}.yaml").read_bytes().decode("utf-8", "replace").split("\n")
    for message in messages(name):
        place = re.match(rf"{re.escape(name)}\.yaml:(\d+):(\d+): ", message)
        assert place, message
        line, column = int(place[1]), int(place[2])
        assert 1 <= line <= len(lines), message
        assert 1 <= column <= len(lines[line - 1]) + 1, message
        assert message.isprintable(), repr(message)
        assert len(message) < 400, message


def test_every_golden_file_has_its_document() -> None:
    assert {path.stem for path in BROKEN.glob("*.txt")} <= set(NAMES)


def test_there_are_dozens_of_broken_documents() -> None:
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", ["colons-in-messages", "not-utf8", "wrong-types"])
def test_the_command_prints_the_expected_messages(name: str) -> None:
    done = check(f"{name}.yaml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        *(f"scorer: {line}" for line in golden(name)),
        "scorer: 1 of 1 documents cannot be used",
    ]


def test_the_command_checks_many_documents_in_their_order() -> None:
    names = SAID_BY_THE_COMMAND
    done = check(*(f"{name}.yaml" for name in names))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        *(f"scorer: {line}" for name in names for line in golden(name)),
        f"scorer: {len(names)} of {len(names)} documents cannot be used",
    ]


@pytest.mark.long
def test_the_command_refuses_every_broken_document() -> None:
    done = check(*(f"{name}.yaml" for name in NAMES))
    assert done.returncode == 2
    assert done.stdout == ""
    *said, last = done.stderr.splitlines()
    assert last == f"scorer: {len(NAMES)} of {len(NAMES)} documents cannot be used"
    assert {line.removeprefix("scorer: ").split(".yaml:")[0] for line in said} == set(NAMES)


def test_a_good_document_is_called_good_among_broken_ones() -> None:
    done = check("empty.yaml", BUNDLED, "only-comments.yaml")
    assert done.returncode == 2
    assert "hue-2020 is good: 4 criteria, tiers district, revision " in done.stdout
    assert done.stdout.count("good") == 1
    assert done.stderr.splitlines()[-1] == "scorer: 2 of 3 documents cannot be used"


def test_a_good_document_gives_exit_code_0() -> None:
    done = check(BUNDLED)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "hue-2020 is good" in done.stdout


def test_files_of_cases_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(BUNDLED.read_bytes())
    (tmp_path / "a.cases.yaml").write_text("criteria_set: hue-2020", encoding="utf-8")
    done = check("a.cases.yaml", "a.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    alone = check("a.cases.yaml", cwd=tmp_path)
    assert alone.returncode == 2
    assert alone.stderr == (
        "scorer: a.cases.yaml holds cases, not a criteria set: 'scorer criteria test a.cases.yaml' checks it\n"
    )


def test_an_anchor_may_be_defined_again(tmp_path: Path) -> None:
    text = BUNDLED.read_text(encoding="utf-8")
    (tmp_path / "anchors.yaml").write_text(
        text.replace("level: 1", "level: &n 1").replace("level: 2", "level: &n 2"), encoding="utf-8"
    )
    done = check("anchors.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_name_of_a_file_is_shown_unchanged(tmp_path: Path) -> None:
    name = "set [bold] :100: 2020.yaml"
    (tmp_path / name).write_bytes(BUNDLED.read_bytes())
    done = check(name, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{name}: hue-2020 is good")
    assert len(done.stdout.splitlines()) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = check("not-there.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "scorer: cannot read not-there.yaml: No such file or directory\n"


def test_a_missing_file_does_not_hide_mistakes_of_others(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_bytes(b"")
    done = check("not-there.yaml", "empty.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "not-there.yaml" in done.stderr
    assert "empty.yaml:1:1: is empty" in done.stderr


@pytest.mark.timeout(30)
def test_an_endless_document_is_refused() -> None:
    done = check("/dev/zero")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "scorer: /dev/zero:1:1: larger than 1048576 bytes"


def test_a_document_larger_than_one_mebibyte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_bytes(b"# filler\n" * 120_000)
    done = check("large.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "scorer: large.yaml:1:1: larger than 1048576 bytes"


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    ["a: 1\n" * 200_000, "".join(f"{n}: [x, {{}}]\n" for n in range(30_000))],
    ids=["duplicate keys", "unknown keys"],
)
def test_the_first_twenty_problems_are_listed_and_the_others_counted(tmp_path: Path, text: str) -> None:
    (tmp_path / "many.yaml").write_text(text, encoding="utf-8")
    done = check("many.yaml", cwd=tmp_path)
    assert done.returncode == 2
    *first, rest, last = done.stderr.splitlines()
    assert len(first) == 20
    assert re.fullmatch(r"scorer: many.yaml:\d+:1: \d+ more problems from here on; fix those above first", rest), rest
    assert last == "scorer: 1 of 1 documents cannot be used"


def test_long_keys_and_values_do_not_make_long_messages(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(f"? {'k' * 300_000}\n: {'v' * 300_000}\ntiers: {'x' * 9_000}", encoding="utf-8")
    assert max(map(len, check("long.yaml", cwd=tmp_path).stderr.splitlines())) < 3_000


def test_a_long_text_cannot_be_multiplied_by_aliases(tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text(f"a: &a {'v' * 100_000}\nb: [{'*a, ' * 1_000}]", encoding="utf-8")
    said = check("notes.yaml", cwd=tmp_path).stderr
    assert "more than 1048576 characters; are there aliases of aliases?" in said


@pytest.mark.long
@pytest.mark.timeout(20)
def test_tens_of_thousands_of_mistakes_do_not_take_minutes() -> None:
    document = "criteria_set: broken\n" + "".join(f"key{n}: x\n" for n in range(30_000))
    plan, problems = load_set(PluginHost.installed(), "many.yaml", document, COMPILER)
    assert plan is None
    assert problems.problems


def test_corrected_documents_are_good() -> None:
    """The common base of the broken documents is good: each is refused for its own mistake only."""
    text = (BROKEN / "provenance-of-a-level.yaml").read_text(encoding="utf-8")
    plan, document = load_set(
        PluginHost.installed(),
        "mended.yaml",
        text.replace("provenance: published", "provenance: reconstructed"),
        COMPILER,
    )
    assert not document.problems
    assert plan is not None
    drill = (BROKEN / "unknown-tiers-in-formulas.yaml").read_text(encoding="utf-8")
    for wrong in (", distrct: 2", ", ward: 5", ", province: 5", ", commune: 2"):
        assert wrong in drill
        drill = drill.replace(wrong, "")
    plan, document = load_set(host(GROUPS["drill"]), "mended.yaml", drill, COMPILER)
    assert [str(problem) for problem in document.problems] == []
    assert plan is not None
