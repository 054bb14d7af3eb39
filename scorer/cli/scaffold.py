"""scorer plugins new: writes a complete plugin distribution to start from."""

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
from scorer.criteria.schema_values import CODE
from scorer.model.untrusted import escaped
from scorer.plugins.host import PluginHost
from scorer.testing.cases.model import OVERALL

CATEGORY = "results"
"""Code of the category in the criteria set that is written. A group cannot have the code of a category."""

MAX_NAME_LENGTH = 40
"""Maximum length of a plugin's name. The criteria set's code is longer than the name, and its length is limited too."""

DISTRIBUTION_FOLDERS = ("src", "tests")
"""Folders of a new distribution. A plugin must not have such a name: its tests run beside these folders, where
``import src`` finds the folder ``src`` instead of a plugin called ``src``."""

STUBS_PACKAGE = "egov"
"""The package of the contract's stubs. It has no ``__init__.py``, so another package of this name would hide it."""

TEMPLATE_ENDING = ".tmpl"
NAME_PLACEHOLDER = "NAME"
"""Stands for the plugin's name in the names of template files."""


def new_plugin(
    name: str = typer.Argument(
        help="Name of the plugin, its package and its criterion group, such as water_quality.", metavar="NAME"
    ),
    directory: Path | None = typer.Option(
        None, help="Directory to write to, which must be new or empty; ./NAME if not given.", metavar="DIRECTORY"
    ),
) -> None:
    """Write a plugin to start from: a distribution with a criterion group, a criteria set, cases and tests.

    The plugin works without changes, and comments explain each part. Nothing is overwritten.
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
    """Checks that a plugin, its package and its group can have this name in this environment.

    Raises:
        UserError: they cannot; the message says what is wrong with the name.
    """
    if not re.fullmatch(CODE, name):
        similar = re.sub(r"[^a-z0-9]+", "_", search_key(name)).strip("_")[:MAX_NAME_LENGTH]
        hint = f"; did you mean {similar!r}?" if re.fullmatch(CODE, similar) else ""
        raise UserError(f"{name!r} is not a code; write small letters without accents, digits and '_'{hint}")
    if len(name) > MAX_NAME_LENGTH:
        raise UserError(f"{name!r} has {len(name)} characters, at most {MAX_NAME_LENGTH} are allowed")
    if name in (TOTAL, OVERALL, CATEGORY):
        raise UserError(f"a group cannot be called {name!r}: criteria sets use this word for something else")
    for plugin in host.plugins:
        if name == plugin.name or (plugin.group and name == plugin.group.name):
            distribution = f"{plugin.distribution} {plugin.version}".strip()
            raise UserError(f"the plugin {name!r} exists already, in {distribution}; choose another name")
    if name in DISTRIBUTION_FOLDERS:
        raise UserError(f"the folder {name!r} of the distribution would hide the plugin; choose another name")
    if keyword.iskeyword(name):
        raise UserError(f"{name!r} is a keyword of Python, so no package can have this name; choose another name")
    spec = find_spec(name)
    # Without origin, it is a folder that happens to have this name, or a namespace package of several distributions.
    exists = (spec is not None and spec.origin is not None) or name in packages_distributions()
    if exists or name == STUBS_PACKAGE:
        raise UserError(f"the Python package {name!r} exists already and would be hidden; choose another name")


def write_plugin(name: str, target: Path) -> list[Path]:
    """Writes the files of the plugin ``name``. Returns their paths relative to ``target``.

    Raises:
        UserError: ``target`` is a file, is not empty, or cannot be written.
    """
    values = {
        "name": name,
        "title": name.replace("_", " ").strip().capitalize(),
        "prefix": "".join(word[0] for word in name.split("_") if word).upper(),
        "distribution": "scorer-" + "-".join(word for word in name.split("_") if word),
        "version": __version__,
    }
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise UserError(f"{target} exists already, and nothing is overwritten; choose another --directory")
        written = []
        for path, text in _templates(files("scorer.cli") / "plugin_template", Path()):
            file = Path(str(path).replace(NAME_PLACEHOLDER, name).removesuffix(TEMPLATE_ENDING))
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            (target / file).write_text(Template(text).substitute(values), encoding="utf-8")
            written.append(file)
    except OSError as error:
        raise UserError(f"cannot write {error.filename}: {error.strerror}") from error
    return written


def _templates(folder: Traversable, path: Path) -> Iterator[tuple[Path, str]]:
    """Yields the path and the text of each template below the folder, sorted by name."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _templates(entry, path / entry.name)
        else:
            yield path / entry.name, entry.read_text(encoding="utf-8")
