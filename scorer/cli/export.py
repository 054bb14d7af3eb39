"""Writes results to files: CSV for spreadsheets, JSON for programs.

A CSV file begins with a byte order mark, because spreadsheets guess another character set without it. A text that
begins like a formula gets an apostrophe in front, because spreadsheets would evaluate it.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import tempfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import typer

from scorer.cli.i18n import Language
from scorer.cli.output import UserError, json_text
from scorer_client import Province, UnitResult
from scorer_client.forms import Form

BYTE_ORDER_MARK = "\ufeff"
RESULT_ENDINGS = (".csv", ".json")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that spreadsheets evaluate as a formula."""

_SCORE_FIELDS = ("points", "max_points", "percent", "converted", "published")


def check_output(path: Path, endings: tuple[str, ...], inputs: Iterable[Path], *, force: bool) -> None:
    """Refuses, before any work is done, a path of --out that must not be written.

    Args:
        path: the file to write.
        endings: the endings that its name may have.
        inputs: the files of answers, which are never overwritten.
        force: whether other existing files are overwritten.

    Raises:
        UserError: it says why.
    """
    if path.suffix not in endings:
        raise UserError(f"--out {path} ends in none of {', '.join(endings)}")
    if path.exists() and any(file.exists() and path.samefile(file) for file in inputs):
        raise UserError(f"--out {path} is the file of answers itself")
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: there is no directory {path.parent}")
    check_overwrite(path, force=force)


def check_overwrite(path: Path, *, force: bool) -> None:
    """Refuses a path that must not be written.

    Raises:
        UserError: it is a directory, a device or a pipe, or it exists and ``force`` is not set.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is not a regular file; name another file")
    if os.path.lexists(path) and not force:  # also a link that leads nowhere
        raise UserError(f"{path} exists already; --force overwrites it")


def output_file(text: str) -> Path:
    """The path of a file that an option names.

    Raises:
        typer.BadParameter: it names a directory.
    """
    if text.endswith(("/", os.sep)):
        raise typer.BadParameter(f"{text} names a directory; name a file")
    return Path(text)


def write_results(path: Path, province: Province, form: Form, language: Language) -> None:
    """Writes results as CSV or JSON, by the ending of the path, which is .csv or .json.

    Raises:
        UserError: the file cannot be written.
    """
    write_atomically(path, as_csv(province, form, language) if path.suffix == ".csv" else as_json(province))


def write_atomically(path: Path, content: str | bytes) -> None:
    """Writes a temporary file and renames it, so that no reader sees half of the content.

    Raises:
        UserError: the file cannot be written.
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
    """All results as JSON, with the field names of the client's types."""
    rankings = [
        {**{f.name: getattr(ranking, f.name) for f in dataclasses.fields(ranking)}, "units": list(ranking.units)}
        for ranking in province.rankings
    ]
    content = {"provenance": province.provenance, "rankings": rankings}
    return json_text(_plain(content))


def as_csv(province: Province, form: Form, language: Language) -> str:
    """One line per unit, in ranking order. If the set commends units, a column has 1 for commended ones."""
    names = form.names(language.value)
    categories = list(dict.fromkeys(tally.category for ranking in province.rankings for tally in ranking.tallies))
    file = io.StringIO(newline="")
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file, lineterminator="\n")
    header = ["tier", "id", "name", "parent", "overall_rank", *(f"overall_{field}" for field in _SCORE_FIELDS)]
    for code in categories:
        header += [f"{code}_{field}" for field in ("standing", "level", "rank", *_SCORE_FIELDS, "causes")]
    if form.commends:
        header.append("commended")
    writer.writerow(header)
    for unit in chain.from_iterable(ranking.units for ranking in province.rankings):  # not as a list: results are large
        line = _line(unit, categories, language, names)
        writer.writerow(map(_cell, [*line, int(unit.commended)] if form.commends else line))
    return file.getvalue()


def _line(unit: UnitResult, categories: list[str], language: Language, names: dict[str, str]) -> list[object]:
    line: list[object] = [unit.tier, unit.id, unit.name, unit.parent, unit.overall_rank or ""]
    line += [getattr(unit.overall, field) for field in _SCORE_FIELDS]
    by_code = {category.category: category for category in unit.categories}
    for code in categories:
        if code not in by_code:
            line += [""] * (len(_SCORE_FIELDS) + 4)
            continue
        category = by_code[code]
        line += [category.standing, category.level or "", category.rank or ""]
        line += [getattr(category.score, field) for field in _SCORE_FIELDS]
        line.append("; ".join(cause.sentence(language.value, names) for cause in category.causes))
    return line


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _plain(value: Any) -> Any:
    """Dataclasses and named tuples as dicts, without the fields that describe the call and not its result."""
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
