"""The criteria sets of a directory beside the installed ones, loaded anew whenever asked.

A document is taken whole or not at all. One that is refused after an edit leaves the set that its file gave before as
it was: its last good revision. Whoever answers from a catalogue keeps it; the next answer is from the next one.

Plans have no circles: one that is replaced leaves memory with the last answer from it, also in a server that has told
Python to look for no garbage among what was there when it started.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from scorer.catalogue.catalogue import Catalogue, RejectedSet, load_set, set_code
from scorer.catalogue.directory import CriteriaDirectory, Stamp, Unreadable
from scorer.criteria.document import Problem
from scorer.engine.gates import GateCompiler
from scorer.engine.plan import SetPlan
from scorer.model.untrusted import escaped

SHORT = 12
"""Digits of a revision that are shown."""


@dataclass(frozen=True)
class _Loaded:
    """What came of a file's text."""

    digest: bytes
    """SHA-256 of the text."""
    plan: SetPlan | None
    """None when it is refused."""
    code: str
    """The code it gives itself; empty when that cannot be read."""
    place: tuple[int, int]
    """Line and column of the code."""
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ReloadReport:
    """What became of the criteria sets."""

    before: Catalogue
    after: Catalogue
    seconds: float
    """How long it took."""

    def changes(self) -> Iterator[str]:
        """In words, by code and by file; nothing when all is as before."""
        old, new = ({code: _short(plan) for code, plan in side.sets.items()} for side in (self.before, self.after))
        for code in sorted(old | new):
            if code not in old:
                yield f"{code} is new, revision {new[code]}"
            elif code not in new:
                yield f"{code} is withdrawn, was revision {old[code]}"
            elif old[code] != new[code]:
                yield f"{code} is revision {new[code]}, was {old[code]}"
            elif self._kept_anew(code):
                yield f"{code} stays at revision {new[code]}, as {self.after.kept[code].source} is refused"
            elif code in self.before.kept and code not in self.after.kept:
                yield f"{code} is at revision {new[code]} again by its document"
        for refusal in self.after.refused:
            if refusal not in self.before.refused:
                yield f"{refusal.source} is refused"
        left = {refusal.source for refusal in self._refusals(self.after)}
        for refusal in self.before.refused:
            if refusal.source not in left:
                yield f"{refusal.source} is refused no longer"

    def problems(self) -> Iterator[Problem]:
        """Those of documents that were not refused for them before."""
        known = self._refusals(self.before)
        for refusal in self._refusals(self.after):
            if refusal not in known:
                yield from refusal.problems

    def warnings(self) -> Iterator[Problem]:
        """Those that were not there before."""
        return (warning for warning in self.after.warnings if warning not in self.before.warnings)

    def _kept_anew(self, code: str) -> bool:
        return code in self.after.kept and self.after.kept[code] != self.before.kept.get(code)

    @staticmethod
    def _refusals(catalogue: Catalogue) -> list[RejectedSet]:
        return [*catalogue.kept.values(), *catalogue.refused]


