"""A YAML document as plain values that know their line and column."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import unicodedata
import warnings
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from scorer.model.untrusted import escaped

Path = tuple[str | int, ...]

MAX_BYTES = 2**20
MAX_VALUES = 100_000
"""Also stops aliases that multiply each other."""
MAX_TEXT = MAX_BYTES
"""Characters of all keys and values together: an alias repeats a long text in a few bytes."""
MAX_DEPTH = 40
MAX_DIGITS = 30
MAX_PROBLEMS = 20
"""Problems of a document that are reported one by one; the others are only counted."""
MAX_WORDS = 1_000
"""Characters of a problem's path, and of its message: keys and values of a document can be long."""
MERGE = "<<"
"""The key by which YAML 1.1 takes the keys of another mapping over; YAML 1.2 has no such key."""
UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""Unicode categories of control and format characters: they reorder a line of text, or look like nothing at all."""
_PLAIN = re.compile(r"[-+]?(0|[1-9][0-9]*|(0|[1-9][0-9]*)?\.[0-9]*)")
"""Numbers that all versions of YAML read alike: 010 is 8 or 10, 1_0 a number or a text, and so is 1e3."""
_STANDARD = "tag:yaml.org,2002:"


class Problem(NamedTuple):
    """Something wrong with a document."""

    source: str
    line: int
    column: int
    path: str
    """The key's path, such as ``categories.readiness.levels[0]``; empty for the document itself."""
    message: str
    stands_for: int = 1
    """How many problems this line stands for: more than one where it only counts them."""

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


@dataclass
class Document:
    """Plain values (dict, list, str, int, Decimal, bool, date, None) and where each stands."""

    source: str
    data: Any = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column of keys, from 1."""
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column of values, from 1."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """What is allowed, and hardly what was meant."""
    _seen: set[tuple[object, ...]] = field(default_factory=set)
    _broken: set[Path] = field(default_factory=set)

    def problem(self, path: Path, message: str, *, key: bool = False) -> None:
        """Notes a problem at a value, or at its key; where neither stands, at what would hold it."""
        self.note(*self._position(path, key=key), path, message)

    def warn(self, path: Path, message: str) -> None:
        """Notes that a value is hardly what was meant."""
        self.warnings.append(Problem(self.source, *self._position(path), show_path(path), f"warning: {message}"))

    def _position(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        at = path
        while at and at not in self.values:
            at = at[:-1]
        return (self.keys if key and path in self.keys else self.values).get(at, (1, 1))

    def note(self, line: int, column: int, path: Path, message: str) -> None:
        """Notes a problem at a line and column; what follows from a problem at the same place is not another one."""
        if (line, column, path) not in self._seen:
            self._seen.add((line, column, path))
            self._broken.update(path[:n] for n in range(len(path) + 1))
            self.problems.append(Problem(self.source, line, column, _short(show_path(path)), _short(escaped(message))))

    def sorted_problems(self) -> tuple[Problem, ...]:
        """The first ``MAX_PROBLEMS`` in the order of the document; one more counts the others, if there are any."""
        ordered = sorted(self.problems, key=lambda p: (p.line, p.column))
        first, others = ordered[:MAX_PROBLEMS], ordered[MAX_PROBLEMS:]
        if others:
            count = len(others)
            message = f"{count} more problem{'s' if count > 1 else ''} from here on; mend those above first"
            first.append(Problem(self.source, others[0].line, others[0].column, "", message, count))
        return tuple(first)

    def broken(self, *prefix: str | int) -> bool:
        """Whether anything under ``prefix`` has a problem."""
        return prefix in self._broken

    def revision(self) -> str:
        """SHA-256 of the content: comments, layout and the order of keys that means nothing do not count."""
        text = json.dumps(_canonical(self.data, ()), ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def show_path(path: Path) -> str:
    """``("levels", 0, "gates")`` as ``levels[0].gates``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{escaped(step)}" if text else escaped(step)
    return text


def _short(text: str) -> str:
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 3]}..."


