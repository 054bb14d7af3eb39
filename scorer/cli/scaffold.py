"""scorer plugins new: a whole plugin distribution to start from."""

from __future__ import annotations

import keyword
import re
import shlex
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from string import Template

import typer

from scorer import __version__
from scorer.cli.i18n import search_key
from scorer.cli.loading import quiet_host
from scorer.cli.output import UserError, out
from scorer.criteria.model import TOTAL
from scorer.criteria.schema import CODE
from scorer.model.untrusted import escaped
from scorer.plugins.host import PluginHost
from scorer.testing.cases.model import OVERALL

CATEGORY = "results"
"""The category of the criteria set that is written; no group of a set is called like a category."""

LONGEST = 40
"""Letters of a name: the code of the criteria set is longer, and has its limit too."""

FOLDERS = ("src", "tests")
"""Folders that are written, in which its tests are started."""

STUBS = "egov"
"""The package of the contract's stubs; it has no ``__init__.py``, so that another one of the name would hide it."""

ENDING = ".tmpl"
PLACE = "NAME"
"""In names of files: the plugin's name."""


def new_plugin(
    name: str = typer.Argument(
        help="Code of plugin, package and criterion group, such as water_quality.", metavar="NAME"
    ),
    directory: Path | None = typer.Option(
        None, help="Folder to write it to, which is not there yet or empty; ./NAME if not given.", metavar="DIRECTORY"
    ),
) -> None:
    """Write a plugin to start from: a distribution with a criterion group, a criteria set, cases and tests.

    It works as it is, and its comments say what each part is for. Nothing is overwritten.
    """
    check_name(name, quiet_host())
    target = directory or Path(name)
    written = write_plugin(name, target)
    out.print(f"written to {escaped(str(target))}:", markup=False)
    for file in written:
        out.print(f"  {file}", markup=False, soft_wrap=True)
    out.print("next:")
    for step in (f"cd {shlex.quote(str(target))}", "pip install -e '.[test]'", "pytest", "scorer serve"):
        out.print(f"  {escaped(step)}", markup=False, soft_wrap=True)


def check_name(name: str, host: PluginHost) -> None:
    """Refuses names that a plugin, its package or its group cannot have here.

    Raises:
        UserError: what is wrong with it.
    """
    if not re.fullmatch(CODE, name):
        near = re.sub(r"[^a-z0-9]+", "_", search_key(name)).strip("_")[:LONGEST]
        hint = f"; did you mean {near!r}?" if re.fullmatch(CODE, near) else ""
        raise UserError(f"{name!r} is not a code of small letters without accents, digits and '_'{hint}")
    if len(name) > LONGEST:
        raise UserError(f"{name!r} has {len(name)} letters, more than {LONGEST}")
    if name in (TOTAL, OVERALL, CATEGORY):
        raise UserError(f"a group cannot be called {name!r}: criteria sets use the word otherwise; take another name")
    for plugin in host.plugins:
        if name == plugin.name or (plugin.group and name == plugin.group.name):
            whose = f"{plugin.distribution} {plugin.version}".strip()
            raise UserError(f"there is a plugin {name!r} already, of {whose}; take another name")
    if name in FOLDERS:
        raise UserError(f"a folder of the plugin is called {name!r}, which would hide it; take another name")
    if keyword.iskeyword(name):
        raise UserError(f"{name!r} is a word of Python's, which no package can be called; take another name")
    spec = find_spec(name)
    found = spec is not None and spec.origin is not None  # without origin: some folder that happens to be called so,
    if found or name == STUBS or name in packages_distributions():  # unless distributions share it, such as google
        raise UserError(f"there is a Python package {name!r} already, which would be hidden; take another name")


def write_plugin(name: str, target: Path) -> list[Path]:
    """Writes the files of plugin ``name`` and gives their names below ``target``.

    Raises:
        UserError: there is something at ``target``, or it cannot be written.
    """
    words = {
        "name": name,
        "title": name.replace("_", " ").strip().capitalize(),
        "prefix": "".join(word[0] for word in name.split("_") if word).upper(),
        "distribution": "scorer-" + "-".join(word for word in name.split("_") if word),
        "version": __version__,
    }
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise UserError(f"{target} is there already; nothing is overwritten: --directory names another folder")
        written = []
        for path, text in _templates(files("scorer.cli") / "plugin_template", Path()):
            file = Path(str(path).replace(PLACE, name).removesuffix(ENDING))
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            (target / file).write_text(Template(text).substitute(words), encoding="utf-8")
            written.append(file)
    except OSError as error:
        raise UserError(f"cannot write {error.filename}: {error.strerror}") from error
    return written


def _templates(folder: Traversable, path: Path) -> Iterator[tuple[Path, str]]:
    """Names below the folder and texts, in the order of names."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _templates(entry, path / entry.name)
        else:
            yield path / entry.name, entry.read_text(encoding="utf-8")
