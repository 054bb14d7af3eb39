"""The same scoring in processes of their own, in which sets have another order and texts another hash."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.faults import Unscorable
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

SEEDS = ("1", "2", "3", "4")


def in_other_processes(plugin: Plugin) -> list[str]:
    """What ``fingerprint`` of an installed plugin is in some processes, which run side by side.

    Raises:
        Unscorable: one of them failed.
    """
    which = f"{plugin.name!r}, {plugin.distribution!r}"
    code = f"from scorer.testing.conformance.processes import fingerprint; print(fingerprint({which}))"
    path = os.pathsep.join(filter(None, sys.path))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in SEEDS
    ]
    said = [process.communicate() for process in started]
    for process, (_, complaint) in zip(started, said, strict=True):
        if process.returncode:
            raise Unscorable(f"scoring failed in another process: {complaint.strip().rpartition(os.linesep)[2]}")
    return [out.split()[-1] for out, _ in said]


def fingerprint(name: str, distribution: str) -> str:
    """SHA-256 of all that an installed plugin's own scoring gives."""
    digest = hashlib.sha256()
    named = PluginUnderTest.named(name, PluginHost.installed())
    [subject] = [subject for subject in named if subject.plugin.distribution == distribution]
    for trial in subject.trials:
        if trial.asked:
            for part in trial.bytes(trial.drawn):
                digest.update(part)
    return digest.hexdigest()
