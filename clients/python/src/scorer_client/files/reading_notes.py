"""Notes on values that were read differently from how they were written, one note per kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from scorer_client.files.messages import Language, say


@dataclass
class _Kind:
    values: dict[str, object]
    position: str
    cell: str
    value: str
    count: int = 0


@dataclass
class Notes:
    """Collects notes.

    Attributes:
        language: language of the notes.
    """

    language: Language = "en"
    _kinds: dict[str, _Kind] = field(default_factory=dict)

    def add(self, key: str, position: str = "", cell: str = "", value: str = "", **values: object) -> None:
        """Counts one value of a kind. The first value of a kind is kept with its position as the example.

        Args:
            key: key of the kind in ``MESSAGES``.
            position: the position of the value.
            cell: the value as it is written.
            value: the value as it was read.
            values: values for the placeholders of the message.
        """
        self._kinds.setdefault(key, _Kind(values, position, cell, value)).count += 1

    def more(self, key: str) -> bool:
        """Counts one value of a kind, if ``add`` was already called for this kind; otherwise returns False."""
        kind = self._kinds.get(key)
        if kind is not None:
            kind.count += 1
        return kind is not None

    def sentences(self) -> tuple[str, ...]:
        """One sentence per kind, in the order in which the kinds occurred first."""
        return tuple(self._sentence(key, kind) for key, kind in self._kinds.items())

    def _sentence(self, key: str, kind: _Kind) -> str:
        what = say(self.language, key, n=kind.count, **kind.values)
        if kind.value:
            return say(self.language, "note", what=what, position=kind.position, cell=kind.cell, value=kind.value)
        return say(self.language, "note_position", what=what, position=kind.position) if kind.position else what
