"""Criteria sets that extend an earlier one: they state only what changes.

Categories, groups, criteria and levels of the base are merged with the changes; any other value is replaced. Criteria
are found by ``id``, levels by ``level``. The value ``~`` removes a key, and ``remove: true`` an entry of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scorer.criteria import schema
from scorer.criteria.document import Document, Path, as_mapping
from scorer.criteria.subtotal_reader import SUBTOTALS
from scorer.model.suggestions import did_you_mean, short_repr

EXTENDS = "extends"
REMOVE = "remove"

NOT_INHERITED = ("criteria_set", "title", "legal_basis", "notes", "effective")
"""Keys that belong to one version only. A document that extends it does not take them over."""

MAX_BASES = 10
"""Maximum number of sets in a chain of extensions, without the last one."""


@dataclass(frozen=True)
class Base:
    """A document that other documents can extend."""

    source: str
    """Name of the document."""
    data: Any
    """The document's own content, without the content of its base; None if the document cannot be read."""
    digest: bytes = b""
    """SHA-256 of the text."""

    @classmethod
    def of(cls, document: Document, digest: bytes = b"") -> Base:
        """The content of a parsed document."""
        return cls(document.source, None if document.problems else document.data, digest)


Library = Callable[[], Mapping[str, Base]]
"""Returns the documents that can be extended, by code of the set. Called only for a document that extends another."""


def base_codes(data: object, library: Library) -> Iterator[str]:
    """The codes of the sets that a document extends, nearest first; the last one may be unknown or repeated."""
    codes: list[str] = []
    while isinstance(code := as_mapping(data).get(EXTENDS), str):
        yield code
        if code in codes or len(codes) > MAX_BASES:
            return
        codes.append(code)
        base = library().get(code)
        data = base.data if base else None


def extend(document: Document, library: Library) -> Document:
    """Merges a document with everything that it takes over from the sets that it extends.

    Returns:
        The document. If it extends a set, it has the merged content, and records which values are inherited. If it
        cannot be merged, it has a problem at the key ``extends`` instead.
    """
    data = as_mapping(document.data)
    if EXTENDS not in data:
        return document
    problem, bases = _bases(document, library)
    if problem:
        document.problem((EXTENDS,), problem)
        return document
    inherited = _without_own_keys(bases[-1])
    for base in reversed(bases[:-1]):
        lower = Document(base.source, base.data)
        inherited = _without_own_keys(
            Base(base.source, _Merge(lower, base.data[EXTENDS], _Positions()).document(inherited))
        )
        if lower.problems:
            document.problem((EXTENDS,), f"{base.source} cannot be extended: {lower.problems[0].message}")
            return document
    positions = _Positions()
    merged = _Merge(document, data[EXTENDS], positions).document(inherited)
    document.data, document.keys, document.values = merged, positions.keys, positions.values
    document.written, document.base = positions.written, data[EXTENDS]
    return document


def _bases(document: Document, library: Library) -> tuple[str, list[Base]]:
    """Why a document cannot be merged (empty if it can), and the documents that it extends, nearest first."""
    data, known = as_mapping(document.data), library()
    own = data.get("criteria_set")
    if not isinstance(data[EXTENDS], str):
        return f"expected the code of a criteria set, not {short_repr(data[EXTENDS])}", []
    bases, codes = [], list(base_codes(data, library))
    for n, code in enumerate(codes):
        if code == own or code in codes[:n]:
            return f"the sets extend each other: {' extends '.join([str(own), *codes[: n + 1]])}", []
        if n == MAX_BASES:
            problem = f"extends more than {MAX_BASES} sets, one after the other"
            return f"{problem}; write one of them in full, without 'extends'", []
        if code not in known:
            hint = did_you_mean(code, known.keys() - {own}) or "; it has to be installed, or in the same directory"
            return f"there is no criteria set {code!r} to extend{hint}", []
        if not isinstance(known[code].data, Mapping):
            return f"{known[code].source}, which has criteria set {code!r}, cannot be read", []
        bases.append(known[code])
    return "", bases


def _without_own_keys(base: Base) -> dict[str, Any]:
    return {key: value for key, value in as_mapping(base.data).items() if key not in (*NOT_INHERITED, EXTENDS)}


@dataclass
class _Positions:
    """The positions of the values of the merged content in the documents."""

    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    written: dict[Path, Path] = field(default_factory=dict)
    """For each entry of a list, by its path in the merged content: its path in the document."""


