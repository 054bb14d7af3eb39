"""Imports a plugin, calls its hooks, and checks what they return."""

from __future__ import annotations

import faulthandler
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import Any, get_args

import pluggy
from pydantic.fields import FieldInfo

from scorer.criteria.model import TOTAL
from scorer.criteria.schema import Criterion as CriterionSchema
from scorer.criteria.schema_values import CODE
from scorer.formulas import KINDS, Formula
from scorer.formulas.sum_and_best import NestedFormulas
from scorer.model.indicators import Indicator
from scorer.model.text_rules import title_problem
from scorer.model.untrusted import describe_error, is_plugin_fault, one_line, raised_at, safe_repr
from scorer.plugins import hookspecs
from scorer.plugins.group import API_VERSION, Check, CriterionGroup
from scorer.plugins.loaded_code import LoadedCode
from scorer.plugins.plugin import Plugin, PluginError
from scorer.plugins.process_state import ProcessState, changed_files, open_files

CASES_SUFFIX = ".cases.yaml"
"""Suffix of files with cases. A plugin may return such files together with its criteria sets; they are skipped."""

MAX_SHOWN_CHANGES = 3
"""Maximum number of changed functions that are named."""

REASON = r"[A-Z][A-Z0-9_]{0,62}"
"""The pattern of the reasons of checks. It is the pattern that the contract states for reasons of violations."""


def load_plugin(
    plugin: Plugin,
    load: Callable[[], Any],
    before: Sequence[Plugin] = (),
    *,
    runs_code: bool = True,
    loaded_code: LoadedCode | None = None,
) -> Plugin:
    """Imports a plugin and calls its hooks.

    Args:
        plugin: the plugin without its declarations.
        load: imports its module and returns it.
        before: the plugins loaded earlier. Their groups and formula kinds cannot be declared again.
        runs_code: whether this runs code of the plugin's author. If so, changes that the code makes to the state of the
            process are undone, and the plugin is quarantined. If not, the state is not compared, because other threads
            of a running server may change it at the same time.
        loaded_code: the code of the process, which the plugin must not change; open files are then compared too. None:
            neither is compared.

    Returns:
        The plugin with its declarations; or quarantined, if its code fails in any way or a declaration is wrong.
    """
    process_state = ProcessState() if runs_code else None
    before_files = open_files() if loaded_code else {}
    if loaded_code:
        loaded_code.update()
    changed_code: list[str] = []
    finders = [*sys.meta_path]
    try:
        module = load()
        faulthandler.cancel_dump_traceback_later()  # a pending dump can end the process
        if loaded_code:  # at once, because the next lines use these functions
            changed_code += loaded_code.restore()
        manager = _manager(plugin.name, module)
        groups = _results(manager.hook.scorer_criterion_group)
        plugin = replace(plugin, **_group_fields(groups))
        formulas = tuple(_items(manager.hook.scorer_formulas))
        files = tuple(_items(manager.hook.scorer_criteria_sets))
        if not groups and not formulas and not files:
            raise PluginError(_why_empty(manager))
        if len(groups) > 1:
            raise PluginError("declares more than one criterion group")
        _check_files(files)
        criteria_sets = tuple(file for file in files if not file.name.endswith(CASES_SUFFIX))
        plugin = replace(plugin, withheld=criteria_sets)
        for group in groups:
            _check_group(group, {p.group.name: p for p in before if p.group})
        _check_formulas(formulas, [kind for p in before for kind in p.formulas])
        if loaded_code:
            changed_code += loaded_code.restore()
        _check_changes(changed_code, before_files)
        if process_state and (changes := process_state.restore()):
            raise PluginError(changes)
        if loaded_code:
            _check_imports()
    except BaseException as error:
        if loaded_code:
            changed_code += loaded_code.restore()
            sys.meta_path[:] = finders
        if not is_plugin_fault(error):
            raise
        if process_state:
            process_state.restore()
        return replace(plugin, failure=_changes(changed_code) or _failure(error))
    group = groups[0] if groups else None
    return replace(plugin, group=group, formulas=formulas, criteria_sets=criteria_sets, withheld=())


