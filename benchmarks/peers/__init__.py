"""Other ways to do the scorer's work: each compiles itself from a tier's plan and gives the same columns."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from peers.method import Columns, Method, PeerCannot
from scorer.model.units import Cohort

__all__ = ["INSTALL", "PEERS", "Columns", "Method", "Peer", "PeerCannot"]

INSTALL = "pip install 'egov-scorer[peers]'"


@dataclass(frozen=True)
class Peer:
    """One way, and what it takes."""

    name: str
    """In the names of benchmarks."""
    way: str
    """For people."""
    module: str
    kind: str
    """The class that a method makes a scorer of."""
    call: str = "score"
    distribution: str = ""
    """What has to be installed for it; empty for nothing."""
    limit: int = 100_000
    """Units up to which it is worth waiting for."""
    tolerance: int | None = None
    """Micropoints or parts per million that its numbers may be off; None: it is exact in every column."""

    def missing(self) -> bool:
        """Whether it cannot be imported here."""
        try:
            importlib.import_module(self.module)
        except ImportError:
            return True
        return False

    def scorer(self, method: Method) -> Callable[..., Columns]:
        """What scores cohorts by one method.

        Raises:
            PeerCannot: the method has something that it cannot do.
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
        "zen-one-by-one", "ZEN, one call a unit, no ranks", "peers.zen_decision", "ZenDecision", "score_singly",
        distribution="zen-engine", limit=1_000, tolerance=10,
    ),
)  # fmt: skip
"""The fastest first."""
