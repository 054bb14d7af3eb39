"""Finds the documents that the document in a file can extend."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from scorer.catalogue.catalogue import bases_of, plugin_bases
from scorer.catalogue.directory import CriteriaDirectory
from scorer.criteria.extension import Base
from scorer.criteria.yaml_parser import parse
from scorer.model.untrusted import escaped
from scorer.plugins.host import PluginHost


def document_bases(host: PluginHost, file: Traversable) -> dict[str, Base]:
    """The documents that a file can extend, by code of the set: those that are installed, and those in its directory.

    Raises:
        OSError: the directory cannot be read.
    """
    if not isinstance(file, Path):
        return plugin_bases(host)
    return {**directory_bases(file.parent), **plugin_bases(host)}


def directory_bases(path: Path) -> dict[str, Base]:
    """The documents of a directory, by code of the set.

    Raises:
        OSError: the directory cannot be read.
    """
    directory = CriteriaDirectory(path)
    texts = directory.texts(directory.stamps())
    return bases_of(parse(text, escaped(str(path / name))) for name, text in texts.items() if isinstance(text, bytes))
