"""The examples of the client's README are run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from harness import installed_catalogue, serving

from scorer_client import Client

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(installed_catalogue()) as service:
        yield service.address


def test_the_examples_print_what_the_readme_shows(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with as_file(files("scorer_plugins.answers") / "bac-kan-2020.csv") as answers:
        shutil.copy(answers, "answers.csv")
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(examples) == 5
    printed, names = [], dict[str, object]()
    for code in examples:
        exec(compile(code.replace("127.0.0.1:50051", address), "README.md", "exec"), names)
        printed.append(capsys.readouterr().out.splitlines())
    assert len(printed[0]) == 3
    assert printed[1][0].startswith('table["it_plan_issued"] is ')
    assert printed[1][1].startswith("3 [")
    assert printed[2] == ["['bac-kan-2020', 'hue-2020']"]
    size = (tmp_path / "answers.csv").stat().st_size
    assert printed[3] == [f"read {size} of {size}", "sent 0 of 140", "answered 140 of 140"]
    assert printed[4] == []
    assert (tmp_path / "report.html").stat().st_size > 100_000
    assert (tmp_path / "report.xlsx").stat().st_size > 100_000


def test_the_example_of_several_servers_has_valid_arguments(tmp_path: Path) -> None:
    (code,) = re.findall(r"^    Client\(.*?^    \)$", README, re.MULTILINE | re.DOTALL)
    names = set(re.findall(r"(\w+)=", code))
    assert names == {"authority", "certificate", "key", "server_name", "token"}
    pem = b"-----BEGIN CERTIFICATE-----\n"
    with pytest.raises(ValueError, match="go together"):
        Client("10.0.0.5:50051", **{**dict.fromkeys(names, pem), "server_name": "a", "token": "a", "key": None})
