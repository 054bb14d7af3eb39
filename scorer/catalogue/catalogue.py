"""The catalogue: the criteria sets that a process can score with, as one immutable object."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources.abc import Traversable

from scorer.criteria.document import Document, Path, Problem
from scorer.criteria.extension import EXTENDS, Base, Library, extend
from scorer.criteria.loader import load_sound_parts
from scorer.criteria.yaml_parser import parse, read_document
from scorer.engine.compiler import compile_tier, indicator_rows, with_tables
from scorer.engine.composition import Composition
from scorer.engine.gates import GateCompiler, GateCompilerError
from scorer.engine.plan import CategoryPlan, SetPlan, TierPlan
from scorer.engine.rule_checks import findings
from scorer.model.untrusted import describe_error, is_plugin_fault
from scorer.plugins.document_groups import with_document_groups
from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin, Provider


@dataclass(frozen=True)
class RefusedSet:
    """A criteria set document that was refused, with its problems."""

    source: str
    """Name of the document."""
    code: str
    """The code that the document states; empty if it cannot be read."""
    problems: tuple[Problem, ...]
    """The first problems; if there are more, a last entry counts them."""
    crashed: bool = False
    """True if the set is refused because a plugin that it needs crashed a process while scoring."""

    @property
    def count(self) -> int:
        """The number of problems."""
        return sum(problem.stands_for for problem in self.problems)


@dataclass(frozen=True)
class Catalogue:
    """Criteria sets by code, and the documents that were refused."""

    sets: Mapping[str, SetPlan]
    """Criteria sets by code, in code-point order of their codes."""
    refused: tuple[RefusedSet, ...]
    host: PluginHost
    sources: Mapping[str, str] = field(default_factory=dict)
    """The name of each set's document, by code of the set."""
    warnings: tuple[Problem, ...] = ()
    """Values in the documents that are allowed but probably mistakes."""
    bases: Mapping[str, Base] = field(default_factory=dict)
    """The content of each document that others can extend, by code of its set."""
    kept: Mapping[str, RefusedSet] = field(default_factory=dict)
    """Sets that stay at their last good revision, by code, with the refused document that should have replaced it."""

    @classmethod
    def load(
        cls,
        host: PluginHost,
        documents: Iterable[tuple[str, str | bytes]],
        compiler: GateCompiler,
        library: Library | None = None,
    ) -> Catalogue:
        """Loads documents, given as (name, text). A refused document does not affect the others.

        Args:
            host: the plugins.
            documents: the documents.
            compiler: compiles gates.
            library: the documents that ``documents`` can extend; None: the documents can extend each other.
        """
        sets: dict[str, SetPlan] = {}
        sources: dict[str, str] = {}
        refused = []
        warnings: list[Problem] = []
        parsed = [parse(text, source) for source, text in documents]
        bases = bases_of(parsed)
        for document in parsed:
            source = document.source
            plan = load_parsed(host, document, compiler, library or (lambda: bases))
            if plan is not None and plan.criteria_set.code in sets:
                code = plan.criteria_set.code
                document.problem(("criteria_set",), f"{sources[code]} already defines criteria set {code!r}")
            if plan is None or document.problems:
                refused.append(RefusedSet(source, set_code(document.data), document.sorted_problems()))
            else:
                sets[plan.criteria_set.code], sources[plan.criteria_set.code] = plan, source
                warnings += document.warnings
        return cls(dict(sorted(sets.items())), tuple(refused), host, sources, tuple(warnings), bases)

    @classmethod
    def installed(cls, host: PluginHost, compiler: GateCompiler) -> Catalogue:
        """The sets that the installed plugins issue; sets of quarantined plugins are refused."""
        catalogue = cls.load(
            host, ((file.name, read_document(file)) for p in host.plugins for file in p.criteria_sets), compiler
        )
        withheld = (_withheld_set(plugin, file) for plugin in host.plugins for file in plugin.withheld)
        return replace(catalogue, refused=(*catalogue.refused, *withheld))

    def without(self, crashed: Mapping[str, str]) -> Catalogue:
        """This catalogue without the plugins that crashed: the sets that need them are refused.

        Args:
            crashed: by plugin (``str(Plugin)``), why it must not score any more.
        """
        sets, refused = dict(self.sets), list(self.refused)
        for code, plan in self.sets.items():
            if needed := [plugin for plugin in crashed if plan.needs(plugin)]:
                del sets[code]
                source = self.sources.get(code, code)
                problems = (
                    Problem(source, 1, 1, "", f"its {plugin} is quarantined: {crashed[plugin]}") for plugin in needed
                )
                refused.append(RefusedSet(source, code, tuple(problems), crashed=True))
        plugins = (replace(plugin, failure=crashed.get(str(plugin), plugin.failure)) for plugin in self.host.plugins)
        return replace(self, sets=sets, refused=tuple(refused), host=PluginHost(tuple(plugins)))

    def in_force(self, day: datetime.date, series: str = "") -> tuple[SetPlan, ...]:
        """The sets that are in force on a day; with ``series``, only those of that series."""
        plans = (plan for plan in self.sets.values() if series in ("", plan.criteria_set.series))
        return tuple(plan for plan in plans if plan.criteria_set.in_force(day))

    def refusal(self, code: str) -> RefusedSet | None:
        """The refused document that states this code; None if no such document was refused."""
        return next((refusal for refusal in self.refused if refusal.code == code), None)


