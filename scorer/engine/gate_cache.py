"""A directory with the decisions of the rule engine, so that a service that starts again need not compile its gates.

There is one file per rule, named by a key: the hash of the rule and of the versions of durable-rules and the scorer.

    SHA-256 of the two lines that follow
    the key
    a 0 or 1 for each cell of the rule's table

Several processes can use the same directory. Nothing is ever removed, and the directory may be deleted at any time. A
file that is damaged, or that belongs to another rule or version, is ignored. The caller must also check the decisions
that it reads against a plain comparison. So the files need not be trusted.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scorer import __version__

log = logging.getLogger("scorer.gates")


class GateCache:
    """Decisions of the rule engine in a directory. Errors are logged and never raised: the caller compiles gates
    instead.

    Args:
        directory: is created when the first entry is written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._versions = f"durable-rules {_installed_version('durable-rules')}, scorer {__version__}"
        self._reported: set[str] = set()
        """The logged reasons why entries could not be read or written."""

    def read(self, rule: str, cells: int) -> list[bool] | None:
        """The decisions for a rule, not yet checked against the rule; None if there is no valid entry.

        Args:
            rule: the hash of the rule.
            cells: the number of cells of its table.
        """
        key = self._key(rule)
        expected = 64 + 1 + 64 + 1 + cells + 1
        try:
            with open(self._directory / key, "rb", opener=_open_without_waiting) as file:
                entry = file.read(expected + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._report("read", key, error)
            return None
        decisions = entry[130:-1]
        if entry != _entry(key, decisions) or len(entry) != expected or decisions.strip(b"01"):
            self.reject(rule, "it is damaged, or belongs to another rule or version")
            return None
        return [decision == ord("1") for decision in decisions]

    def reject(self, rule: str, reason: str) -> None:
        """Logs that the entry of a rule is not used, and why."""
        log.warning(
            "gate cache: %s is not used, and its rule is compiled again: %s", self._directory / self._key(rule), reason
        )

    def write(self, rule: str, decisions: list[bool]) -> None:
        """Writes the checked decisions for a rule. Replaces an earlier entry atomically: no process reads half an
        entry.
        """
        key = self._key(rule)
        temporary = None
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=".", dir=self._directory, delete=False) as file:
                temporary = Path(file.name)
                file.write(_entry(key, b"".join(b"1" if decision else b"0" for decision in decisions)))
            temporary.replace(self._directory / key)
        except OSError as error:
            self._report("written", key, error)
            if temporary:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)

    def _key(self, rule: str) -> str:
        return hashlib.sha256(f"{self._versions}, rule {rule}".encode()).hexdigest()

    def _report(self, action: str, key: str, error: OSError) -> None:
        """Logs why an entry cannot be read or written. Each reason is logged once, because it probably holds for all
        entries.
        """
        reason = f"cannot be {action}: {error.strerror}"
        if reason not in self._reported:
            self._reported.add(reason)
            log.warning("gate cache: %s %s; gates are compiled", self._directory / key, reason)


def _open_without_waiting(path: str, flags: int) -> int:
    """Opens a file without following a link, and without waiting for a writer if the file is a named pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _entry(key: str, decisions: bytes) -> bytes:
    content = b"%s\n%s\n" % (key.encode(), decisions)
    return b"%s\n%s" % (hashlib.sha256(content).hexdigest().encode(), content)


def _installed_version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of unknown version"