def read_document(file: Traversable) -> bytes:
    """What a file contains; of one that is too large, as much as shows it: a device has no end.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def parse(text: str | bytes, source: str) -> Document:
    """Reads one YAML 1.2 document; whatever is wrong with it is in its ``problems``."""
    document = Document(source)
    if len(text) > MAX_BYTES:
        document.problem((), f"larger than {MAX_BYTES} bytes")
        return document
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before, wrong = error.object[: error.start].decode("utf-8", "replace"), error.object[error.start]
            document.note(*_position(before), (), f"not UTF-8: byte {error.start} is {wrong:#04x}")
            return document
    text = text.removeprefix("\ufeff")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor given anew is no mistake
            root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = " ".join(str(error.problem or error.context or "unreadable").split())
        if what == "but found another document":
            what = "expected a single document, but found another one"
        document.note(line, column, (), f"not YAML: {what}")
        return document
    except ReaderError as error:
        what = f"unacceptable character #x{error.character:04x}: {error.reason}"
        document.note(*_position(text[: error.position]), (), f"not YAML: {what}")
        return document
    except RecursionError:
        document.problem((), "not YAML: nested too deeply")
        return document
    except Exception:  # ruamel.yaml lets some of its own mistakes out on odd input, in other words on each Python
        document.problem((), "not YAML: cannot be read; does a text hold an escape beyond \\U0010FFFF?")
        return document
    if root is None:
        document.problem((), "is empty")
        return document
    walk = _Walk(document)
    data = walk.visit(root, (), 0)
    if data is None:
        document.problem((), "is empty")
    document.data = None if walk.too_much or walk.merges else data
    return document


def _position(before: str) -> tuple[int, int]:
    """Line and column of what follows a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


class _Walk:
    """Turns YAML nodes into plain values, noting positions and problems."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = self.letters = 0
        self.too_much = self.merges = False

    def visit(self, node: Node, path: Path, depth: int) -> Any:
        self.count += 1
        self.document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, ScalarNode):
            self.letters += len(node.value)
        if not self.too_much and (self.count >= MAX_VALUES or self.letters > MAX_TEXT):
            self.too_much = True
            what = f"{MAX_VALUES} values" if self.count >= MAX_VALUES else f"{MAX_TEXT} characters"
            self.document.problem(path, f"more than {what}; are there aliases that multiply?")
        if depth == MAX_DEPTH:
            self.document.problem(path[:3], f"deeper than {MAX_DEPTH} levels")
        if self.too_much or depth >= MAX_DEPTH:
            return None
        tag = str(node.tag).removeprefix(_STANDARD)
        if isinstance(node, MappingNode | SequenceNode) and tag not in ("map", "seq"):
            self.document.problem(path, f"the tag {node.tag!r} is not allowed here")
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.visit(item, (*path, n), depth + 1) for n, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)  # composing has resolved aliases
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, value in node.value:
            here = (key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, ScalarNode):
                self.document.values.setdefault(path, here)
                self.document.problem(path, "a key must be text")
                continue
            name = str(key.value)
            if name == MERGE:
                self.merges = True
                message = "keys cannot be merged in by <<, which YAML 1.2 has not; write them out here"
                self.document.note(*here, (*path, name), message)
                continue
            if name in plain:
                self.document.note(*here, (*path, name), f"key {name!r} is given twice")
                continue
            self.letters += len(name)
            self.document.keys[(*path, name)] = here
            plain[name] = self.visit(value, (*path, name), depth + 1)
        return plain

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        tag, text = str(node.tag).removeprefix(_STANDARD), str(node.value)
        if tag == "str":
            if any("\ud800" <= letter <= "\udfff" for letter in text):
                self.document.problem(path, f"{text!r} has half a character (an escape from \\ud800 to \\udfff)")
            unseen = [] if text.isprintable() else [c for c in text if c not in "\n\t" and _unseen(c)]
            if unseen:
                self.document.problem(path, f"has a control or format character (U+{ord(unseen[0]):04X}); delete it")
            return text
        if tag == "null":
            return None
        if tag == "bool":
            if text.lower() not in ("true", "false"):  # a %YAML 1.1 directive makes yes and no booleans
                self.document.problem(path, f"say true or false, not {text!r}")
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
        if not _PLAIN.fullmatch(text):
            message = f"{text[:40]!r} is another number, or none, in other versions of YAML; write {number:f}"
            self.document.problem(path, message)
            return None
        return int(number) if number == number.to_integral_value() and "." not in text else number


def _unseen(letter: str) -> bool:
    return unicodedata.category(letter) in UNSEEN


def _canonical(value: Any, path: Path) -> Any:
    if isinstance(value, dict):
        items = [(key, _canonical(item, (*path, key))) for key, item in value.items()]
        # The order of categories and of their groups means something: it is kept.
        ordered = path == ("categories",) or (len(path) == 3 and path[0] == "categories" and path[2] == "groups")
        return [list(item) for item in items] if ordered else dict(sorted(items))
    if isinstance(value, list):
        return [_canonical(item, (*path, n)) for n, item in enumerate(value)]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{Decimal(value).normalize():f}"
    return value.isoformat() if isinstance(value, datetime.date) else value
