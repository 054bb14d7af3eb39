"""Third-party plugins as real distributions that tests create, and the ``scorer`` command that finds them.

A distribution is a folder with files, metadata and entry points, as an installer leaves it. With that folder in
``PYTHONPATH``, every process finds it like an installed distribution.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness import Service
from processes import SCORER, started

HEAD = "import numpy as np\nfrom scorer.plugin_api import CriterionGroup, GroupPoints, Indicator, hookimpl\n\n\n"

ZEROS = """\
        shape = len(criteria), len(cohort)
        return GroupPoints(np.zeros(shape), np.ones(shape, dtype=np.uint8))
"""
"""The last lines of a ``score`` that gives no points."""


def install(site: Path, name: str, version: str, files: Mapping[str, str], plugins: Mapping[str, str]) -> None:
    """What an installer leaves of a distribution.

    Args:
        site: the folder, which is made when it is not there.
        name: the distribution's.
        version: the distribution's.
        files: texts by path below the folder.
        plugins: values of the entry points by name.
    """
    metadata = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "INSTALLER": "tests\n",
        "entry_points.txt": "[scorer.plugins]\n" + "".join(f"{key} = {value}\n" for key, value in plugins.items()),
    }
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    everything = {**files, **{f"{info}/{file}": text for file, text in metadata.items()}}
    everything[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*everything, f"{info}/RECORD"])
    for file, text in everything.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text, encoding="utf-8")


def third_party_plugin(site: Path, name: str, code: str) -> None:
    """A distribution ``third-party-NAME`` 1.0 of one module NAME, which is a plugin of that name."""
    install(site, f"third-party-{name}", "1.0", {f"{name}.py": code}, {name: name})


def group_module(name: str, score: str = "", *, indicator: str = "wells", sets: Sequence[str] = ()) -> str:
    """The code of a plugin with a group of one number to report.

    Args:
        name: of the group.
        score: the body of its ``score(self, criteria, cohort)``, indented by eight; empty to inherit it.
        indicator: what its units report.
        sets: file names, beside the module, of the criteria sets that it issues.
    """
    method = f"\n    def score(self, criteria, cohort):\n{score}" if score else ""
    issued = (
        "\n\n@hookimpl\ndef scorer_criteria_sets():\n    from pathlib import Path\n\n"
        f"    return [Path(__file__).with_name(file) for file in {list(sets)}]\n"
        if sets
        else ""
    )
    return (
        f"{HEAD}class Group(CriterionGroup):\n    name, api_version = {name!r}, 1\n"
        f"    indicators = (Indicator({indicator!r}, kind='number'),)\n{method}"
        f"\n\n@hookimpl\ndef scorer_criterion_group():\n    return Group()\n{issued}"
    )


def document(code: str, group: str, indicator: str = "wells") -> str:
    """A criteria set of one criterion, W.1, of 10 points."""
    return (
        f"criteria_set: {code}\ntitle: {{en: {code}}}\nprovenance: published\ntiers: [district]\n"
        f"categories:\n  supply:\n    groups:\n      {group}:\n        criteria:\n"
        f"          - {{id: W.1, formula: awarded, indicator: {indicator}, points: 10}}\n"
    )


def environment(site: Path | None, **more: str) -> dict[str, str]:
    """The environment of a process that finds only the distributions in a directory."""
    found = {**os.environ, "COLUMNS": "400", **more}
    found.pop("PYTHONPATH", None)
    return found if site is None else {**found, "PYTHONPATH": str(site)}


def run(site: Path | None, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs ``scorer`` with what is installed in a folder; ``more`` goes to its environment."""
    done = subprocess.run(
        [SCORER, *words],
        env=environment(site, **more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


class Served(Service):
    """A running ``scorer serve``, and what it has written to standard error so far."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        super().__init__(address)
        self.process, self._log, self._forgotten = process, log, 0

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")[self._forgotten :]

    def forget(self) -> None:
        """Forgets the output so far."""
        self._forgotten += len(self.log)


@contextmanager
def serve(site: Path | None, log: Path, *words: str) -> Iterator[Served]:
    """``scorer serve`` with what is installed in a folder; ``log`` is written."""
    with started(log, *words, environment=environment(site)) as (process, address):
        service = Served(process, address, log)
        try:
            yield service
        finally:
            service.channel.close()