def _check_changes(code: Sequence[str], before_files: Mapping[int, tuple[int, int]]) -> None:
    if changes := _changes(code):
        raise PluginError(changes)
    if before_files and (descriptors := changed_files(before_files)):
        raise PluginError(f"closes or redirects files of the process (descriptor {descriptors})")


def _check_imports() -> None:
    """Checks that modules can still be found: a plugin may add an object that finds its modules, but one that works."""
    try:
        importlib.util.find_spec("scorer_no_such_module")
    except Exception as error:
        raise PluginError(f"breaks the import of modules: {describe_error(error)}") from error


def _changes(code: Sequence[str]) -> str:
    """Describes the changes of a plugin, from the names of the changed functions; empty if there are none."""
    return f"changes {', '.join(sorted(code)[:MAX_SHOWN_CHANGES])}, which the whole service uses" if code else ""


def _failure(error: BaseException) -> str:
    """Why a plugin cannot be used, with the line of its code that raised the exception."""
    if isinstance(error, PluginError):
        return one_line(str(error))
    where = "" if isinstance(error, SyntaxError) else raised_at(error)  # the text of a SyntaxError has file and line
    return f"{describe_error(error)} ({where})" if where else describe_error(error)


def _manager(name: str, module: object) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module, name)
    manager.check_pending()
    return manager


def _why_empty(manager: pluggy.PluginManager) -> str:
    """Why a plugin declares nothing."""
    implemented = [hook.name for plugin in manager.get_plugins() for hook in manager.get_hookcallers(plugin) or ()]
    if not implemented:
        return "implements no hook; is @hookimpl missing?"
    hint = "; are the YAML files in the distribution?" if "scorer_criteria_sets" in implemented else ""
    return f"declares nothing: {' and '.join(sorted(implemented))} returned an empty list{hint}"


def _group_fields(groups: Sequence[object]) -> dict[str, Any]:
    """The fields ``group_name`` and ``api_version`` of ``Plugin``, which are known even if the group cannot be used."""
    name = getattr(groups[0], "name", None) if groups else None
    version = getattr(groups[0], "api_version", None) if groups else None
    return {
        "group_name": name if isinstance(name, str) else "",
        "api_version": version if isinstance(version, int) else None,
    }


def _items(hook: pluggy.HookCaller) -> Iterator[Any]:
    """The items of the lists that the plugin's implementations of a hook return."""
    for result in _results(hook):
        if not isinstance(result, Iterable) or isinstance(result, str):
            raise PluginError(f"{hook.name} returns {safe_repr(result)}, not a list")
        yield from result


def _results(hook: pluggy.HookCaller) -> Sequence[Any]:
    """The results of the plugin's implementations of a hook; empty if it has none."""
    if any(implementation.wrapper or implementation.hookwrapper for implementation in hook.get_hookimpls()):
        raise PluginError(f"{hook.name} is a wrapper; write @hookimpl without arguments")
    results: list[Any] = hook()  # results that are None are not in the list
    if len(results) < len(hook.get_hookimpls()):
        raise PluginError(f"{hook.name} returns nothing; is a return statement missing?")
    return results


