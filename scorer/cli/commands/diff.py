"""scorer criteria diff: says what differs between two criteria sets."""

from __future__ import annotations

from pathlib import Path

import typer

from scorer.catalogue.bases import directory_bases, document_bases
from scorer.catalogue.catalogue import load_parsed, plugin_bases
from scorer.cli.commands.cases import counted, is_file
from scorer.cli.loading import CriteriaOption, quiet_host
from scorer.cli.output import UserError, err, out, print_error
from scorer.criteria.difference import differences
from scorer.criteria.document import Document
from scorer.criteria.extension import Base
from scorer.criteria.yaml_parser import parse, read_document
from scorer.engine.gates import GateCompiler
from scorer.model.suggestions import did_you_mean
from scorer.model.untrusted import escaped
from scorer.plugins.host import PluginHost


def diff(
    before: str = typer.Argument(help="Code of a set, or a YAML file.", metavar="SET|FILE"),
    after: str = typer.Argument(help="Code of the set to compare it with, or a YAML file.", metavar="SET|FILE"),
    criteria: CriteriaOption = None,
) -> None:
    """Say what differs between two criteria sets, including what they take over from the sets that they extend."""
    with err.status("loading criteria sets"):
        host, compiler = quiet_host(), GateCompiler()
        old, new = (_accepted(name, criteria, host, compiler) for name in (before, after))
    sentences = list(differences(old.data, new.data))
    out.print(
        f"{old.data['criteria_set']} -> {new.data['criteria_set']}: {counted(len(sentences), 'difference')}",
        markup=False,
    )
    for sentence in sentences:
        out.print(f"- {escaped(sentence)}", markup=False, soft_wrap=True)


def _accepted(name: str, criteria: Path | None, host: PluginHost, compiler: GateCompiler) -> Document:
    """The document of a set, completed with the content of the sets that it extends.

    Raises:
        UserError: there is no such set or file, or the document is refused.
    """
    try:
        if is_file(name):
            document = parse(read_document(Path(name)), escaped(name))
            library = document_bases(host, Path(name))
        else:
            library = {**(directory_bases(criteria) if criteria else {}), **plugin_bases(host)}
            document = _document_of(name, library)
    except OSError as error:
        raise UserError(f"cannot read {error.filename}: {error.strerror}") from error
    if load_parsed(host, document, compiler, lambda: library) is None:
        if not is_file(name):  # the catalogue keeps no line numbers, so problems could not be shown with their places
            raise UserError(f"{document.source} cannot be used: 'scorer criteria list' says why")
        for problem in document.sorted_problems():
            print_error(str(problem))
        raise UserError(f"{document.source} cannot be used, so it cannot be compared")
    return document


def _document_of(code: str, library: dict[str, Base]) -> Document:
    if code not in library:
        known = ", ".join(sorted(library))
        raise UserError(f"there is no criteria set {code!r}; there are: {known}{did_you_mean(code, library)}")
    return Document(library[code].source, library[code].data)
