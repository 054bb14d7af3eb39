"""Times the loading of each installed criteria set: reading the document, and compiling the gates.

durable-rules compiles gates in a separate process. A service that loads its sets again reuses the tables of unchanged
gates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alternate_timing import in_turn
from province import installed

from scorer.catalogue.catalogue import load_set
from scorer.criteria.loader import load
from scorer.engine.gates import GateCompiler

Text = tuple[str, bytes]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "document" in metafunc.fixturenames:
        files = {file.name: file for plugin in installed().host.plugins for file in plugin.criteria_sets}
        metafunc.parametrize("document", list(files.values()), ids=list(files))


@pytest.fixture(autouse=True)
def _group(request: pytest.FixtureRequest, benchmark: Any, document: Any) -> None:
    benchmark.group = f"loading, {document.name}"
    benchmark.extra_info["criteria_set"] = document.name.removesuffix(".yaml")
    benchmark.extra_info["units"] = 1


def compile_gates(document: Any, compiler: GateCompiler) -> Callable[[], None]:
    """A function that loads a document and compiles its gates."""
    host, text = installed().host, document.read_bytes()

    def compile_them() -> None:
        plan, loaded = load_set(host, document.name, text, compiler)
        assert plan is not None
        assert not loaded.problems

    return compile_them


def test_document(benchmark: Any, pytestconfig: pytest.Config, document: Any) -> None:
    """Reads and checks a document, without compiling its gates."""
    vocabulary, text = installed().host.vocabulary(), document.read_bytes()
    criteria_set, loaded = load(text, document.name, vocabulary)
    assert criteria_set is not None
    assert not loaded.problems
    in_turn(benchmark, pytestconfig, {f"{document.name}, read": lambda: load(text, document.name, vocabulary)})


def test_gates_compiled(benchmark: Any, pytestconfig: pytest.Config, document: Any) -> None:
    """Loads a document with a new compiler, which must compile all gates."""
    variant = {f"{document.name}, gates compiled": lambda: compile_gates(document, GateCompiler())()}
    in_turn(benchmark, pytestconfig, variant)


def test_gates_remembered(benchmark: Any, pytestconfig: pytest.Config, document: Any) -> None:
    """Loads a document with a compiler that already has the gate tables."""
    compiler = GateCompiler()
    compile_gates(document, compiler)()
    in_turn(benchmark, pytestconfig, {f"{document.name}, gates remembered": compile_gates(document, compiler)})
