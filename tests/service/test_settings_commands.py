"""Settings as ``scorer settings`` shows them, and as ``scorer serve`` accepts them."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path
from unittest.mock import patch

import cli_in_process
import grpc
import pytest
from credentials import Authority, Signer, key_set

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc
from scorer.cli.output import out
from scorer.service.runtime.settings_sources import FILE, fields, sections, variable

SCORER = str(Path(sysconfig.get_path("scripts")) / "scorer")

TLS = '[tls]\ncertificate = "server.pem"\nkey = "server.key"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "scorer.toml"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command with a wide table and without other variables, because it refuses unknown ones."""
    with patch.dict(os.environ, clear=True), patch.object(out, "_width", 250):
        return cli_in_process.run(*arguments, **environment)


def test_the_list_has_every_setting_with_its_variable() -> None:
    said = run("settings", "list").stdout
    for path, info in fields():
        if path not in sections():
            assert info.description, path
            assert any(line.split()[:2] == [path, variable(path)] for line in said.splitlines()), path


def test_check_reads_certificates_and_keys_and_shows_the_origin_of_settings(tmp_path: Path, file: Path) -> None:
    Authority("a").server().write(tmp_path, "server")
    (tmp_path / "keys.json").write_text(key_set(Signer("k")))
    file.write_text(f'{TLS}[tokens]\nkeys = "keys.json"\nissuer = "i"\naudience = "a"\n')
    done = run("settings", "check", "--settings", str(file), SCORER_WORKERS="3")
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.split()}
    assert lines["workers"] == ["workers", "3", "SCORER_WORKERS"]
    assert lines["tls.key"] == ["tls.key", str(tmp_path / "server.key"), str(file)]
    assert lines["grace"] == ["grace", "10.0", "default"]
    assert done.stdout.rstrip().endswith("these settings can be used")

    (tmp_path / "server.key").write_bytes(Authority("b").server().key)
    done = run("settings", "check", **{FILE: str(file)})
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not the key of" in done.stderr
    Authority("a").server(days=-1).write(tmp_path, "server")
    done = run("settings", "check", **{FILE: str(file)})
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"server\.pem expired at [0-9 :-]{16} UTC", done.stderr)
    done = run("settings", "check", "--settings", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert done.stderr == f"scorer: {tmp_path / 'none.toml'}: No such file or directory\n"
    done = run("settings", "check", SCORER_CRITERIA=str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such file or directory" in done.stderr


def test_serve_reports_all_mistakes_and_does_not_start() -> None:
    done = run("serve", "--address", "nowhere", "--workers", "0", "--log", "xml")
    assert done.returncode == 2
    assert [line.removeprefix("scorer: ").split(":")[0] for line in done.stderr.splitlines()] == [
        "--address",
        "--workers",
        "--log",
    ]


def test_serve_warns_if_nobody_may_call() -> None:
    command = [SCORER, "serve", "--address", "0.0.0.0:0", "--insecure"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        said = [server.stderr.readline(), server.stderr.readline()]
        port = re.search(r"serving .* on 0\.0\.0\.0:(\d+)$", said[1])
        assert port, said
        with grpc.insecure_channel(f"127.0.0.1:{port[1]}") as channel:
            stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
            with pytest.raises(grpc.RpcError) as caught:
                stub.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(), timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        server.terminate()
    assert said[0].startswith("scorer: all calls are refused: ")


def test_serve_beyond_this_machine_without_tls_is_refused() -> None:
    done = run("serve", "--address", "0.0.0.0:0")
    assert done.returncode == 2
    assert "can be reached from other machines" in done.stderr


SERVICE_LINKS = {
    "SCORER_PORT": "tcp://10.96.0.7:50051",
    "SCORER_PORT_50051_TCP": "tcp://10.96.0.7:50051",
    "SCORER_PORT_50051_TCP_ADDR": "10.96.0.7",
    "SCORER_PORT_50051_TCP_PORT": "50051",
    "SCORER_PORT_50051_TCP_PROTO": "tcp",
    "SCORER_SERVICE_HOST": "10.96.0.7",
    "SCORER_SERVICE_PORT": "50051",
    "SCORER_SERVICE_PORT_GRPC": "50051",
    "SCORER_METRICS_PORT": "tcp://[fd00::7]:9464",
    "SCORER_METRICS_SERVICE_HOST": "fd00::7",
}
"""The variables that Kubernetes sets for Services called scorer and scorer-metrics."""


def test_service_variables_of_kubernetes_are_ignored_and_unknown_ones_refused() -> None:
    done = run("settings", "check", **SERVICE_LINKS)
    assert (done.returncode, done.stderr) == (0, "")
    done = run("settings", "check", **SERVICE_LINKS, SCORER_PORT_HTTP="80", SCORER_SERVICE_NAME="scorer")
    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == ["SCORER_PORT_HTTP", "SCORER_SERVICE_NAME"]
    done = run("settings", "check", SCORER_PORT="50051")  # whoever writes this means the address
    assert done.returncode == 2
    assert done.stderr.startswith("scorer: SCORER_PORT: unknown setting")
