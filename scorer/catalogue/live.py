"""A catalogue of the installed criteria sets and those of a directory, which can be reloaded.

A document is loaded completely or refused. If an edited document is refused, its set stays at its last good revision.
Each call uses one catalogue from start to end; a reload affects only later calls.

Plans contain no reference cycles. So a replaced plan is freed when the last call that uses it ends, even in a server
that has frozen its initial objects, which the garbage collector then ignores.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from scorer.catalogue.catalogue import Catalogue, RefusedSet, load_parsed, set_code
from scorer.catalogue.directory import CriteriaDirectory, Stamp, Unreadable
from scorer.criteria.document import Document, Problem
from scorer.criteria.extension import Base, base_codes
from scorer.criteria.yaml_parser import parse
from scorer.engine.gates import GateCompiler
from scorer.engine.plan import SetPlan
from scorer.model.untrusted import escaped

SHOWN_DIGITS = 12
"""Digits of a revision that messages show."""


@dataclass(frozen=True)
class _LoadedFile:
    """The result of loading the text of one file."""

    digest: bytes
    """SHA-256 of the text."""
    plan: SetPlan | None
    """None if the document is refused."""
    code: str
    """The code that the document states; empty if it cannot be read."""
    code_position: tuple[int, int]
    """Line and column of the code."""
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    text: bytes = b""
    base: Base | None = None
    """The document's content, for sets that extend it; None if the file cannot be read."""
    extended: tuple[bytes, ...] = ()
    """Digests of the documents that the document extends, nearest first."""


@dataclass(frozen=True)
class ReloadReport:
    """The catalogues before and after a reload, and their differences."""

    before: Catalogue
    after: Catalogue
    seconds: float
    """Duration of the reload."""

    def changes(self) -> Iterator[str]:
        """One sentence per changed set, then one per document that is newly refused or no longer refused."""
        old, new = (
            {code: _short_revision(plan) for code, plan in catalogue.sets.items()}
            for catalogue in (self.before, self.after)
        )
        for code in sorted(old | new):
            if code not in old:
                yield f"{code} is new, revision {new[code]}"
            elif code not in new:
                yield f"{code} is withdrawn, was revision {old[code]}"
            elif old[code] != new[code]:
                yield f"{code} is revision {new[code]}, was {old[code]}"
            elif self._newly_kept(code):
                yield f"{code} stays at revision {new[code]}, because {self.after.kept[code].source} is refused"
            elif code in self.before.kept and code not in self.after.kept:
                yield f"{code} stays at revision {new[code]}, which its document defines again"
        for refusal in self.after.refused:
            if refusal not in self.before.refused:
                yield f"{refusal.source} is refused"
        still_refused = {refusal.source for refusal in self._refusals(self.after)}
        for refusal in self.before.refused:
            if refusal.source not in still_refused:
                yield f"{refusal.source} is no longer refused"

    def problems(self) -> Iterator[Problem]:
        """The problems of newly refused documents, and of documents that are refused for other problems than before."""
        known = self._refusals(self.before)
        for refusal in self._refusals(self.after):
            if refusal not in known:
                yield from refusal.problems

    def warnings(self) -> Iterator[Problem]:
        """The warnings that the catalogue before the reload did not have."""
        return (warning for warning in self.after.warnings if warning not in self.before.warnings)

    def _newly_kept(self, code: str) -> bool:
        return code in self.after.kept and self.after.kept[code] != self.before.kept.get(code)

    @staticmethod
    def _refusals(catalogue: Catalogue) -> list[RefusedSet]:
        return [*catalogue.kept.values(), *catalogue.refused]


