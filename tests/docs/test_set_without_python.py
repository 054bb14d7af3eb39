"""The page on a criteria set in one file is followed block by block, without any plugin."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path

import pytest
from cli_in_process import local_runner
from harness import COMPILER, LOOPBACK, catalogue, host
from pages import ADDRESS, Block, blocks, page

from scorer.catalogue.directory import CriteriaDirectory
from scorer.catalogue.live import LiveCatalogue
from scorer.service import background_server

NAME = "set-without-python.md"


def test_the_page_leads_from_a_decision_to_a_ranking_and_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    scorer = local_runner(host(), monkeypatch, capsys)
    found, said, address = blocks(page(NAME)), "", ""
    with contextlib.ExitStack() as stack:
        for block in found:
            if block.title:
                Path(block.title).parent.mkdir(exist_ok=True)
                Path(block.title).write_text(block.text, encoding="utf-8")
            elif block.text == "scorer serve --criteria sets\n":
                live = LiveCatalogue(catalogue(host()), CriteriaDirectory(Path("sets")), COMPILER)
                address = stack.enter_context(background_server.serving(live.current, LOOPBACK)).address
            elif block.language == "sh":
                said = ""
                for line in block.text.splitlines():
                    done = scorer(*line.split()[1:])
                    assert (done.code, done.errors) == (0, []), line
                    said += done.out
            elif block.language == "python":
                exec(block.text.replace(ADDRESS, address), {})
                said = capsys.readouterr().out
            elif "wrong.yaml" in block.text:
                text = Path("sets/wards-2026.yaml").read_text(encoding="utf-8")
                Path("sets/wrong.yaml").write_text(text.replace("complete: 3", "complete: 4"), encoding="utf-8")
                done = scorer("criteria", "check", "sets/wrong.yaml")
                assert done.errors[0] == block.text.strip()
                Path("sets/wrong.yaml").unlink()
            else:
                assert said == block.text
    assert address
    with Path("ranking.csv").open(encoding="utf-8-sig") as file:
        ranked = {row["id"]: (row["readiness.rank"], row["readiness.level"]) for row in csv.DictReader(file)}
    assert ranked == {"p-1": ("1", "1"), "p-3": ("2", "2"), "p-2": ("", "")}
    assert Path("report.html").stat().st_size


def test_a_block_is_run_or_compared() -> None:
    """A block of any other kind would not be tested."""
    known = ("sh", "python", "text", "yaml")
    assert all(isinstance(block, Block) and block.language in known for block in blocks(page(NAME)))
