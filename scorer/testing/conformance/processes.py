"""Repeats scoring in other processes with other hash seeds, which change the order of sets."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

from scorer.model.child_processes import child_environment
from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.faults import Unscorable
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

HASH_SEEDS = ("1", "2", "3", "4")
"""Values of PYTHONHASHSEED, one per process."""


def in_other_processes(plugin: Plugin) -> list[str]:
    """The ``fingerprint`` of an installed plugin in each of several processes, which run at the same time.

    Raises:
        Unscorable: a process failed.
    """
    arguments = f"{plugin.name!r}, {plugin.distribution!r}"
    code = f"from scorer.testing.conformance.processes import fingerprint; print(fingerprint({arguments}))"
    path = os.pathsep.join(filter(None, sys.path))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=child_environment(PYTHONHASHSEED=seed, PYTHONPATH=path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for seed in HASH_SEEDS
    ]
    outputs = [process.communicate() for process in processes]
    for process, (_, errors) in zip(processes, outputs, strict=True):
        if process.returncode:
            raise Unscorable(f"scoring failed in another process: {errors.strip().rpartition(os.linesep)[2]}")
    return [output.split()[-1] for output, _ in outputs]


def fingerprint(name: str, distribution: str) -> str:
    """SHA-256 of the points and statuses that an installed plugin's ``score`` gives for the generated answers."""
    digest = hashlib.sha256()
    named = PluginUnderTest.named(name, PluginHost.installed())
    [subject] = [subject for subject in named if subject.plugin.distribution == distribution]
    for harness in subject.harnesses:
        if harness.calls_score:
            for array_bytes in harness.output_bytes(harness.random_cohort):
                digest.update(array_bytes)
    return digest.hexdigest()
