"""The examples of pages of docs/ are run."""

from __future__ import annotations

import contextlib
import re
import textwrap
from pathlib import Path

import cli_in_process
import pytest
from environments import Environment, listening
from pages import ADDRESS, ROOT, SET_PAGES, blocks, page

KINDS_HEAD = """\
criteria_set: kinds
title: {en: Kinds}
provenance: published
tiers: [commune]
categories:
  readiness:
    groups:
      human_resources: {criteria: [{id: A, formula: awarded, indicator: human_resources_awarded, points: 1}]}
      policy_environment: {criteria: [{id: B, formula: count, indicator: steering_documents, each: 1, points: 1}]}
      presence: {criteria: [{id: C, formula: count, indicator: news_published, each: 1, points: 1}]}
      infrastructure:
        criteria:
"""
"""Around the examples of formula kinds: groups that declare what they read."""


@pytest.mark.long
def test_the_guide_on_plugins_leads_to_a_plugin_that_ranks(tmp_path: Path) -> None:
    """Follows the page block by block: writes the files, and runs the shell and Python code."""
    environment, folder = Environment(tmp_path / "environment"), tmp_path
    found = blocks(page("plugins.md"))
    printed, served = "", ""
    with contextlib.ExitStack() as stack:
        for block in found:
            if block.title:
                (folder / block.title).write_text(block.text, encoding="utf-8")
            elif block.text == "scorer serve\n":
                served = stack.enter_context(listening(environment, folder))
            elif block.language == "sh":
                done = environment.run(f"{block.text}pwd", folder)
                assert done.returncode == 0, done.stdout + done.stderr
                folder = Path(done.stdout.splitlines()[-1])
            elif block.language == "python":
                (tmp_path / "example.py").write_text(block.text.replace(ADDRESS, served), encoding="utf-8")
                done = environment.run("python ../example.py", folder)
                assert done.returncode == 0, done.stderr
                printed = done.stdout
            elif block.language == "text":
                assert printed == block.text
    assert served
    assert folder.name == "citizen_feedback"
    done = environment.run("scorer plugins check citizen_feedback", folder)
    assert done.returncode == 0, done.stdout
    assert ", 0 failed, 0 skipped" in done.stdout
    done = environment.run(
        "scorer criteria test citizen_feedback-2026 citizen_feedback-2027 citizen_feedback-2028", folder
    )
    assert "5 cases of 3 criteria sets: 5 ok, 0 failed" in done.stdout
    rated = "id,name,tier,parent,not_applicable,survey_held,ratings,complaints_late\na,A,commune,,,0,5,\n"
    (folder / "rated.csv").write_text(rated, encoding="utf-8")
    done = environment.run("! scorer rank rated.csv --set citizen_feedback-2027", folder)
    assert "5 ratings, but no survey was held" in done.stderr
    checks = ("ruff format --isolated --line-length 120 --check src", "ruff check --isolated src", "mypy --strict src")
    for check in checks:
        done = environment.run(check, folder)
        assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_the_page_on_reports_leads_to_every_report(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "environment")
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "plugins").symlink_to(ROOT / "plugins")
    with listening(environment, tmp_path) as address:
        for block in blocks(page("reports.md")):
            if block.language == "python":
                (folder / "example.py").write_text(block.text.replace(ADDRESS, address), encoding="utf-8")
            done = environment.run("python example.py" if block.language == "python" else block.text, folder)
            assert done.returncode == 0, done.stdout + done.stderr
    made = {file.name for file in folder.iterdir() if file.is_file()}
    assert made >= {
        "report.html", "report.xlsx", "report.docx", "moved.html", "annex.docx", "annex-2020.docx", "ranked.html",
        "ranked.xlsx",
    }  # fmt: skip


def test_the_examples_of_criteria_sets_pass_their_cases(tmp_path: Path) -> None:
    fragments, declared = [], ""
    for block in blocks("".join(map(page, SET_PAGES))):
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.text.startswith("digital_office:"):
            declared = textwrap.indent(block.text, " " * 6)
        elif block.language == "yaml":
            fragments.append(textwrap.indent(block.text, " " * 10))
        else:
            for line in block.text.splitlines():
                command, *words = line.split()
                assert command == "scorer"
                done = cli_in_process.run(*words, cwd=tmp_path)
                assert done.returncode == 0, done.stdout + done.stderr
    head = KINDS_HEAD.replace("    groups:\n", f"    groups:\n{declared}")
    (tmp_path / "kinds.yaml").write_text(head + "".join(fragments), encoding="utf-8")
    done = cli_in_process.run("criteria", "test", "kinds.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 case of 1 criteria set: 1 ok" in done.stdout
    examples = re.findall(r"- id: (K\.\d+)", "".join(fragments))
    cases = (tmp_path / "kinds.cases.yaml").read_text(encoding="utf-8")
    assert [example for example in examples if f"{example}: " not in cases] == []


@pytest.mark.long
def test_the_page_of_files_leads_from_an_empty_form_to_a_ranking(tmp_path: Path) -> None:
    environment, said = Environment(tmp_path / "environment"), ""
    with listening(environment, tmp_path) as served:
        for block in blocks(page("files.md")):
            if block.title:
                (tmp_path / block.title).write_text(block.text, encoding="utf-8")
            elif block.language == "sh":
                done = environment.run(block.text, tmp_path)
                assert done.returncode == 0, done.stderr
                said = done.stderr
            elif block.language == "python":
                (tmp_path / "example.py").write_text(block.text.replace(ADDRESS, served), encoding="utf-8")
                done = environment.run("python example.py", tmp_path)
                assert done.returncode == 0, done.stderr
            else:
                assert block.text.strip() in said
    assert "hue.xlsx" in {file.name for file in (tmp_path / "forms").iterdir()}
