"""Resolves the ranking keys of a document: finds the score, level or measure that each name stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scorer.criteria import model, schema_values
from scorer.criteria.document import Document, Path
from scorer.criteria.ranking_method import RankKey
from scorer.model.suggestions import did_you_mean


def overall_keys(
    keys: Sequence[schema_values.RankKey],
    categories: Sequence[model.Category],
    tiers: Sequence[str],
    path: Path,
    document: Document,
) -> tuple[RankKey, ...]:
    """The keys of the overall ranking. Unknown keys, and keys that are equal for all units, are reported."""
    codes = [category.code for category in categories]
    known_keys = list[RankKey | None]()
    for n, key in enumerate(keys):
        if key.kind == "overall":
            known_keys.append(RankKey("score"))
        elif key.kind == "total" or (key.kind == "level" and not key.name):
            correct = "overall" if key.kind == "total" else f"{{level: {codes[0] if codes else 'a_category'}}}"
            document.problem((*path, n), f"{key.kind!r} belongs to one category; write {correct}")
            known_keys.append(None)
        elif key.kind == "level":
            known = key.name in codes
            if not known:
                message = f"unknown category {key.name!r}{did_you_mean(key.name, codes)}"
                document.problem((*path, n, "level"), message)
            known_keys.append(RankKey("level", key.name) if known else None)
        elif key.name in codes:
            known_keys.append(RankKey("score", key.name))
        else:
            known_keys.append(_measure(key.name, categories, codes, (*path, n), document))
    return _checked(known_keys, categories, tiers, path, document)


def category_keys(
    keys: Sequence[schema_values.RankKey],
    category: model.Category,
    tiers: Sequence[str],
    path: Path,
    document: Document,
) -> tuple[RankKey, ...]:
    """The keys of the ranking of a category. Unknown keys, and keys that are equal for all units, are reported."""
    known_keys = list[RankKey | None]()
    for n, key in enumerate(keys):
        if key.kind == "total":
            known_keys.append(RankKey("score", category.code))
        elif key.kind == "level" and key.name in ("", category.code):
            known_keys.append(RankKey("level", category.code))
        elif key.kind == "measure":
            known_keys.append(_measure(key.name, [category], [], (*path, n), document))
        else:
            correct = "total" if key.kind == "overall" else "level"
            document.problem((*path, n), f"a category is ranked by its own score and level; write {correct}")
            known_keys.append(None)
    return _checked(known_keys, [category], tiers, path, document)


def _measure(
    name: str, categories: Sequence[model.Category], others: Sequence[str], path: Path, document: Document
) -> RankKey | None:
    """The key of a group, several groups of one category, or a criterion. ``others`` are further names that suggestions
    can use.
    """
    terms = [term.strip() for term in name.split("+")]
    for category in categories:
        groups = [group.code for group in category.groups]
        if all(term in groups for term in terms) and len(set(terms)) == len(terms):
            return RankKey("measure", category.code, "+".join(sorted(terms, key=groups.index)))
        if len(terms) == 1 and any(c.id == name for group in category.groups for c in group.criteria):
            return RankKey("measure", category.code, name)
    known = [*others, *(group.code for category in categories for group in category.groups)]
    criteria = [c.id for category in categories for group in category.groups for c in group.criteria]
    unknown = next((term for term in terms if term not in known and term not in criteria), None)
    message = (
        f"{unknown!r} is not a group or criterion here{did_you_mean(unknown, [*known, *criteria])}"
        if unknown is not None
        else f"{name!r} is not a sum of different groups of one category"
    )
    document.problem((*path, "measure"), message)
    return None


def _checked(
    keys: Sequence[RankKey | None],
    categories: Sequence[model.Category],
    tiers: Sequence[str],
    path: Path,
    document: Document,
) -> tuple[RankKey, ...]:
    """The keys without None. A key that is given twice, or that is equal for all units, is reported as a problem."""
    by_code: Mapping[str, model.Category] = {category.code: category for category in categories}
    for n, key in enumerate(keys):
        if key is not None and key in keys[:n]:
            document.problem((*path, n), "is given twice")
        elif key is not None and key.kind == "level" and not by_code[key.category].levels:
            document.problem((*path, n), f"category {key.category!r} has no levels")
        elif key is not None and key.kind == "measure":
            terms = tuple(key.measure.split("+"))
            if not any(by_code[key.category].measure(terms, tier)[0] for tier in tiers):
                message = f"{key.measure!r} has no maximum, so there is no converted score to compare"
                document.problem((*path, n, "measure"), message)
    return tuple(key for key in keys if key is not None)
