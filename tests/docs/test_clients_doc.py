"""The commands of docs/clients.md that can run in a checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Service, installed_catalogue, serving

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(installed_catalogue()) as running:
        yield running


def run(command: str, service: Service) -> subprocess.CompletedProcess[str]:
    """In the checkout, with the tools of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    line = command.replace("127.0.0.1:50051", service.address)
    return subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


def test_commands_of_the_page_run(service: Service) -> None:
    commands = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    found = [run(command, service) for command in commands]
    assert [done.returncode for done in found] == [0] * 5, [done.stderr for done in found]
    methods, health, sets, _, ranking = (done.stdout for done in found)
    assert "egov.scorer.v1.ScorerService/RankProvince" in methods
    assert json.loads(health) == {"status": "SERVING"}
    assert "hue-2020" in [item["code"] for item in json.loads(sets)["criteriaSets"]]
    case = json.loads((ROOT / "clients/vectors/hue-2020.json").read_text(encoding="utf-8"))["cases"][0]
    order = [card["unit"]["id"] for card in json.loads(ranking)["rankings"][0]["scorecards"]]
    assert order == [card["unit"]["id"] for card in case["response"]["rankings"][0]["scorecards"]]


def test_the_exit_code_of_buf_is_eight_times_the_status_code(service: Service) -> None:
    command = (
        """buf curl --protocol grpc --http2-prior-knowledge -d '{"criteria_set": "none"}' """
        "http://127.0.0.1:50051/egov.scorer.v1.CriteriaService/GetCriteriaSet"
    )
    done = run(command, service)
    assert done.returncode == 8 * 5  # NOT_FOUND
    assert json.loads(done.stderr)["code"] == "not_found"


def test_options_for_go_name_every_proto() -> None:
    protos = {path.relative_to(ROOT / "proto").as_posix() for path in (ROOT / "proto" / "egov").rglob("*.proto")}
    for option in ("go_opt", "go-grpc_opt"):
        assert set(re.findall(rf"--{option}=M(\S+\.proto)=", PAGE)) == protos
    commands = [text for text in re.findall(r"(?:^    .*\n)+", PAGE, re.MULTILINE) if "--proto_path" in text]
    assert commands
    for command in commands:
        assert protos <= set(command.split()), command


def test_links_of_the_readmes_lead_somewhere() -> None:
    for page in (ROOT / "clients/vectors/README.md", ROOT / "clients/node/README.md"):
        for target in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page}: {target}"
