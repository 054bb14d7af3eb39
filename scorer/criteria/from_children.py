"""Reads the key ``from_children``: answers that are computed from the answers of a unit's children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from scorer.criteria import schema
from scorer.criteria.document import Document
from scorer.criteria.model import FromChildren
from scorer.formulas.base import NUMBERS
from scorer.model.indicators import Indicator, IndicatorKind, Source
from scorer.model.suggestions import did_you_mean

FROM_CHILDREN = "from_children"
_WAYS = ("sum", "mean", "share", "count")


def computed_indicators(
    shapes: Mapping[str, schema.FromChildren],
    document: Document,
    declared: Mapping[str, Indicator],
    read: dict[str, Indicator],
    sources: Mapping[str, tuple[Source, ...]],
) -> tuple[FromChildren, ...]:
    """The computed indicators, each after those that it is computed from.

    Mistakes are added to the problems of the document.

    Args:
        shapes: by indicator that is computed.
        document: the document.
        declared: the indicators that the set's groups declare.
        read: the indicators that criteria read; those of children are added.
        sources: by indicator that criteria read, the sources of its answers.
    """
    return _in_order(list(_indicators(shapes, document, declared, read, sources)), document)


def _in_order(rules: Sequence[FromChildren], document: Document) -> tuple[FromChildren, ...]:
    """The rules in an order in which they can be applied: regions sum up what districts sum up from communes."""
    by_code = {rule.indicator: rule for rule in rules}
    needed = {rule.indicator: {rule.reads} & by_code.keys() - {rule.indicator} for rule in rules}
    try:
        return tuple(by_code[code] for code in TopologicalSorter(needed).static_order())
    except CycleError as error:
        circle = sorted(set(error.args[1]))
        message = f"{' and '.join(circle)} are computed from each other"
        document.problem((FROM_CHILDREN, circle[0]), message, key=True)
        return ()


def _indicators(
    shapes: Mapping[str, schema.FromChildren],
    document: Document,
    declared: Mapping[str, Indicator],
    read: dict[str, Indicator],
    sources: Mapping[str, tuple[Source, ...]],
) -> Iterator[FromChildren]:
    for code, shape in shapes.items():
        path = (FROM_CHILDREN, code)
        way = next(way for way in _WAYS if getattr(shape, way) is not None)
        child: str = getattr(shape, way)
        if code not in read or code not in declared:
            names = [name for name in read if name in declared]
            document.problem(path, f"no criterion reads an indicator {code!r}{did_you_mean(code, names)}", key=True)
        if child not in declared:
            hint = did_you_mean(child, declared)
            document.problem((*path, way), f"no group of the set declares indicator {child!r}{hint}")
        if document.broken(*path):
            continue
        kinds = {IndicatorKind.FLAG} if way in ("share", "count") else NUMBERS
        if declared[child].kind not in kinds:
            wanted = " or ".join(sorted(kinds))
            document.problem((*path, way), f"{child!r} is a {declared[child].kind}; {way} reads a {wanted}")
        whole = way == "count" or (way == "sum" and declared[child].kind is IndicatorKind.COUNT)
        fitting = NUMBERS if whole else {IndicatorKind.NUMBER}
        if declared[code].kind not in fitting:
            wanted = " or ".join(sorted(fitting))
            document.problem(path, f"{code!r} is a {declared[code].kind}; here it must be a {wanted}", key=True)
        for name in dict.fromkeys((code, child)):
            if len(sources.get(name, ())) > 1:
                document.problem(
                    path, f"{name!r} has several sources; 'from_children' works with one source only", key=True
                )
        read.setdefault(child, declared[child])
        yield FromChildren(code, shape.tier, way, child)  # type: ignore[arg-type]
