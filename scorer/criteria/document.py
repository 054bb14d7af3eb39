"""A criteria set document as plain values, with the position of each value, and its problems."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from scorer.model.untrusted import escaped

Path = tuple[str | int, ...]

MAX_PROBLEMS = 20
"""Maximum number of problems of a document that are reported one by one; further problems are only counted."""
MAX_MESSAGE_CHARACTERS = 1_000
"""Maximum length of a problem's path, and also of its message. Longer texts are cut.

Both texts quote keys and values of the document, which can be long.
"""


class Problem(NamedTuple):
    """One problem of a document."""

    source: str
    """Name of the document."""
    line: int
    """Line, from 1."""
    column: int
    """Column, from 1."""
    path: str
    """The key's path, such as ``categories.readiness.levels[0]``; empty for the document itself."""
    message: str
    stands_for: int = 1
    """The number of problems that this entry represents. Only the last entry of a long list represents several."""

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


@dataclass
class Document:
    """A document as plain values (dict, list, str, int, Decimal, bool, date, None), with the position of each value."""

    source: str
    """Name of the document in messages."""
    data: Any = None
    """The root value; None if the document cannot be read."""
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each key, from 1, by path."""
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each value, from 1, by path."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """Values that are allowed but probably mistakes."""
    base: str = ""
    """The code of the set that the document extends, if any. Then paths are those of the merged content."""
    written: dict[Path, Path] = field(default_factory=dict)
    """In a document that extends another: for each entry of a list, by its path in the merged content, its path in the
    document."""
    _seen: set[tuple[object, ...]] = field(default_factory=set)
    """Line, column and path of each problem."""
    _broken: set[Path] = field(default_factory=set)
    """The paths of all problems, with all of their prefixes."""

    def problem(self, path: Path, message: str, *, key: bool = False) -> None:
        """Adds a problem of a value, or of its key; the position is that of the nearest enclosing value that exists."""
        if self._inherits(path):
            message = f"inherited from {self.base}: {message}"
        self.problem_at(*self._position(path, key=key), path, message)

    def warn(self, path: Path, message: str) -> None:
        """Adds a warning that a value is probably a mistake."""
        self.warnings.append(Problem(self.source, *self._position(path), self._shown(path), f"warning: {message}"))

    def _position(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        if key and path in self.keys:
            return self.keys[path]
        enclosing = path
        while enclosing and enclosing not in self.values:
            enclosing = enclosing[:-1]
        if self.base and not enclosing:
            enclosing = ("extends",)
        return self.values.get(enclosing, (1, 1))

    def _inherits(self, path: Path) -> bool:
        """Whether the value at ``path`` is inherited; for a missing value, whether its container is inherited."""
        return bool(self.base) and (path if _exists(self.data, path) else path[:-1]) not in self.values

    def _shown(self, path: Path) -> str:
        """A path as text. Indices count the entries of this document's own lists, not of merged lists."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.written:
                return show_path((*self.written[path[:length]], *path[length:]))
        return show_path(path)

    def problem_at(self, line: int, column: int, path: Path, message: str) -> None:
        """Adds a problem at a line and column, unless the same path already has a problem at that position."""
        if (line, column, path) not in self._seen:
            self._seen.add((line, column, path))
            self._broken.update(path[:n] for n in range(len(path) + 1))
            self.problems.append(
                Problem(self.source, line, column, _shorten(self._shown(path)), _shorten(escaped(message)))
            )

    def sorted_problems(self) -> tuple[Problem, ...]:
        """The first ``MAX_PROBLEMS`` problems in document order; if there are more, a last entry counts them."""
        ordered = sorted(self.problems, key=lambda p: (p.line, p.column))
        reported, remaining = ordered[:MAX_PROBLEMS], ordered[MAX_PROBLEMS:]
        if remaining:
            count = len(remaining)
            message = f"{count} more problem{'s' if count > 1 else ''} from here on; fix those above first"
            reported.append(Problem(self.source, remaining[0].line, remaining[0].column, "", message, count))
        return tuple(reported)

    def broken(self, *prefix: str | int) -> bool:
        """Whether the value at ``prefix``, or any value inside it, has a problem."""
        return prefix in self._broken

    def revision(self) -> str:
        """SHA-256 of the content. Comments, layout and the order of keys without meaning do not influence it."""
        text = json.dumps(_canonical(self.data, ()), ensure_ascii=False, separators=(",", ":"))
        # A key with a lone surrogate is refused later, but the revision may be needed before.
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _exists(data: Any, path: Path) -> bool:
    """Whether content has a value at a path."""
    try:
        for step in path:
            data = data[step]
    except (LookupError, TypeError):
        return False
    return True


def show_path(path: Path) -> str:
    """A path as text: ``("levels", 0, "gates")`` is ``levels[0].gates``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{escaped(step)}" if text else escaped(step)
    return text


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE_CHARACTERS else f"{text[: MAX_MESSAGE_CHARACTERS - 3]}..."


def as_mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a mapping; otherwise an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a list; otherwise an empty one."""
    return value if isinstance(value, list) else []


def _canonical(value: Any, path: Path) -> Any:
    """The value at ``path`` as JSON values; equal content gives equal JSON."""
    if isinstance(value, dict):
        items = [(key, _canonical(item, (*path, key))) for key, item in value.items()]
        # Categories and their groups keep their order, because it has a meaning.
        ordered = path == ("categories",) or (len(path) == 3 and path[0] == "categories" and path[2] == "groups")
        return [list(item) for item in items] if ordered else dict(sorted(items))
    if isinstance(value, list):
        return [_canonical(item, (*path, n)) for n, item in enumerate(value)]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{Decimal(value).normalize():f}"
    return value.isoformat() if isinstance(value, datetime.date) else value