class _Merge:
    """Merges one document with the content that it extends.

    A value is at the path ``own`` in the document, and at ``path`` in the merged content.

    Args:
        document: the document; receives the problems.
        base: name of the extended set in messages.
        positions: receives the positions of the document's values in the merged content.
    """

    def __init__(self, document: Document, base: str, positions: _Positions) -> None:
        self._document, self._base, self._positions = document, base, positions

    def document(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The merged content."""
        new = dict(self._document.data)
        inner = {"categories": self._by_code(self._category), SUBTOTALS: self._mapping}
        merged = self._mapping(new, base, (), (), inner)
        return {key: value for key, value in merged.items() if key != EXTENDS}

    def _category(self, new: Any, base: Any, own: Path, path: Path) -> Any:
        inner = {"groups": self._by_code(self._group), "levels": self._by_key("level", self._level)}
        return self._mapping(new, base, own, path, inner)

    def _group(self, new: Any, base: Any, own: Path, path: Path) -> Any:
        inner = {"criteria": self._by_key("id", self._criterion), "indicators": self._mapping}
        return self._mapping(new, base, own, path, inner)

    def _criterion(self, new: Any, base: Any, own: Path, path: Path) -> Any:
        replaced = base.keys() - schema.Criterion.model_fields.keys() if "formula" in new else set()
        return self._replacing(new, base, own, path, replaced)

    def _level(self, new: Any, base: Any, own: Path, path: Path) -> Any:
        conditions = {"gates", "when"}  # either key states a new condition, which replaces the old one
        return self._replacing(new, base, own, path, conditions if new.keys() & conditions else set())

    def _replacing(self, new: Any, base: Any, own: Path, path: Path, replaced: Collection[str]) -> Any:
        """Merges two mappings without some keys of the base. Writing ``~`` for such a key changes nothing."""
        new = {key: value for key, value in new.items() if value is not None or key not in base or key not in replaced}
        return self._mapping(new, {key: value for key, value in base.items() if key not in replaced}, own, path)

    def _by_code(self, merge: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that merges two mappings, and merges the values of a key in both with ``merge``."""

        def by_code(new: Any, base: Any, own: Path, path: Path) -> Any:
            return self._mapping(new, base, own, path, dict.fromkeys(base, merge) if isinstance(base, Mapping) else {})

        return by_code

    def _mapping(
        self, new: Any, base: Any, own: Path, path: Path, inner: Mapping[str, Callable[..., Any]] | None = None
    ) -> Any:
        """Merges two mappings. ``inner`` has the functions that merge the values of keys; other values are replaced."""
        if not isinstance(new, Mapping) or not isinstance(base, Mapping):
            return self._take(new, own, path)
        self._note(own, path)
        merged = dict(base)
        for key, value in new.items():
            if value is None and key in base:
                del merged[key]
            elif value is None:
                hint = did_you_mean(key, base)
                self._problem((*own, key), f"{self._base} has no {key!r} here, so it cannot be removed{hint}")
            elif key in base and inner and key in inner:
                merged[key] = inner[key](value, base[key], (*own, key), (*path, key))
            else:
                merged[key] = self._take(value, (*own, key), (*path, key))
        return merged

    def _by_key(self, key: str, merge: Callable[..., Any]) -> Callable[..., Any]:
        """Merges two lists whose entries are mappings with a unique ``key``."""

        def by_key(new: Any, base: Any, own: Path, path: Path) -> Any:
            if not isinstance(new, list) or not isinstance(base, list):
                return self._take(new, own, path)
            self._note(own, path)
            if not new:
                message = f"an empty list changes nothing of {self._base}; leave it out, or write ~ to remove the list"
                self._problem(own, message)
            entries: dict[Any, Any] = {}
            for n, entry in enumerate(base):
                name = entry.get(key) if isinstance(entry, Mapping) else None
                entries[name if isinstance(name, str | int) and name not in entries else (n,)] = entry
            changed: dict[Any, int] = {}
            added: list[int] = []
            for n, entry in enumerate(new):
                name = entry.get(key) if isinstance(entry, Mapping) else None
                known = isinstance(name, str | int) and name in entries
                if isinstance(entry, Mapping) and REMOVE in entry:
                    self._check_removal(entry, key, known, (*own, n), entries)
                    if known:
                        del entries[name]
                elif known and name not in changed:
                    changed[name] = n
                else:
                    if key == "id" and isinstance(name, str) and not known and "formula" not in entry:
                        hint = did_you_mean(name, [code for code in entries if isinstance(code, str)])
                        message = (
                            f"{self._base} has no criterion {name!r} in this group{hint}; a new one needs a formula"
                        )
                        self._problem((*own, n, key), message)
                    added.append(n)
            order: list[tuple[Any, int | None]] = [(name, changed.get(name)) for name in entries]
            order += [(None, n) for n in added]
            if key == "level":
                order.sort(key=lambda pair: _level(pair[0] if pair[1] is None else as_mapping(new[pair[1]]).get(key)))
            merged = []
            for index, (name, position) in enumerate(order):
                if position is None:
                    merged.append(entries[name])
                    continue
                inside, at = (*own, position), (*path, index)
                self._positions.written[at] = inside
                if name is None:
                    merged.append(self._take(new[position], inside, at))
                else:
                    merged.append(merge(new[position], entries[name], inside, at))
            return merged

        return by_key

    def _check_removal(
        self, entry: Mapping[str, Any], key: str, known: bool, own: Path, entries: Mapping[Any, Any]
    ) -> None:
        if entry[REMOVE] is not True:
            self._problem((*own, REMOVE), f"expected true, not {short_repr(entry[REMOVE])}")
        for other in entry.keys() - {key, REMOVE}:
            self._problem((*own, other), f"an entry that is removed has no other keys than {key!r}")
        if not known:
            name = entry.get(key)
            hint = did_you_mean(str(name), [str(code) for code in entries])
            self._problem(
                (*own, key), f"{self._base} has no {key} {short_repr(name)} here, so it cannot be removed{hint}"
            )

    def _take(self, value: Any, own: Path, path: Path) -> Any:
        """Records the positions of a value of the document and of all values in it, and returns the value."""
        self._note(own, path)
        items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        for step, item in items:
            self._take(item, (*own, step), (*path, step))
        return value

    def _note(self, own: Path, path: Path) -> None:
        for noted, known in (
            (self._positions.keys, self._document.keys),
            (self._positions.values, self._document.values),
        ):
            if own in known:
                noted[path] = known[own]

    def _problem(self, own: Path, message: str) -> None:
        self._document.problem(own, message, key=True)


def _level(number: object) -> float:
    """The sort key of a level; levels that are not numbers come last."""
    return number if isinstance(number, int) else float("inf")
