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
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

import typer

from scorer.cli.i18n import Language
from scorer.cli.output import UserError, json_text
from scorer_client import Province
from scorer_client.criteria_set_form import Form
from scorer_client.sentences import level_name, rounded

BYTE_ORDER_MARK = "\ufeff"
RESULT_ENDINGS = (".csv", ".json")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters of texts that spreadsheets evaluate as formulas."""

UNITS_AT_ONCE = 500
"""Number of units whose lines of a CSV file are written together."""


def check_output(path: Path, endings: tuple[str, ...], inputs: Iterable[Path], *, force: bool) -> None:
    """Checks, before any work is done, that a path of --out may be written.

    Args:
        path: the file to write.
        endings: the endings that its name may have.
        inputs: the files of answers, which are never overwritten.
        force: whether other existing files are overwritten.

    Raises:
        UserError: the path must not be written; the message says why.
    """
    if path.name in endings:
        raise UserError(f"--out {path} has no name before its ending; write NAME{path.name}")
    if path.suffix not in endings:
        raise UserError(f"--out {path} ends in none of {', '.join(endings)}")
    if path.exists() and any(file.exists() and path.samefile(file) for file in inputs):
        raise UserError(f"--out {path} is the file of answers itself")
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: there is no directory {path.parent}")
    check_overwrite(path, force=force)


def check_overwrite(path: Path, *, force: bool) -> None:
    """Checks that a file may be written.

    Raises:
        UserError: the path is a directory, a device or a pipe, or it exists and ``force`` is false.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is not a regular file; name another file")
    if os.path.lexists(path) and not force:  # true also for a link to a file that does not exist
        raise UserError(f"{path} exists already; --force overwrites it")


def output_file(text: str) -> Path:
    """The path of a file that an option names.

    Raises:
        typer.BadParameter: the text names a directory.
    """
    if text.endswith(("/", os.sep)):
        raise typer.BadParameter(f"{text} names a directory; name a file")
    return Path(text)


def write_results(path: Path, province: Province, form: Form, language: Language, *, force: bool) -> None:
    """Writes results as CSV or JSON, depending on the ending of the path, .csv or .json.

    Raises:
        UserError: the file cannot be written, or exists and ``force`` is false.
    """
    content = as_csv(province, form, language) if path.suffix == ".csv" else as_json(province)
    write_atomically(path, content, force=force)


def write_atomically(path: Path, content: str | bytes, *, force: bool) -> None:
    """Writes a temporary file and renames it, so that no reader sees half of the content.

    Raises:
        UserError: the file cannot be written, or exists and ``force`` is false. It may have appeared since
            ``check_overwrite``.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            Path(name).chmod(_mode(path))
            if force:
                Path(name).replace(path)
            else:
                _rename_to_new(Path(name), path)
        finally:
            Path(name).unlink(missing_ok=True)
    except FileExistsError as error:
        raise UserError(f"{path} exists already; --force overwrites it") from error
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def _rename_to_new(temporary: Path, path: Path) -> None:
    """Gives a file another name, and possibly leaves the old name too.

    Raises:
        FileExistsError: a file of this name exists.
    """
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # the file system has no hard links; readers may see an empty file for a moment
        path.open("xb").close()
        temporary.replace(path)


def _mode(path: Path) -> int:
    """The permissions of the existing file; for a new file, the default permissions of this user."""
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
    content = {"provenance": province.provenance, "texts": province.texts, "rankings": rankings}
    return json_text(_plain(content))


def as_csv(province: Province, form: Form, language: Language) -> str:
    """One line per unit, in ranking order.

    The columns are those that docs/tables.md describes for the view FULL, and columns of texts for people: titles of
    tiers, standings and levels, and causes as sentences. Published scores have as many decimals as the set publishes.
    There is no column ``commended`` if the set commends no units.

    Raises:
        ValueError: the units were ranked as rows.
    """
    names = form.names(language.value)
    table = province.table
    if not form.commends:
        table = table.drop_columns(["commended"])
    file = io.StringIO(newline="")
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(name for column in table.column_names for name in (column, *_text_columns(column)))
    units = chain.from_iterable(ranking.units for ranking in province.rankings)  # not as a list: results are large
    for batch in table.to_batches(max_chunksize=UNITS_AT_ONCE):
        columns = list[Iterable[object]]()
        causes = {name: list[str]() for name in table.column_names if name.endswith(".failing")}
        for unit in islice(units, len(batch)):
            sentences = {
                c.category: "; ".join(cause.sentence(language.value, names, c.category) for cause in c.causes)
                for c in unit.categories
            }
            for name, texts in causes.items():
                texts.append(sentences.get(name.removesuffix(".failing"), ""))
        for name in table.column_names:
            values = batch.column(name).to_pylist()
            columns.append([_cell(value, name, form.points_decimals) for value in values])
            if name in causes:
                columns.append(map(_safe, causes[name]))
            elif _text_columns(name):
                columns.append([_safe(_title(name, value, names, language)) for value in values])
        writer.writerows(zip(*columns, strict=True))
    return file.getvalue()


def _text_columns(column: str) -> list[str]:
    """Names of the columns of texts for people that belong after a column: one or none."""
    category, _, kind = column.rpartition(".")
    text = {"standing": "standing_title", "level": "level_title", "failing": "causes"}
    if column == "tier":
        return ["tier_title"]
    return [f"{category}.{text[kind]}"] if category and kind in text else []


def _title(column: str, value: object, names: Mapping[str, str], language: Language) -> str:
    """The name of a tier, standing or level for people; "" if it has no name."""
    category, _, kind = column.rpartition(".")
    if isinstance(value, int):
        return level_name(category, value, language.value, names)
    return names.get(f"{kind}/{value}", "")


def _cell(value: object, column: str, decimals: int) -> object:
    """Converts a value to the content of a cell."""
    if isinstance(value, float) and column.rpartition(".")[2].partition("@")[0] == "published":
        return rounded(value, decimals)
    return int(value) if isinstance(value, bool) else _safe(value)


def _safe(value: object) -> object:
    """A value; if it is a text that begins like a formula, with an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _plain(value: Any) -> Any:
    """Dataclasses and named tuples as dicts, without fields that describe the call rather than its result."""
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
