"""Criteria sets as documents: plain values, and YAML."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import oracle
from oracle.numbers import exact, of_tier
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

MICRO = 10**6

Amounts = dict[str, int]
"""Micropoints by tier."""


def decimal(micro: int) -> int | Decimal:
    """Millionths as a document writes them."""
    return micro // MICRO if micro % MICRO == 0 else (Decimal(micro) / MICRO).normalize()


class _Representer(SafeRepresenter):
    """Writes decimals as plain numbers."""


_Representer.add_representer(
    Decimal, lambda representer, value: representer.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")
)


def yaml_text(document: oracle.Document) -> str:
    """A document as YAML."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def criteria_of(document: oracle.Document, tier: str) -> list[dict[str, Any]]:
    """The criteria that a tier has."""
    return [
        criterion
        for category in document["categories"].values()
        for group in category["groups"].values()
        for criterion in group["criteria"]
        if of_tier(criterion["points"], tier) is not None
    ]


def by_tier(body: Mapping[str, Any], tiers: Iterable[str]) -> Amounts:
    """A criterion's micropoints in those of the tiers that it has."""
    found = {tier: of_tier(body["points"], tier) for tier in tiers}
    return {tier: int(exact(points) * MICRO) for tier, points in found.items() if points is not None}
