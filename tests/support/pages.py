"""Pages of docs/, their code blocks, sections, tables and commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SET_PAGES = (
    "criteria-sets.md", "criteria-keys.md", "formula-kinds.md", "levels.md", "totals.md", "answers.md", "extends.md",
    "criteria-cases.md",
)  # fmt: skip
"""The pages that describe criteria sets."""
ADDRESS = "127.0.0.1:50051"
"""The address of the service on the pages."""

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^ {4}|`|&& )(scorer [^`\n]+?)(?:`| {3,}|$)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code."""

    language: str
    title: str
    """The name of the file that the block shows, or empty."""
    text: str


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    return [Block(*found) for found in _BLOCK.findall(text)]


def sections(text: str) -> dict[str, str]:
    """The text below each heading, up to the next heading of any depth."""
    parts = re.split(r"^#+ (.+)$", _BLOCK.sub("", text), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> dict[str, str]:
    """The rows of tables whose first cell is code, by the code."""
    found = re.findall(r"^\| ((?:`[^`]+`[ ,*]*)+)\|(.*)\|$", section, re.MULTILINE)
    return {name: f"{cell}|{rest}" for cell, rest in found for name in re.findall(r"`([^`]+)`", cell)}


def commands(text: str) -> list[str]:
    """Every call of ``scorer`` that a page shows."""
    shell = [line for block in blocks(text) if block.language == "sh" for line in block.text.splitlines()]
    return [*(line for line in shell if line.startswith("scorer ")), *_COMMAND.findall(_BLOCK.sub("", text))]