class LiveCatalogue:
    """The current catalogue of the installed criteria sets and the sets of a directory.

    Args:
        installed: the sets that plugins issue; documents of the directory cannot replace them.
        directory: the directory.
        compiler: compiles gates. Used for this directory only: a reload drops its gate tables that no set uses.

    Raises:
        OSError: the directory does not exist or cannot be read.
    """

    def __init__(self, installed: Catalogue, directory: CriteriaDirectory, compiler: GateCompiler) -> None:
        self.directory = directory
        self.stamps: Mapping[str, Stamp | Unreadable] = {}
        """The stamps of the files when they were last read."""
        self._installed, self._compiler = installed, compiler
        self._catalogue = installed
        self._loaded: dict[str, _LoadedFile] = {}
        """By file name: the result of loading the file's current text."""
        self._serving: dict[str, SetPlan] = {}
        """By file name: the plan of the file's last good text."""
        self._previous_digests: dict[str, bytes] = {}
        """By file name: the digest of the text before the last reload. Used to recognize renamed files."""
        self.reload(force=True)

    def current(self) -> Catalogue:
        """The current catalogue: an immutable snapshot."""
        return self._catalogue

    def reload(self, *, force: bool = False, skip: Collection[str] = ()) -> ReloadReport | None:
        """Loads the files whose stamps have changed, and replaces the catalogue.

        Args:
            force: reads all files, loads refused documents again, and accepts files that change during the reload.
            skip: names of files that are not loaded again, although they may have changed.

        Returns:
            None if nothing was loaded: no stamp has changed, or a file changed during the reload.

        Raises:
            OSError: the directory does not exist or cannot be read; the catalogue stays as it was.
        """
        started, present = time.monotonic(), self.directory.stamps()
        stamps = {name: stamp for name, stamp in present.items() if name not in skip}
        stamps |= {name: stamp for name, stamp in self.stamps.items() if name in skip}
        if not force and stamps == self.stamps:
            return None
        known = {} if force else self.stamps
        texts = self.directory.texts({name: stamp for name, stamp in stamps.items() if known.get(name) != stamp})
        if not force and changed_files(present, self.directory.stamps()) - set(skip):
            return None
        self.stamps = stamps
        loaded = self._load_all({name: texts.get(name) for name in stamps}, force=force)
        self._previous_digests = {name: file.digest for name, file in self._loaded.items()}
        before, self._loaded = self._catalogue, loaded
        self._catalogue = self._build_catalogue()
        tiers = [tier for plan in self._serving.values() for tier in plan.tiers.values()]
        self._compiler.forget_others(
            rule.table for tier in tiers for category in tier.categories for rule in category.rules
        )
        return ReloadReport(before, self._catalogue, time.monotonic() - started)

    def _load_all(self, texts: Mapping[str, bytes | Unreadable | None], *, force: bool) -> dict[str, _LoadedFile]:
        """Loads files by name. None stands for a text that has not changed: such a file is loaded again only if a set
        that it extends has changed.
        """
        parsed: dict[str, Document] = {}
        bases: dict[str, Base] = {}
        for name, text in texts.items():
            known = self._loaded.get(name)
            if isinstance(text, bytes) and not (known and known.digest == _digest(text)):
                parsed[name] = parse(text, self._source(name))
                bases[name] = Base.of(parsed[name], _digest(text))
            elif not isinstance(text, Unreadable) and known and known.base:
                bases[name] = known.base
        by_code = dict(self._installed.bases)
        for base in bases.values():
            if code := set_code(base.data):
                by_code.setdefault(code, base)

        loaded = {}
        for name, text in texts.items():
            known = self._loaded.get(name)
            if isinstance(text, Unreadable):
                problem = Problem(self._source(name), 1, 1, "", text.why)
                loaded[name] = _LoadedFile(b"", None, "", (1, 1), (problem,))
                continue
            if name not in bases:  # it could not be read before, and has not changed
                assert known
                loaded[name] = known
                continue
            base = bases[name]
            extended = tuple(by_code[code].digest for code in base_codes(base.data, lambda: by_code) if code in by_code)
            same = known is not None and known.digest == base.digest and known.extended == extended
            if known and same and (known.plan or not force):
                loaded[name] = known
                continue
            content = text if isinstance(text, bytes) else known.text if known else b""
            document = parsed.get(name) or parse(content, base.source)
            loaded[name] = self._load(document, content, base, extended, by_code)
        return loaded

    def _load(
        self, document: Document, text: bytes, base: Base, extended: tuple[bytes, ...], by_code: Mapping[str, Base]
    ) -> _LoadedFile:
        plan = load_parsed(self._installed.host, document, self._compiler, lambda: by_code)
        return _LoadedFile(
            digest=base.digest,
            plan=plan,
            code=set_code(document.data),
            code_position=document.values.get(("criteria_set",), (1, 1)),
            problems=document.sorted_problems(),
            warnings=tuple(document.warnings) if plan else (),
            text=text,
            base=base,
            extended=extended,
        )

    def _build_catalogue(self) -> Catalogue:
        """The catalogue of the installed sets and all files.

        If two files define the same code, the file that defined it before the reload wins, then the first by name.
        """
        previous, self._serving = self._serving, {}
        sets, sources = dict(self._installed.sets), dict(self._installed.sources)
        defined_by = {code: f"the installed {source}" for code, source in sources.items()}
        kept: dict[str, RefusedSet] = {}
        refused: list[RefusedSet] = []

        removed = {name: plan for name, plan in previous.items() if name not in self._loaded}
        for name, file in self._loaded.items():
            if name not in previous and file.plan is None and (old_name := self._old_name(name, removed)):
                previous[name] = removed.pop(old_name)

        def has_new_code(name: str) -> bool:
            plan, before = self._loaded[name].plan or previous.get(name), previous.get(name)
            return plan is None or before is None or plan.criteria_set.code != before.criteria_set.code

        for name in sorted(self._loaded, key=lambda name: (has_new_code(name), name)):
            file, source = self._loaded[name], self._source(name)
            plan, problems = file.plan, file.problems
            if plan is not None and file.code in defined_by:
                message = f"{defined_by[file.code]} already defines criteria set {file.code!r}"
                plan, problems = None, (Problem(source, *file.code_position, "criteria_set", message),)
            if plan is None:
                refusal, plan = RefusedSet(source, file.code, problems), previous.get(name)
                if plan is None or plan.criteria_set.code in defined_by:
                    refused.append(refusal)
                    continue
                kept[plan.criteria_set.code] = refusal
            code = plan.criteria_set.code
            self._serving[name] = sets[code] = plan
            sources[code] = defined_by[code] = source
        warnings = [warning for name in sorted(self._loaded) for warning in self._loaded[name].warnings]
        refused.sort(key=lambda refusal: refusal.source)
        return Catalogue(
            sets=dict(sorted(sets.items())),
            refused=(*self._installed.refused, *refused),
            host=self._installed.host,
            sources=sources,
            warnings=(*self._installed.warnings, *warnings),
            kept=kept,
        )

    def _old_name(self, name: str, removed: Mapping[str, SetPlan]) -> str | None:
        """The former name of a refused file, if it was renamed: a removed file with the same text or the same code."""
        file = self._loaded[name]
        same_text = (old for old in removed if file.digest and self._previous_digests.get(old) == file.digest)
        same_code = (old for old in removed if removed[old].criteria_set.code == file.code)
        return next(same_text, None) or next(same_code, None)

    def _source(self, name: str) -> str:
        return escaped(str(self.directory.path / name))


def changed_files(before: Mapping[str, Stamp | Unreadable], after: Mapping[str, Stamp | Unreadable]) -> set[str]:
    """Names of the files that are new, removed or changed."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _short_revision(plan: SetPlan) -> str:
    return plan.criteria_set.revision[:SHOWN_DIGITS]
