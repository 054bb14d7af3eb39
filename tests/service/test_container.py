"""The Containerfile of docs/examples: built on a base that debootstrap makes, and run unprivileged and read-only.

Needs root, a mirror of Debian, and apt-get install buildah debootstrap. Without a container engine,
the image runs by chroot in a mount namespace of its own. Not tested: the HEALTHCHECK line, which only an engine reads;
the test runs its command. Networks, capabilities and seccomp are those of the host.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import ROOT
from processes import until

TOOLS = ("buildah", "debootstrap", "unshare", "chroot", "mount")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
USER = 10001
LIMIT_MB = 500
"""Of the whole image; the base has 200."""
SETS = 50
"""Criteria sets of the size of Bắc Kạn's, each with gates of its own."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs Linux and root"),
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]

RUN = f"""
set -e
root=$1; tmp=$2; shift 2
mount --bind "$root" "$root"
mount -o remount,ro,bind "$root"
mount --bind "$tmp" "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot --userspec={USER}:{USER} "$root" "$@"
"""
"""As a container engine runs an image with a read-only root: only /tmp is writable."""


class Image:
    """A built image, mounted, and what it says of itself.

    Args:
        root: where it is mounted.
        tmp: becomes ``/tmp`` of every process in it, as an emptyDir of Kubernetes.
        config: its variables, its command and so on.
    """

    def __init__(self, root: Path, tmp: Path, config: dict[str, Any]) -> None:
        self.root, self.tmp, self.config = root, tmp, config

    def command(self, *arguments: str) -> list[str]:
        """A command in the image, with only the variables of the image."""
        environment = ["/usr/bin/env", "-i", *self.config["Env"]]
        return ["unshare", "--mount", "sh", "-c", RUN, "sh", str(self.root), str(self.tmp), *environment, *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("container")
    base, checkout = folder / "base", folder / "checkout"
    checkout.mkdir()
    buildah = ["buildah", "--root", str(folder / "storage"), "--runroot", str(folder / "run")]

    def run(*command: str | Path) -> str:
        environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, env=environment)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout.strip()

    packages = "ca-certificates,python3,python3-venv"
    run("debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", base)
    run("chroot", base, "apt-get", "clean")
    if CERTIFICATES.exists():  # pip may have to trust the authority of a local mirror
        shutil.copy(CERTIFICATES, base / "etc/ssl/certs")
        (base / "etc/pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}\n", encoding="utf-8")
    (folder / "Containerfile").write_text("FROM scratch\nADD . /\n", encoding="utf-8")
    run(*buildah, "build", "-f", folder / "Containerfile", "-t", "localhost/base", base)
    shutil.rmtree(base)
    files = "git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from - | tar -x -C"
    run("sh", "-c", f'cd "{ROOT}" && {files} "{checkout}"')
    container = ""
    try:
        name = "localhost/egov-scorer"
        options = ("--format", "docker", "--build-arg", "BASE=localhost/base", "-t", name)
        run(*buildah, "build", *options, "-f", checkout / "docs/examples/Containerfile", checkout)
        container = run(*buildah, "from", "--pull-never", name)
        config = json.loads(run(*buildah, "inspect", "--type", "image", name))["Docker"]["config"]
        (folder / "tmp").mkdir()
        (folder / "tmp").chmod(0o1777)
        yield Image(Path(run(*buildah, "mount", container)), folder / "tmp", config)
    finally:
        if container:
            run(*buildah, "rm", container)
        run(*buildah, "rmi", "--all", "--force")


def test_the_image_is_small_and_has_no_compiler(image: Image) -> None:
    for name in ("gcc", "cc", "g++", "clang", "make", "ld"):
        assert not shutil.which(name, path=str(image.root / "usr/bin")), name
    assert not list(image.root.glob("opt/scorer/bin/pip*"))
    assert not (image.root / "checkout").exists()
    size = int(subprocess.check_output(["du", "-smx", image.root], text=True).split()[0])
    print(f"size of the image: {size} MB")
    assert size < LIMIT_MB


