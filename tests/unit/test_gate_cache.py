"""The directory of compiled gates: no damaged or forged entry changes a table or stops a set from loading."""

from __future__ import annotations

import hashlib
import logging
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from example_counts import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from scorer.engine import gate_cache
from scorer.engine.gate_cache import GateCache
from scorer.engine.gates import COMMAND, AtLeast, GateCompiler, GateCompilerError, RangeTest, Rule

NO_ENGINE = ("false",)


def rule(*minima: int) -> Rule:
    """Holds if every key reaches its minimum."""
    return Rule(
        AtLeast(len(minima), tuple(RangeTest(n, ((least, None),)) for n, least in enumerate(minima))), len(minima)
    )


RULE, OTHER = rule(5, 70, 9), rule(6, 70, 9)
WANTED = [False] * 7 + [True]


def load(folder: Path, command: tuple[str, ...] = NO_ENGINE, wanted: Rule = RULE) -> list[bool]:
    """The gate table of a new process. By default, its rule engine ends with an error."""
    (table,) = GateCompiler(command, cache=GateCache(folder)).compile([wanted])
    return list(table.holds)


def with_hash(*lines: bytes) -> bytes:
    """A cache entry with these lines, preceded by their hash."""
    content = b"".join(line + b"\n" for line in lines)
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """The only entry of a directory."""
    assert load(tmp_path / "gates", COMMAND) == WANTED
    (path,) = (tmp_path / "gates").iterdir()
    return path


def test_a_rule_is_compiled_once_for_all_processes(entry: Path) -> None:
    before = entry.stat().st_mtime_ns
    assert load(entry.parent) == WANTED
    assert entry.stat().st_mtime_ns == before
    with pytest.raises(GateCompilerError, match="ended with code 1"):
        load(entry.parent, wanted=OTHER)
    assert load(entry.parent, COMMAND, OTHER) == WANTED
    assert load(entry.parent, wanted=OTHER) == WANTED
    assert len(list(entry.parent.iterdir())) == 2


def test_an_entry_is_valid_for_its_versions_only(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, other in (("__version__", "9.9.9"), ("_installed_version", lambda _: "9.9.9")):
        with monkeypatch.context() as patch:
            patch.setattr(gate_cache, name, other)
            with pytest.raises(GateCompilerError):
                load(entry.parent)
    assert load(entry.parent) == WANTED


def replace_by_link(entry: Path) -> None:
    entry.rename(entry.parent.parent / "elsewhere")
    entry.symlink_to(entry.parent.parent / "elsewhere")


def replace_by_pipe(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry)


def forge(entry: Path) -> None:
    """Changes the decision in one cell, and keeps the hash right."""
    _, key, decisions = entry.read_bytes().split()
    entry.write_bytes(with_hash(key, b"1" + decisions[1:]))


def take_other(entry: Path) -> None:
    """The entry of another rule, under the name of this one."""
    load(entry.parent, COMMAND, OTHER)
    (other,) = set(entry.parent.iterdir()) - {entry}
    other.rename(entry)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "is empty": (lambda entry: entry.write_bytes(b""), "is damaged"),
    "is cut off": (lambda entry: entry.write_bytes(entry.read_bytes()[:-3]), "is damaged"),
    "has more cells": (lambda entry: entry.write_bytes(with_hash(entry.name.encode(), b"0" * 9)), "is damaged"),
    "has a third decision": (
        lambda entry: entry.write_bytes(with_hash(entry.name.encode(), b"00000002")),
        "is damaged",
    ),
    "has a wrong hash": (lambda entry: entry.write_bytes(b"0" * 64 + entry.read_bytes()[64:]), "is damaged"),
    "is that of another rule": (take_other, "belongs to another rule"),
    "is forged": (forge, "has wrong decisions"),
    "is a link": (replace_by_link, "cannot be read: Too many levels of symbolic links"),
    "is a pipe": (replace_by_pipe, "is damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_bad_entry_is_recompiled_and_replaced(entry: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    spoil, logged = DAMAGES[damage]
    spoil(entry)
    caplog.clear()
    assert load(entry.parent, COMMAND) == WANTED
    (record,) = caplog.records
    assert (record.levelno, str(entry) in record.message, logged in record.message) == (logging.WARNING, True, True)
    assert load(entry.parent) == WANTED


@settings(max_examples=scaled(100))
@given(st.data())
def test_no_entry_changes_a_table(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("gates")
    cache = GateCache(folder)
    cache.write(RULE.digest(), WANTED)
    (entry,) = folder.iterdir()
    good = entry.read_bytes()
    lines = st.sampled_from([entry.name.encode(), b"00000001", b"11111111", b"00000000"]) | st.binary(max_size=9)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + data.draw(st.binary(max_size=2)) + good[at + 1 :]
    entry.write_bytes(data.draw(st.just(changed) | st.lists(lines, max_size=3).map(lambda all_of: with_hash(*all_of))))
    if entry.read_bytes() == good:
        assert load(folder) == WANTED
    else:
        with pytest.raises(GateCompilerError, match="ended with code 1"):
            load(folder)


def test_a_directory_that_cannot_be_used_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    compiler = GateCompiler(cache=GateCache(tmp_path / "file"))
    assert [list(table.holds) for table in compiler.compile([RULE, OTHER])] == [WANTED, WANTED]
    reasons = [record.message.partition(" cannot be ")[2] for record in caplog.records]
    assert reasons == ["read: Not a directory; gates are compiled", "written: File exists; gates are compiled"]


def test_a_full_disk_is_logged_and_leaves_no_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    compiler = GateCompiler(cache=GateCache(tmp_path / "gates"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # like a full disk: files can be made, but not written
    try:
        (table,) = compiler.compile([RULE])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(table.holds) == WANTED
    assert [record.message.partition(" cannot be ")[2] for record in caplog.records] == [
        "written: File too large; gates are compiled"
    ]
    assert not list((tmp_path / "gates").iterdir())
