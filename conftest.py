"""How tests are run: in several processes, long tests only on request, and tests that measure something alone."""

from __future__ import annotations

import fcntl
import gc
import os
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent

# The hundreds of processes that tests start would compile every module anew. What pytest has compiled is of no use to
# them, because it rewrites assertions.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
for name in ("COLUMNS", "LINES"):  # readline sets them in a process that starts others: no terminal, no width
    os.environ.pop(name, None)


MAX_ID_LENGTH = 80
"""Maximum length, in characters, of the id of a parameter."""


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names a parameter that is a list, tuple or dictionary by its content, where pytest would write ``words0``."""
    if not isinstance(val, (list, tuple, dict)):
        return None
    try:
        text = repr(val)
    except ValueError:  # a number with thousands of digits
        return None
    return None if " at 0x" in text else text[:MAX_ID_LENGTH]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option ``--long``."""
    parser.addoption("--long", action="store_true", help="run the long tests too, and draw all examples")


def pytest_configure(config: pytest.Config) -> None:
    """Sets what tests, and the commands that they run, read in the environment; no example has to be fast."""
    gc.set_threshold(20_000)  # thousands of tests and their modules remain: to look through them often takes 6 % of CPU
    # For tests/support/example_counts.py.
    share = float(os.environ.setdefault("TEST_EXAMPLES", "1" if config.getoption("long") else "0.15"))
    settings.register_profile(
        "untimed",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        max_examples=max(round(100 * share), 1),  # where a test gives no number itself
    )
    settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The processes of ``-n auto``: none for benchmarks or for one file, otherwise one more than there are cores.

    While a test waits, such as for a worker to be replaced, another one uses the core.
    """
    paths = {Path(argument.partition("::")[0]).resolve() for argument in config.args}
    one_file = len(paths) == 1 and all(path.is_file() for path in paths)
    if one_file or any(path.is_relative_to(ROOT / "benchmarks") for path in paths):
        return 0
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the long tests out, unless they are asked for."""
    if config.getoption("long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_collection_finish() -> None:
    """Excludes the tests and their modules, which all remain, from later collections of garbage."""
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """While a test marked ``alone`` runs, no other test does, in this process or in another one.

    Every test holds the lock of the checkout while it runs: most share it, those marked ``alone`` have it exclusively.
    Each test waits for it with the lock of ``tests/``, so that later tests cannot overtake one marked ``alone``.
    """
    if not hasattr(item.config, "workerinput"):  # there is no other process
        return (yield)
    with ExitStack() as held:
        with locked(ROOT / "tests", fcntl.LOCK_EX):
            alone = item.get_closest_marker("alone")
            held.enter_context(locked(ROOT, fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
        return (yield)


@contextmanager
def locked(folder: Path, how: int) -> Generator[None]:
    """Holds the lock of a folder, shared or exclusive: an operation of ``fcntl.flock``."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