def test_the_image_runs_unprivileged_on_a_read_only_root(image: Image) -> None:
    assert image.config["User"] == f"{USER}:{USER}"
    tried = image.run("sh", "-c", "id -u; for f in /opt/scorer/x /etc/x /x /var/x /tmp/x; do touch $f && echo $f; done")
    assert tried.stdout.split() == [str(USER), "/tmp/x"]
    assert "Read-only file system" in tried.stderr


def test_the_bill_of_materials_lists_what_is_installed(image: Image) -> None:
    bill = json.loads((image.root / "opt/scorer/sbom.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    listed = {(part["name"].lower().replace("_", "-"), part["version"]) for part in bill["components"]}
    metadata = "from importlib.metadata import distributions as d; print(*(f'{i.name}=={i.version}' for i in d()))"
    installed = image.run("/opt/scorer/bin/python", "-c", metadata).stdout.split()
    assert {tuple(one.lower().replace("_", "-").split("==")) for one in installed} == listed
    assert ("egov-scorer", "0.1.0") in listed
    assert len(listed) > 30


def test_the_container_serves_answers_probes_and_stops(image: Image, tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
    assert [*image.config["Entrypoint"], *image.config["Cmd"]] == ["scorer", "serve", "--address", "0.0.0.0:50051"]
    probe = [*image.config["Healthcheck"]["Test"][1:-1], address]
    assert image.run(*probe).returncode == 1  # nothing serves yet
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(image.command("scorer", "serve", "--address", address), stderr=log)

    def log_text() -> str:
        return (tmp_path / "log").read_text(encoding="utf-8")

    try:
        until(lambda: "serving " in log_text() or server.poll() is not None, "it does not serve")
        assert Path(f"/proc/{server.pid}/status").read_text().split("Uid:")[1].split()[0] == str(USER)
        healthy = image.run(*probe)
        assert (healthy.returncode, healthy.stdout) == (0, "SERVING\n"), healthy.stderr + log_text()
        server.send_signal(signal.SIGKILL)
        server.wait(30)
        killed = image.run(*probe)
        assert (killed.returncode, "UNAVAILABLE" in killed.stderr) == (1, True)
    finally:
        server.kill()
        server.wait()
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(image.command("scorer", "serve", "--address", address), stderr=log)
    try:
        until(lambda: "serving " in log_text() or server.poll() is not None, "it does not serve again")
        server.terminate()
        assert server.wait(30) == 0, log_text()
    finally:
        server.kill()
        server.wait()


def seconds_to_ready(image: Image, *arguments: str) -> float:
    """Starts a server, stops it as soon as it serves, and returns how long it took."""
    started = time.monotonic()
    command = image.command("scorer", "serve", "--address", "127.0.0.1:0", *arguments)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if line.startswith("serving "):
                break
        seconds = time.monotonic() - started
        server.terminate()
        assert server.wait(30) == 0, said
    assert len(said) == 1, said
    return seconds


def test_the_second_start_of_the_container_compiles_no_gates(image: Image) -> None:
    text = (ROOT / "plugins/scorer_plugins/criteria_sets/bac-kan-2020.yaml").read_text(encoding="utf-8")
    sets, gates = image.tmp / "sets", image.tmp / "gates"
    sets.mkdir()
    for n in range(SETS):
        own = re.sub(r"at_least: (\d\d)%", rf"at_least: \1.{n:02}%", text).replace("bac-kan-2020", f"set-{n:02}")
        (sets / f"set-{n:02}.yaml").write_text(own, encoding="utf-8")
    shutil.rmtree(gates, ignore_errors=True)
    cold = seconds_to_ready(image, "--criteria", "/tmp/sets")
    compiled = {path: path.stat().st_mtime_ns for path in gates.iterdir()}
    assert len(compiled) > SETS
    cached = seconds_to_ready(image, "--criteria", "/tmp/sets")
    assert {path: path.stat().st_mtime_ns for path in gates.iterdir()} == compiled
    print(f"ready with {SETS} sets: {cold:.1f} s, with compiled gates {cached:.1f} s")