def _check_group(group: object, taken: Mapping[str, Plugin]) -> None:
    """Checks a group; ``taken`` has the plugins that declare a group, by the group's name."""
    if not isinstance(group, CriterionGroup):
        raise PluginError(f"scorer_criterion_group returns {safe_repr(group)}, not a CriterionGroup")
    name, version = getattr(group, "name", None), getattr(group, "api_version", None)
    if type(version) is not int:
        raise PluginError(f"its api_version is {safe_repr(version)}, not a number; write api_version = {API_VERSION}")
    if version != API_VERSION:
        raise PluginError(f"was written for API version {version}; this scorer offers {API_VERSION}")
    if not isinstance(name, str) or not re.fullmatch(CODE, name) or name == TOTAL:
        raise PluginError(f"declares group {name!r}, whose name is not a code such as 'human_resources' ({CODE})")
    if name in taken:
        raise PluginError(f"declares group {name!r}, which {taken[name]} already declares")
    for attribute, kind in (("indicators", Indicator), ("checks", Check)):
        items = getattr(group, attribute)
        if not isinstance(items, tuple | list) or not all(isinstance(item, kind) for item in items):
            raise PluginError(f"{attribute} of group {name!r} are not {kind.__name__}s: {safe_repr(items)}")
    _check_texts(f"title of group {name!r}", group.title)
    for check in group.checks:
        _check_check(check, name)
    codes = set[str]()
    for indicator in group.indicators:
        if indicator.code in codes:
            raise PluginError(f"group {name!r} declares indicator {indicator.code!r} twice")
        codes.add(indicator.code)
        for attribute in ("title", "meaning", "unit_titles"):
            _check_texts(f"{attribute} of indicator {indicator.code!r}", getattr(indicator, attribute))
        _check_texts(f"unit of indicator {indicator.code!r}", {"en": indicator.unit})
        for option in indicator.options:
            titles = {"code": option, **indicator.option_titles.get(option, {})}
            _check_texts(f"option {option!r} of indicator {indicator.code!r}", titles)


def _check_texts(what: str, texts: object) -> None:
    """Checks texts by language; ``what`` says what they are."""
    if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in (*texts, *texts.values())):
        raise PluginError(f"{what} does not map languages to texts: {safe_repr(texts)}")
    for text in (*texts, *texts.values()):
        if problem := title_problem(text):
            raise PluginError(f"{what} {problem}")


def _check_check(check: Check, group: str) -> None:
    reads, reason = check.reads(), getattr(check, "reason", None)
    if not isinstance(reads, tuple | list) or not reads or not all(isinstance(code, str) for code in reads):
        raise PluginError(f"a check of group {group!r} does not name the indicators that it reads: {safe_repr(reads)}")
    if not isinstance(reason, str) or not re.fullmatch(REASON, reason):
        raise PluginError(
            f"the reason of a check of group {group!r} is {safe_repr(reason)}, not a word such as TOO_MANY"
        )


def _check_formulas(formulas: Iterable[object], before: Iterable[type[Formula]]) -> None:
    taken = {kind.kind for kind in (*KINDS, *before)}
    for kind in formulas:
        if not isinstance(kind, type) or not issubclass(kind, Formula):
            raise PluginError(f"scorer_formulas returns {safe_repr(kind)}, not a subclass of Formula")
        code = getattr(kind, "kind", None)
        if not isinstance(code, str) or not re.fullmatch(CODE, code):
            raise PluginError(
                f"formula kind {kind.__name__} is called {safe_repr(code)}, not a code such as 'steps' ({CODE})"
            )
        if code in taken:
            raise PluginError(f"declares formula kind {kind.kind!r}, which already exists")
        clashes = {info.alias or name for name, info in kind.model_fields.items()} & set(CriterionSchema.model_fields)
        if clashes:
            raise PluginError(f"formula kind {kind.kind!r} uses key {min(clashes)!r}, which every criterion has")
        nested = kind.nested
        if nested is not None and (nested not in kind.model_fields or not _has_formulas(kind.model_fields[nested])):
            raise PluginError(
                f"formula kind {kind.kind!r} has nested = {safe_repr(nested)}, which is not a field of type "
                "NestedFormulas"
            )
        taken.add(kind.kind)


def _has_formulas(info: FieldInfo) -> bool:
    """Whether a field of a formula kind has the type ``NestedFormulas``."""
    return bool(info.annotation == get_args(NestedFormulas)[0])


def _check_files(files: Iterable[object]) -> None:
    for file in files:
        if not isinstance(file, Traversable):
            raise PluginError(f"scorer_criteria_sets returns {safe_repr(file)}, not a file")
        if not file.is_file():
            raise PluginError(f"its criteria set {file.name!r} is not an existing file")
