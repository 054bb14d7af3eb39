"""Results as files: CSV for spreadsheets, JSON for machines; written whole or not at all.

Spreadsheets take a file without a byte order mark for one of another character set, and a text that begins like a
formula for one: files of CSV begin with the mark, and such texts with an apostrophe.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

import typer

from scorer.cli.i18n import Language
from scorer.cli.output import UserError, json_text
from scorer_client import Province, UnitResult
from scorer_client.forms import Form

BYTE_ORDER_MARK = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How cells begin that spreadsheets take for formulas."""

_SCORE = ("points", "max_points", "percent", "converted", "published")


def output_file(text: str) -> Path:
    """The path of a file that an option names.

    Raises:
        typer.BadParameter: it names a directory.
    """
    if text.endswith(("/", os.sep)):
        raise typer.BadParameter(f"{text} names a directory; name a file")
    return Path(text)


def check_target(path: Path, *, force: bool) -> None:
    """Refuses, before any work, a file that must not be written.

    Raises:
        UserError: it is a directory, a device or a pipe, or it is there already and ``force`` is not set.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is not a regular file; name another file")
    if os.path.lexists(path) and not force:  # also a link that leads nowhere
        raise UserError(f"{path} is there already; --force overwrites it")


def write_results(path: Path, province: Province, form: Form, language: Language) -> None:
    """Writes results by the file's ending.

    Raises:
        UserError: another ending than .csv and .json, or the file cannot be written.
    """
    if path.suffix not in (".csv", ".json"):
        raise UserError(f"{path} ends neither in .csv nor in .json")
    write_atomically(path, as_csv(province, form, language) if path.suffix == ".csv" else as_json(province))


def write_atomically(path: Path, content: str | bytes) -> None:
    """Writes a file beside its place and moves it there, so that nobody reads half of it.

    Raises:
        UserError: it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            Path(name).chmod(_mode(path))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def _mode(path: Path) -> int:
    """The permissions of a file that is replaced; of a new one, those that any program would give it."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def as_json(province: Province) -> str:
    """Everything, as the client's types have it."""
    rankings = [
        {**{f.name: getattr(ranking, f.name) for f in dataclasses.fields(ranking)}, "units": list(ranking.units)}
        for ranking in province.rankings
    ]
    content = {"provenance": province.provenance, "rankings": rankings}
    return json_text(_plain(content))


def as_csv(province: Province, form: Form, language: Language) -> str:
    """One line a unit, in ranking order; with a column of who is commended (1) when the set commends anybody."""
    names = form.names(language.value)
    categories = list(dict.fromkeys(tally.category for ranking in province.rankings for tally in ranking.tallies))
    file = io.StringIO(newline="")
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file, lineterminator="\n")
    header = ["tier", "id", "name", "parent", "overall_rank", *(f"overall_{field}" for field in _SCORE)]
    for code in categories:
        header += [f"{code}_{field}" for field in ("standing", "level", "rank", *_SCORE, "causes")]
    if form.commends:
        header.append("commended")
    writer.writerow(header)
    for unit in chain.from_iterable(ranking.units for ranking in province.rankings):  # one by one: they are large
        line = _line(unit, categories, language, names)
        writer.writerow(map(_cell, [*line, int(unit.commended)] if form.commends else line))
    return file.getvalue()


def _line(unit: UnitResult, categories: list[str], language: Language, names: dict[str, str]) -> list[object]:
    line: list[object] = [unit.tier, unit.id, unit.name, unit.parent, unit.overall_rank or ""]
    line += [getattr(unit.overall, field) for field in _SCORE]
    have = {category.category: category for category in unit.categories}
    for code in categories:
        if code not in have:
            line += [""] * (len(_SCORE) + 4)
            continue
        category = have[code]
        line += [category.standing, category.level or "", category.rank or ""]
        line += [getattr(category.score, field) for field in _SCORE]
        line.append("; ".join(cause.sentence(language.value, names) for cause in category.causes))
    return line


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _plain(value: Any) -> Any:
    """Dataclasses and named tuples as mappings, without what belongs to the call and not to its result."""
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
