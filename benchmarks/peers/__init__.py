"""Other engines that do the scorer's work: each compiles the plan of a tier, and returns the same columns."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from peers.method import Columns, Method, PeerCannot
from scorer.model.cohort import Cohort

__all__ = ["INSTALL", "PEERS", "Columns", "Method", "Peer", "PeerCannot"]

INSTALL = "pip install 'egov-scorer[peers]'"


@dataclass(frozen=True)
class Peer:
    """One engine."""

    name: str
    """The name in ids of tests."""
    title: str
    """The name in reports."""
    module: str
    kind: str
    """Name of the class, which is created with a ``Method``."""
    call: str = "score"
    """Name of the method of this class that scores a cohort."""
    distribution: str = ""
    """The distribution that must be installed; may be empty."""
    limit: int = 100_000
    """Largest number of units that is timed."""
    tolerance: int | None = None
    """How much its numbers may differ from the scorer's, in micropoints or parts per million; None: the peer is
    exact."""

    def missing(self) -> bool:
        """Whether the engine is not installed."""
        try:
            importlib.import_module(self.module)
        except ImportError:
            return True
        return False

    def scorer(self, method: Method) -> Callable[..., Columns]:
        """A function that scores cohorts.

        Raises:
            PeerCannot: the engine does not support something in the method.
        """
        scores: Callable[[Cohort], Columns] = getattr(
            getattr(importlib.import_module(self.module), self.kind)(method), self.call
        )
        return scores


NUMBA = Peer("numba", "numba", "peers.numba_blocks", "NumbaBlocks", distribution="numba", limit=1_000_000)
LOOP = Peer("python-loop", "Python loop", "peers.python_loop", "PythonLoop", limit=10_000)
PEERS = (
    NUMBA,
    Peer("polars", "Polars", "peers.polars_frame", "PolarsFrame", distribution="polars"),
    Peer(
        "openfisca", "OpenFisca + NumPy ranks", "peers.openfisca_variables", "OpenFiscaVariables",
        distribution="openfisca-core", tolerance=1_000,
    ),
    LOOP,
    Peer(
        "zen-batch", "ZEN, one batch, no ranks", "peers.zen_decision", "ZenDecision",
        distribution="zen-engine", limit=1_000, tolerance=10,
    ),
    Peer(
        "zen-one-by-one", "ZEN, one call per unit, no ranks", "peers.zen_decision", "ZenDecision", "score_singly",
        distribution="zen-engine", limit=1_000, tolerance=10,
    ),
)  # fmt: skip
"""Sorted by speed, the fastest first."""
