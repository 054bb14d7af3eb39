"""The pages of docs/ list every key, command, option and API name, and none that does not exist."""

from __future__ import annotations

import ast
import enum
import inspect
import os
import re
import subprocess
import sys
import typing
from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pages import DOCS, ROOT, SET_PAGES, commands, page, rows, sections
from pydantic import BaseModel

import scorer
from scorer import plugin_api
from scorer.criteria import condition_schema, schema
from scorer.formulas import KINDS
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.plugin_api import CriterionGroup, Formula, Outcome
from scorer.plugins import hookspecs
from scorer.service.call.metrics import Metrics
from scorer.testing import pytest_plugin
from scorer.testing.cases import schema as cases
from scorer.testing.conformance.checks import CHECKS

PLUGINS = sections(page("plugin-reference.md"))
CRITERIA_SETS = "".join(map(page, SET_PAGES))
SETS = sections(CRITERIA_SETS)
COMMANDS = page("commands.md")
AT_THE_TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = {
    file.name: file.read_text(encoding="utf-8")
    for file in (*(ROOT / name for name in AT_THE_TOP), *sorted(DOCS.glob("*.md")))
}
SETTINGS = set(re.findall(r'addini\("(\w+)"', inspect.getsource(pytest_plugin)))
"""Settings that the scorer adds to pytest."""
METRICS = {sample.name for family in Metrics().registry.collect() for sample in [family, *family.samples]} | {
    "scorer_workers",
    "scorer_unresponsive_workers",
}
HOOKS = {name for name in vars(hookspecs) if name.startswith("scorer_")}


def own(cls: type, base: type = object) -> set[str]:
    """Public members of a class that ``base`` does not have."""
    names = {*vars(cls), *vars(cls).get("__annotations__", {})}
    return {name for name in names if not name.startswith("_") and not hasattr(base, name)}


# Plugins


@pytest.mark.parametrize(
    ("heading", "there_is"),
    [
        ("Hooks", HOOKS),
        ("What a plugin can import", set(plugin_api.__all__)),
        ("The criterion group", own(CriterionGroup)),
        ("Indicators", {*(field.name for field in fields(Indicator)), *IndicatorKind}),
        ("Formula kinds", own(Formula, BaseModel)),
        ("Tests", {check.name for check in CHECKS}),
    ],
)
def test_the_plugin_reference_lists_everything(heading: str, there_is: set[str]) -> None:
    section = re.sub(r"^\| from .*", "", PLUGINS[heading], flags=re.MULTILINE)
    assert set(rows(section)) == {str(name) for name in there_is}


def test_the_plugin_reference_lists_the_fields_of_an_outcome() -> None:
    for name in Outcome._fields:
        assert f"`{name}`" in PLUGINS["Formula kinds"], name


NO_MODULES = {"scorer.plugins", "scorer.binpb", "scorer.proto", "scorer.toml", "scorer.example"}
"""An entry-point group, files, and a host."""
PACKAGES = {package.parent.name for package in ROOT.glob("clients/*/src/*/__init__.py")}
"""The packages of the clients, some of which need not be installed: the one for Spark is large."""


@pytest.mark.parametrize("name", PAGES)
def test_hooks_and_packages_on_a_page_exist(name: str) -> None:
    for word in set(re.findall(r"\bscorer_\w+", PAGES[name])):
        known = word in HOOKS or word in SETTINGS or word.removesuffix("_total") in METRICS or word in PACKAGES
        assert known or find_spec(word), word
    for module in set(re.findall(r"(?<![./\w])scorer(?:\.[a-z_]+)+\b(?!\()", PAGES[name])) - NO_MODULES:
        holder, _, attribute = module.rpartition(".")
        assert find_spec(module) or hasattr(__import__(holder, fromlist=["_"]), attribute), module


# Criteria sets


def choices(annotation: Any) -> Iterator[str]:
    """The words that a field accepts."""
    if typing.get_origin(annotation) is typing.Literal:
        yield from map(str, typing.get_args(annotation))
    elif inspect.isclass(annotation) and issubclass(annotation, enum.StrEnum):
        yield from annotation
    for argument in typing.get_args(annotation):
        yield from choices(argument)


