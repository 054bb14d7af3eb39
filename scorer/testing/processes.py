"""The same scoring in processes of their own, in which sets have another order and texts another hash."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

from scorer.testing.faults import Unscorable
from scorer.testing.subject import Subject

SEEDS = ("1", "2", "3", "4")


def in_other_processes(name: str) -> list[str]:
    """What ``fingerprint`` is in some processes, which run side by side.

    Raises:
        Unscorable: one of them failed.
    """
    code = f"from scorer.testing.processes import fingerprint; print(fingerprint({name!r}))"
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


def fingerprint(name: str) -> str:
    """SHA-256 of all that an installed plugin's own scoring gives."""
    digest = hashlib.sha256()
    for trial in Subject.of(name).trials:
        if trial.asked:
            for part in trial.bytes(trial.drawn):
                digest.update(part)
    return digest.hexdigest()
