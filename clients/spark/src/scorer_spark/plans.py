"""Finds and compiles criteria sets on the driver, and packs them for the executors."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import Catalogue, load_set
from scorer.criteria.yaml_parser import read_document
from scorer.engine.gates import GateCompiler
from scorer.engine.plan import SetPlan
from scorer.plugins.host import PluginHost
from scorer.service.call.errors import CallRefused
from scorer.service.methods.set_lookup import find_set

MAX_CACHED_SETS = 32
"""Maximum number of unpacked criteria sets that one process of an executor keeps in memory."""


class RankError(ValueError):
    """Raised if a data frame cannot be ranked. The message says why, and how to fix it."""


@dataclass(frozen=True)
class PackedSet:
    """A compiled criteria set, as executors receive it. They need neither its document nor the rule engine."""

    digest: str
    """SHA-256 of ``data``."""
    versions: tuple[tuple[str, str], ...]
    """Distribution and version of the scorer, and of each plugin whose code scores."""
    data: bytes = field(repr=False, compare=False)

    def plan(self) -> SetPlan:
        """The set, unpacked once per process.

        Raises:
            RankError: this process has other versions of the scorer or of a plugin than the driver.
        """
        return _unpacked(self)


@lru_cache(MAX_CACHED_SETS)
def _unpacked(packed: PackedSet) -> SetPlan:
    problems = []
    for distribution, expected in packed.versions:
        try:
            installed = version(distribution)
        except PackageNotFoundError:
            installed = "nothing"
        if installed != expected:
            problems.append(f"{distribution}: {installed} is installed, the driver has {expected}")
    if problems:
        raise RankError(f"install on the executor what the driver has: {'; '.join(problems)}")
    plan: SetPlan = pickle.loads(packed.data)
    return plan


def pack(criteria_set: str | Path) -> PackedSet:
    """Finds a criteria set, and compiles it if it is a document.

    Args:
        criteria_set: the code of a set that is installed on the driver, or the path of a document.

    Raises:
        RankError: there is no such set, or it was refused.
    """
    if isinstance(criteria_set, str):
        catalogue = _installed()
        plan, host = _by_code(catalogue, criteria_set), catalogue.host
    else:
        host = PluginHost.installed()
        plan = _load(criteria_set, host)
    plugins = {plugin.distribution: plugin.version for plugin in host.plugins if plan.needs(str(plugin))}
    versions = {"egov-scorer": version("egov-scorer"), **plugins}
    data = pickle.dumps(plan)
    return PackedSet(hashlib.sha256(data).hexdigest(), tuple(sorted(versions.items())), data)


@cache
def _installed() -> Catalogue:
    """The sets and plugins that are installed on the driver."""
    return Catalogue.installed(PluginHost.installed(), GateCompiler())


def _by_code(catalogue: Catalogue, code: str) -> SetPlan:
    try:
        return find_set(catalogue, pb.RankProvinceRequest(criteria_set=code))
    except CallRefused as refused:
        raise RankError(refused.message) from None


def _load(path: Path, host: PluginHost) -> SetPlan:
    try:
        text = read_document(path)
    except OSError as error:
        raise RankError(f"cannot read {path}: {error.strerror}") from error
    plan, document = load_set(host, path.name, text, GateCompiler())
    if plan is None:
        problems = "\n".join(str(problem) for problem in document.sorted_problems())
        raise RankError(f"the criteria set was refused:\n{problems}")
    return plan
