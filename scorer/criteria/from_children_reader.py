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
_METHODS = ("sum", "mean", "share", "count")


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
        shapes: for each computed indicator, by code: its entry in the document.
        document: the document.
        declared: the indicators that the set's groups declare.
        read: the indicators that criteria read; the indicators of children are added to them.
        sources: by indicator that criteria read, the sources of its answers.
    """
    return _in_order(list(_indicators(shapes, document, declared, read, sources)), document)


def _in_order(computations: Sequence[FromChildren], document: Document) -> tuple[FromChildren, ...]:
    """The computations, sorted so that each comes after those whose results it reads. For example, the sum of a region
    may read sums of districts, which read answers of communes.
    """
    by_code = {item.indicator: item for item in computations}
    needed = {item.indicator: {item.reads} & by_code.keys() - {item.indicator} for item in computations}
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
        method = next(method for method in _METHODS if getattr(shape, method) is not None)
        child: str = getattr(shape, method)
        if code not in read or code not in declared:
            names = [name for name in read if name in declared]
            document.problem(path, f"no criterion reads an indicator {code!r}{did_you_mean(code, names)}", key=True)
        if child not in declared:
            hint = did_you_mean(child, declared)
            document.problem((*path, method), f"no group of the set declares indicator {child!r}{hint}")
        if document.broken(*path):
            continue
        kinds = {IndicatorKind.FLAG} if method in ("share", "count") else NUMBERS
        if declared[child].kind not in kinds:
            wanted = " or ".join(sorted(kinds))
            document.problem((*path, method), f"{child!r} is a {declared[child].kind}; {method} reads a {wanted}")
        whole = method == "count" or (method == "sum" and declared[child].kind is IndicatorKind.COUNT)
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
        yield FromChildren(code, shape.tier, method, child)  # type: ignore[arg-type]