def keys(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model, by their keys in documents."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


SHAPES: dict[str, tuple[type[BaseModel], ...]] = {
    "The document": (schema.Head,),
    "A category": (schema.Category,),
    "A group": (schema.Group,),
    "An indicator": (schema.Indicator,),
    "A check": (schema.Check,),
    "A criterion": (schema.Criterion,),
    "A level": (schema.Level,),
    "The overall score": (schema.Overall,),
    "Answers from the units below": (schema.FromChildren,),
    "A gate": (condition_schema.Gate,),
    "A gate on an answer": (condition_schema.AnswerGate,),
    "A gate on another category": (condition_schema.LevelGate,),
    "Conditions": (condition_schema.AllOf, condition_schema.AnyOf, condition_schema.SomeOf, condition_schema.Not),
    "Limits": (schema.Limit,),
    "Ranking": (schema.Ranking,),
    "The file": (cases.Head,),
    "A case": (cases.ScoreCase,),
    "A case of several units": (cases.RankCase,),
    "What can be expected": (cases.Expect,),
}
INNER = {
    ("The document", "legal_basis"): schema.LegalBasis,
    ("The document", "effective"): schema.Effective,
    ("The document", "tiers"): schema.Tier,
    ("The document", "rounding"): schema.Rounding,
    ("The document", "ranking"): schema.Ranking,
    ("The document", "subtotals"): schema.Subtotal,
    ("The document", "overall"): schema.Overall,
    ("The document", "commend"): schema.Commend,
    ("A category", "ranking"): schema.CategoryRanking,
    ("An indicator", "options"): schema.Option,
    ("A case of several units", "units"): cases.Unit,
    ("A case of several units", "expect"): cases.Ranks,
}
"""Models whose keys are listed in the row of an outer key."""


@pytest.mark.parametrize("heading", SHAPES)
def test_the_tables_list_exactly_the_keys_of_a_document(heading: str) -> None:
    table, shapes = rows(SETS[heading]), SHAPES[heading]
    found = {key: info for shape in shapes for key, info in keys(shape).items()}
    assert list(table) == sorted(found, key=list(table).index)
    for key, info in found.items():
        cell = table[key].partition("|")[0]
        assert ("*" in cell) == (info.is_required() and len(shapes) == 1), key  # of several shapes, none is required


@pytest.mark.parametrize(("heading", "key"), INNER)
def test_every_inner_key_is_in_the_row_of_its_key(heading: str, key: str) -> None:
    row = rows(SETS[heading])[key]
    for inner, info in keys(INNER[heading, key]).items():
        assert f"`{inner}`" in row, inner
        if info.is_required() and key != "units":
            assert f"`{inner}` *" in row or inner == "rank", inner


@pytest.mark.parametrize("shape", [*(shape for shapes in SHAPES.values() for shape in shapes), *INNER.values(), *KINDS])
def test_every_word_that_a_key_accepts_is_on_a_page(shape: type[BaseModel]) -> None:
    for key, info in keys(shape).items():
        for word in choices(info.annotation):
            assert f"`{word}`" in CRITERIA_SETS, f"{key}: {word}"


def test_every_model_of_a_document_is_on_a_page() -> None:
    """A new model must get a table on a page."""
    ours = {*(shape for shapes in SHAPES.values() for shape in shapes), *INNER.values()}
    for module, also in (
        (schema, {schema.StrictModel}),
        (condition_schema, {condition_schema.Minimum}),
        (cases, {cases.Cause}),
    ):
        classes = {value for value in vars(module).values() if inspect.isclass(value) and issubclass(value, BaseModel)}
        assert {cls for cls in classes if cls.__module__ == module.__name__} <= ours | also


def test_every_formula_kind_has_its_section_with_all_its_keys() -> None:
    found = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^##|\Z)", page("formula-kinds.md"), re.MULTILINE | re.DOTALL))
    assert set(found) == {kind.kind for kind in KINDS}
    for kind in KINDS:
        for key, info in keys(kind).items():
            assert re.search(rf"\b{key}:|`{key}`", found[kind.kind]), f"{kind.kind}: {key}"
            for model in inner_models(info.annotation):
                for inner in keys(model):
                    assert re.search(rf"\b{inner}:|`{inner}`", found[kind.kind]), f"{kind.kind}: {inner}"


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    for argument in typing.get_args(annotation):
        if inspect.isclass(argument) and issubclass(argument, BaseModel):
            yield argument
        yield from inner_models(argument)


# Commands and settings


def test_the_page_of_commands_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def known_commands() -> dict[str, set[str]]:
    """Options by command, from the page of commands."""
    parts = re.split(r"^##+ `(scorer[^`]*)`$", COMMANDS, flags=re.MULTILINE)
    options = (
        set(re.findall(r"--[a-z-]+", " ".join(re.findall(r"^\* `(--.*?)`:", part, re.M)))) for part in parts[2::2]
    )
    return dict(zip(parts[1::2], options, strict=True))


@pytest.mark.parametrize("name", PAGES)
def test_commands_and_options_on_a_page_exist(name: str) -> None:
    known = known_commands()
    for line in commands(PAGES[name]):
        words = line.split()
        if words[1].startswith("-") or words[1].isupper():
            assert words[1] in ("--version", "COMMAND"), line
            continue
        command = " ".join(words[:3] if any(c.startswith(" ".join(words[:2]) + " ") for c in known) else words[:2])
        assert command in known, line
        for option in (word for word in words if word.startswith("--")):
            assert option in known[command] | {"--help"}, line


def test_every_command_is_named_by_the_readme_or_a_guide() -> None:
    shown = " ".join(line for name, text in PAGES.items() if name != "commands.md" for line in commands(text))
    for command in known_commands():
        assert command in shown, command


def variables() -> Iterator[str]:
    """Variables of the environment that the scorer reads or sets."""
    code = "import os; before = set(os.environ); import scorer.cli; print(*set(os.environ) - before)"
    clean = {
        name: value for name, value in os.environ.items() if not re.search(r"GRPC|_NUM_THREADS|NUMPY|PYDANTIC", name)
    }
    yield from subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True).stdout.split()
    for file in Path(scorer.__path__[0]).rglob("*.py"):
        yield from read_by(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def read_by(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Variables that are named where they are read."""
    for node in nodes:
        name: ast.AST | None = None
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv", "os.environ.pop"):
            name = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            name = node.slice
        elif isinstance(node, ast.keyword) and node.arg == "envvar":
            name = node.value
        if isinstance(name, ast.Constant):
            yield str(name.value)


def test_the_page_of_commands_lists_exactly_the_environment_variables() -> None:
    head = COMMANDS.partition("<!--")[0]
    assert set(re.findall(r"`([A-Z]+_?[A-Z_]+)`", head)) == set(variables())


# Links


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    folder = ROOT if name in AT_THE_TOP else DOCS
    for target in re.findall(r"\]\((?!http)([^)]+)\)", PAGES[name]):
        file, _, heading = target.partition("#")
        assert (folder / file).exists(), target
        if heading:
            text = (folder / file).read_text(encoding="utf-8") if file else PAGES[name]
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in sections(text)}
            assert heading in anchors, target