class LiveCatalogue:
    """The installed criteria sets and those of a directory, which change with it.

    Args:
        installed: the sets that plugins issue; a directory cannot replace them.
        folder: the directory.
        compiler: compiles gates, for this directory alone: what no set of it uses is forgotten.

    Raises:
        OSError: the directory is not there or cannot be read.
    """

    def __init__(self, installed: Catalogue, folder: CriteriaDirectory, compiler: GateCompiler) -> None:
        self.folder = folder
        self.stamps: Mapping[str, Stamp | Unreadable] = {}
        """How the files looked when they were read."""
        self._installed, self._compiler = installed, compiler
        self._catalogue = installed
        self._loaded: dict[str, _Loaded] = {}
        """What came of each file as it is now."""
        self._serving: dict[str, SetPlan] = {}
        """The set that each file gives, by its last good text."""
        self._digests: dict[str, bytes] = {}
        """Of the texts of all files before the last change, by which one that is renamed is known again."""
        self.renew(again=True)

    def current(self) -> Catalogue:
        """The catalogue to answer from: a snapshot, which does not change any more."""
        return self._catalogue

    def renew(self, *, again: bool = False, without: Collection[str] = ()) -> ReloadReport | None:
        """Loads the files that look otherwise than when they were read, and swaps the catalogue.

        Args:
            again: reads all files, loads again what was refused, and takes files as they are even if somebody writes
                to them just now.
            without: names of files that stay as they were loaded, as somebody writes to them all the time.

        Returns:
            None when nothing was loaded: no file looks otherwise, or somebody has written to one meanwhile.

        Raises:
            OSError: the directory is not there or cannot be read; all is left as it was.
        """
        started, found = time.monotonic(), self.folder.stamps()
        stamps = {name: stamp for name, stamp in found.items() if name not in without}
        stamps |= {name: stamp for name, stamp in self.stamps.items() if name in without}
        if not again and stamps == self.stamps:
            return None
        known = {} if again else self.stamps
        texts = self.folder.texts({name: stamp for name, stamp in stamps.items() if known.get(name) != stamp})
        if not again and changed_files(found, self.folder.stamps()) - set(without):
            return None
        self.stamps = stamps
        loaded = {
            name: self._load(name, texts[name], again=again) if name in texts else self._loaded[name] for name in stamps
        }
        self._digests = {name: file.digest for name, file in self._loaded.items()}
        before, self._loaded = self._catalogue, loaded
        self._catalogue = self._placed()
        tiers = [tier for plan in self._serving.values() for tier in plan.tiers.values()]
        self._compiler.forget_others(category.table for tier in tiers for category in tier.categories)
        return ReloadReport(before, self._catalogue, time.monotonic() - started)

    def _load(self, name: str, text: bytes | Unreadable, *, again: bool) -> _Loaded:
        source = self._source(name)
        if isinstance(text, Unreadable):
            return _Loaded(b"", None, "", (1, 1), (Problem(source, 1, 1, "", text.why),))
        digest, known = hashlib.sha256(text).digest(), self._loaded.get(name)
        if known and known.digest == digest and (known.plan or not again):
            return known
        plan, document = load_set(self._installed.host, source, text, self._compiler)
        place = document.values.get(("criteria_set",), (1, 1))
        warnings = tuple(document.warnings) if plan else ()
        return _Loaded(digest, plan, set_code(document), place, document.sorted_problems(), warnings)

    def _placed(self) -> Catalogue:
        """The catalogue of all files: who gave a code before comes before who gives it only now, then by name."""
        last, self._serving = self._serving, {}
        sets, sources = dict(self._installed.sets), dict(self._installed.sources)
        givers = {code: f"the installed {source}" for code, source in sources.items()}
        kept: dict[str, RejectedSet] = {}
        refused: list[RejectedSet] = []

        gone = {name: plan for name, plan in last.items() if name not in self._loaded}
        for name, file in self._loaded.items():
            if name not in last and file.plan is None and (old := self._old_name(name, gone)):
                last[name] = gone.pop(old)

        def moves(name: str) -> bool:
            wanted = self._loaded[name].plan or last.get(name)
            return name not in last or wanted is None or wanted.criteria_set.code != last[name].criteria_set.code

        for name in sorted(self._loaded, key=lambda name: (moves(name), name)):
            file, source = self._loaded[name], self._source(name)
            plan, problems = file.plan, file.problems
            if plan is not None and file.code in givers:
                message = f"{givers[file.code]} gives criteria set {file.code!r} already"
                plan, problems = None, (Problem(source, *file.place, "criteria_set", message),)
            if plan is None:
                refusal, plan = RejectedSet(source, file.code, problems), last.get(name)
                if plan is None or plan.criteria_set.code in givers:
                    refused.append(refusal)
                    continue
                kept[plan.criteria_set.code] = refusal
            code = plan.criteria_set.code
            self._serving[name] = sets[code] = plan
            sources[code] = givers[code] = source
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

    def _old_name(self, name: str, gone: Mapping[str, SetPlan]) -> str | None:
        """The file that this one was before it was renamed, if it is refused and its set is kept."""
        file = self._loaded[name]
        same = (old for old in gone if file.digest and self._digests.get(old) == file.digest)
        return next(same, None) or next((old for old in gone if gone[old].criteria_set.code == file.code), None)

    def _source(self, name: str) -> str:
        return escaped(str(self.folder.path / name))


def changed_files(before: Mapping[str, Stamp | Unreadable], after: Mapping[str, Stamp | Unreadable]) -> set[str]:
    """Names of the files that are new, gone or look otherwise."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _short(plan: SetPlan) -> str:
    return plan.criteria_set.revision[:SHORT]
