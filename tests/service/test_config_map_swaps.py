"""A mounted ConfigMap is replaced again and again while callers use its criteria sets."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from harness import Service
from live_sets import KEPT, MISTAKE, Callers, document, listed, memory, revision, score, state
from processes import serve, until

SWAPS = int(os.environ.get("TEST_SWAPS", "10"))
"""How often the ConfigMap is replaced; TEST_SWAPS=200 takes some minutes."""

BROKEN = {
    "a wrong key": lambda text: text.replace(*MISTAKE),
    "no YAML": lambda text: text.replace("title:", "title: ]", 1),
    "an empty file": lambda _: "",
    "a gate that can never hold": lambda text: text.replace("at_least: 90%", "at_least: 110%", 1),
}


class Mount:
    """A directory to which files are written as Kubernetes writes a ConfigMap.

    The files are links through ``..data``, a link to a directory. A new directory takes its place in one step, and the
    old one is removed.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._count = path, 0

    def swap(self, **texts: str) -> None:
        """Replaces all documents, given by code."""
        self._count += 1
        new, link = self.path / f"..{self._count}", self.path / "..data_tmp"
        new.mkdir(parents=True)
        for code, text in texts.items():
            (new / f"{code}.yaml").write_text(text, encoding="utf-8")
        link.symlink_to(new.name)
        link.replace(self.path / "..data")
        for code in texts:
            if not (self.path / f"{code}.yaml").is_symlink():
                (self.path / f"{code}.yaml").symlink_to(f"..data/{code}.yaml")
        shutil.rmtree(self.path / f"..{self._count - 1}", ignore_errors=True)


def edited(n: int, code: str) -> str:
    """Version ``n`` of a set: the points change in every version, the gates in every second one."""
    text = document(str((n + 1) / 1000), code)
    return text.replace("at_least: 90%", f"at_least: 9{n // 2 % 5}.5%", 1) if n % 2 else text


def revisions(service: Service) -> tuple[str, ...]:
    """Revisions of both sets in one reply."""
    return tuple(summary.revision for summary in listed(service) if summary.code in ("mine", "other"))


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(60 + 15 * SWAPS)
def test_no_call_fails_or_gets_a_wrong_revision_while_a_config_map_is_swapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fourth ConfigMap has a good and a broken set, which stays at its last good revision."""
    monkeypatch.setenv("SCORER_GATE_CACHE", str(tmp_path / "gates"))
    mount, held, broken = Mount(tmp_path / "mount"), [], list(BROKEN.values())
    mine, other = document(code="mine"), document(code="other")
    mount.swap(mine=mine, other=other)
    with serve(tmp_path, "--criteria", str(mount.path)) as running:
        service = Service(running.address)
        scores, pairs = Callers(running.address, 2), Callers(running.address, 1, ask=revisions)
        scores.written.append((revision(mine), 0.5))
        pairs.written.append((revision(mine), revision(other)))
        with scores, pairs:
            for n in range(SWAPS):
                breaks, other = n % 4 == 3, edited(n, "other")
                new = edited(n, "mine")
                if not breaks:
                    mine = new
                    scores.written.append((revision(mine), (n + 1) / 1000))
                pairs.written.append((revision(mine), revision(other)))
                mount.swap(mine=broken[n // 4 % len(broken)](new) if breaks else new, other=other)
                until(lambda: revisions(service) == pairs.written[-1], f"swap {n} was not taken")
                assert score(service) == scores.written[-1]
                assert (state(service, "mine") == KEPT) == breaks, n
                for callers in (scores, pairs):
                    callers.served = len(callers.written) - 1
                held.append(memory(running.process.pid))
        until(lambda: running.log.count(" loaded in ") == SWAPS, "not logged, or loaded more than once")
        service.channel.close()
    print(f"{SWAPS} swaps, {scores.answers} scores, {pairs.answers} lists, MiB held: {held[:: max(SWAPS // 20, 1)]}")
    assert scores.wrong == pairs.wrong == []
    assert min(scores.answers, pairs.answers) > SWAPS
    errors = [line for line in running.log.splitlines() if " ERROR " in line]
    assert len(errors) >= SWAPS // 4
    assert all(re.search(r" ERROR \S+/mine\.yaml:\d+:\d+: ", line) for line in errors), errors
    assert held[-1] - held[SWAPS // 5] < 24, held
