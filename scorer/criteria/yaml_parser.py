"""Parses YAML into a document: plain values, with the line and column of each value."""

from __future__ import annotations

import datetime
import re
import warnings
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from scorer.criteria.document import Document, Path
from scorer.model.text_rules import title_problem

MAX_BYTES = 2**20
MAX_VALUES = 100_000
"""Maximum number of values in a document. The limit also stops nested aliases, which expand exponentially."""
MAX_CHARACTERS = MAX_BYTES
"""Maximum number of characters of all keys and values together. An alias can repeat a long text in a few bytes."""
MAX_DEPTH = 40
"""Maximum number of nested levels in a document."""
MAX_DIGITS = 30
"""Maximum number of digits of a number."""
MERGE_KEY = "<<"
"""The key that, in YAML 1.1, copies the keys of another mapping. YAML 1.2 has no such key."""
_PORTABLE_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*|(0|[1-9][0-9]*)?\.[0-9]*)")
"""Numbers that mean the same in every version of YAML. Excluded are 010, which means 8 or 10, and 1_0 and 1e3, which
are numbers or texts."""
_VERSION = re.compile(r"^%YAML[ \t]+([0-9]+\.[0-9]+)", re.MULTILINE)
"""The directive for the version of YAML. For versions other than 1.1 and 1.2, ruamel.yaml raises an internal error."""
_STANDARD_TAG_PREFIX = "tag:yaml.org,2002:"


def read_document(file: Traversable) -> bytes:
    """The content of a file, cut at one byte more than ``MAX_BYTES``: some files, such as devices, are endless.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def parse(text: str | bytes, source: str) -> Document:
    """Parses one YAML 1.2 document. The result has all mistakes in ``problems``."""
    document = Document(source)
    if len(text) > MAX_BYTES:
        document.problem((), f"larger than {MAX_BYTES} bytes")
        return document
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before, wrong = error.object[: error.start].decode("utf-8", "replace"), error.object[error.start]
            document.problem_at(*_end_position(before), (), f"not UTF-8: byte {error.start} is {wrong:#04x}")
            return document
    text = text.removeprefix("\ufeff")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # YAML 1.2 lets a document define an anchor again
            root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = " ".join(str(error.problem or error.context or "unreadable").split())
        if message == "but found another document":
            message = "expected a single document, but found another one"
        document.problem_at(line, column, (), f"not YAML: {message}")
        return document
    except ReaderError as error:
        message = f"unacceptable character #x{error.character:04x}: {error.reason}"
        document.problem_at(*_end_position(text[: error.position]), (), f"not YAML: {message}")
        return document
    except RecursionError:
        document.problem((), "not YAML: nested too deeply")
        return document
    except Exception:  # on odd input ruamel.yaml raises internal errors, whose texts depend on the version of Python
        if directive := _VERSION.search(text):
            message = f"is YAML {directive[1]}; write YAML 1.2, or delete this line"
            document.problem_at(*_end_position(text[: directive.start()]), (), message)
            return document
        document.problem((), "not YAML: cannot be read; does a text contain an escape beyond \\U0010FFFF?")
        return document
    if root is None:
        document.problem((), "is empty")
        return document
    converter = _Converter(document)
    data = converter.visit(root, (), 0)
    if data is None:
        document.problem((), "is empty")
    document.data = None if converter.too_large or converter.has_merge_key else data
    return document


def _end_position(before: str) -> tuple[int, int]:
    """Line and column, from 1, of the character after a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


class _Converter:
    """Converts YAML nodes to plain values and records positions and problems in the document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = self.characters = 0
        self.too_large = self.has_merge_key = False

    def visit(self, node: Node, path: Path, depth: int) -> Any:
        self.count += 1
        self.document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, ScalarNode):
            self.characters += len(node.value)
        if not self.too_large and (self.count >= MAX_VALUES or self.characters > MAX_CHARACTERS):
            self.too_large = True
            limit = f"{MAX_VALUES} values" if self.count >= MAX_VALUES else f"{MAX_CHARACTERS} characters"
            self.document.problem(path, f"more than {limit}; are there aliases of aliases?")
        if not self.too_large and depth == MAX_DEPTH:
            self.too_large = True
            self.document.problem(path[:3], f"deeper than {MAX_DEPTH} levels")
        if self.too_large:
            return None
        tag = str(node.tag).removeprefix(_STANDARD_TAG_PREFIX)
        if isinstance(node, MappingNode | SequenceNode) and tag not in ("map", "seq"):
            self.document.problem(path, f"the tag {node.tag!r} is not allowed here")
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.visit(item, (*path, n), depth + 1) for n, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)  # compose() has resolved the aliases
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, value in node.value:
            position = (key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, ScalarNode):
                self.document.values.setdefault(path, position)
                self.document.problem(path, "a key must be text")
                continue
            name = str(key.value)
            if name == MERGE_KEY:
                self.has_merge_key = True
                message = "YAML 1.2 has no merge key <<; write the keys out here"
                self.document.problem_at(*position, (*path, name), message)
                continue
            if name in plain:
                self.document.problem_at(*position, (*path, name), f"key {name!r} is given twice")
                continue
            self.characters += len(name)
            self.document.keys[(*path, name)] = position
            plain[name] = self.visit(value, (*path, name), depth + 1)
        return plain

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        tag, text = str(node.tag).removeprefix(_STANDARD_TAG_PREFIX), str(node.value)
        if tag == "str":
            if problem := title_problem(text):
                self.document.problem(path, problem)
            return text
        if tag == "null":
            return None
        if tag == "bool":
            if text.lower() not in ("true", "false"):  # after a %YAML 1.1 directive, yes and no are booleans too
                self.document.problem(path, f"write true or false, not {text!r}")
            return text.lower() == "true"
        if tag == "timestamp":
            try:
                return datetime.date.fromisoformat(text)
            except ValueError:
                self.document.problem(path, f"{text!r} is not a day such as 2020-06-30")
                return None
        if tag in ("int", "float"):
            return self._number(text, path)
        self.document.problem(path, f"the tag {node.tag!r} is not allowed here")
        return None

    def _number(self, text: str, path: Path) -> int | Decimal | None:
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
            self.document.problem(path, f"{text[:40]!r} is not a plain decimal number")
            return None
        if not _PORTABLE_NUMBER.fullmatch(text):
            message = f"{text[:40]!r} is not the same number in all versions of YAML; write {number:f}"
            self.document.problem(path, message)
            return None
        return int(number) if number == number.to_integral_value() and "." not in text else number