def plugin_bases(host: PluginHost) -> dict[str, Base]:
    """The documents of installed plugins that others can extend, by code of the set."""
    return bases_of(parse(read_document(file), file.name) for plugin in host.plugins for file in plugin.criteria_sets)


def bases_of(documents: Iterable[Document]) -> dict[str, Base]:
    """The parsed documents that others can extend, by code of the set; the first one if several have the same code."""
    bases: dict[str, Base] = {}
    for document in documents:
        if code := set_code(document.data):
            bases.setdefault(code, Base.of(document))
    return bases


def load_set(
    host: PluginHost, source: str, text: str | bytes, compiler: GateCompiler, library: Library | None = None
) -> tuple[SetPlan | None, Document]:
    """Parses a document and loads it; see ``load_parsed``. Without a library, it can extend the installed sets."""
    document = parse(text, source)
    return load_parsed(host, document, compiler, library or partial(plugin_bases, host)), document


def load_parsed(host: PluginHost, document: Document, compiler: GateCompiler, library: Library) -> SetPlan | None:
    """Loads one document and compiles its plans and gate tables.

    Args:
        host: the plugins.
        document: the parsed document. Its problems, and the content of the documents that it extends, are added to it.
        compiler: compiles gates.
        library: the documents that ``document`` can extend.

    Returns:
        The plan; None if the document has problems.
    """
    document = extend(document, library)
    if document.broken(EXTENDS):
        return None
    host = with_document_groups(host, document)
    criteria_set = load_sound_parts(document, host.vocabulary())
    if criteria_set is None:
        return None
    try:
        plans = {
            tier: compile_tier(criteria_set, tier, host.providers, host.formula_plugins) for tier in criteria_set.tiers
        }
    except BaseException as error:  # a plugin's formula kind or check can raise anything
        if not is_plugin_fault(error):
            raise
        if document.problems:  # parts of the set are missing, which may be the cause
            return None
        document.problem(
            ("categories",),
            f"a plugin that scores its groups or adds its formula kinds is broken: {describe_error(error)}",
        )
        return None
    for tier, plan in plans.items():
        for category, total in zip(plan.categories, plan.sums.compositions, strict=False):
            _check_rules(category, total, tier, document)
    if not document.problems:
        plans = _with_tables(plans, compiler, document)
    if document.problems:
        return None
    providers = tuple(Provider.of(group.code, host.providers[group.code]) for group in criteria_set.groups())
    return SetPlan(criteria_set, plans, indicator_rows(criteria_set), providers)


def _check_rules(category: CategoryPlan, total: Composition, tier: str, document: Document) -> None:
    """Adds problems and warnings about the levels and limits of a category in a tier to the document."""
    for finding in findings(category, total, tier):
        rule = finding.rule
        index = category.levels.index(rule.level) if rule.level else rule.limit - 1
        path: Path = ("categories", category.code, "levels" if rule.level else "limits", index)
        (document.problem if finding.refused else document.warn)(path, finding.message)


def _with_tables(plans: Mapping[str, TierPlan], compiler: GateCompiler, document: Document) -> dict[str, TierPlan]:
    """The plans with a gate table for each rule. Rules that cannot be compiled are a problem of the document."""
    rules = [rule.rule for plan in plans.values() for category in plan.categories for rule in category.rules]
    try:
        tables = iter(compiler.compile(rules))
    except GateCompilerError as error:
        tier, category = next((t, c.code) for t, plan in plans.items() for c in plan.categories if c.rules)
        path = ("categories", category, "levels")
        document.problem(path, f"the gates of tier {tier!r} could not be compiled: {error}")
        return dict(plans)
    return {tier: with_tables(plan, tables) for tier, plan in plans.items()}


def _withheld_set(plugin: Plugin, file: Traversable) -> RefusedSet:
    """A set of a quarantined plugin, refused for that reason."""
    document = parse(read_document(file), file.name)
    document.problem(("criteria_set",), f"its {plugin} is quarantined: {plugin.failure}")
    return RefusedSet(file.name, set_code(document.data), document.sorted_problems())


def set_code(data: object) -> str:
    """The code that the content of a document states; empty if it states none."""
    code = data.get("criteria_set") if isinstance(data, dict) else None
    # Text that is not printable, such as a lone surrogate, cannot be sent.
    return code if isinstance(code, str) and code.isprintable() else ""
