"""What the service counts, for Prometheus; with several workers each counts in files that their parent adds up."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from scorer.catalogue.catalogue import Catalogue
from scorer.engine.explain import unranked_by_gate
from scorer.service.call.context import CallContext

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where workers count; prometheus_client reads the variable when it is imported."""

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Buckets: one unit takes a millisecond, a hundred thousand about a second."""


class Metrics:
    """What one process counts."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.calls = Counter("scorer_calls", "Calls answered.", ("method", "code"), registry=registry)
        self.seconds = Histogram(
            "scorer_call_seconds", "Seconds from a call's arrival to its answer.", ("method",),
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.units = Counter("scorer_units", "Units scored.", ("method", "criteria_set"), registry=registry)
        self.unranked = Counter(
            "scorer_unranked_units", "Units that missed a gate of the lowest level, by gate.",
            ("criteria_set", "tier", "category", "measure"), registry=registry,
        )  # fmt: skip
        self.under_way = Gauge(
            "scorer_calls_under_way",
            "Calls that have begun and not ended.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.sets = Gauge(
            "scorer_criteria_set_info", "1 for the revision in use of each criteria set.",
            ("criteria_set", "revision"), registry=registry, multiprocess_mode="livemax",
        )  # fmt: skip
        self.refused = Gauge(
            "scorer_refused_documents", "Documents of criteria sets that cannot be used.",
            registry=registry, multiprocess_mode="livemax",
        )  # fmt: skip
        self.quarantined = Gauge(
            "scorer_quarantined_plugins", "Plugins in quarantine.", registry=registry, multiprocess_mode="livemax"
        )
        self.lost_lines = Counter(
            "scorer_lost_log_lines", "Lines of the log that could not be written.", registry=registry
        )
        self.reloads = Counter("scorer_reloads", "Times that criteria sets were read again.", registry=registry)
        self._shown: set[tuple[str, str]] = set()

    def ended(self, call: CallContext, code: str, seconds: float) -> None:
        """A call has its answer."""
        self.calls.labels(call.method, code).inc()
        self.seconds.labels(call.method).observe(seconds)
        if call.plan is None:
            return
        criteria_set = call.plan.criteria_set.code
        if call.units:
            self.units.labels(call.method, criteria_set).inc(call.units)
        for assessment in call.scored:
            for category, measure, units in unranked_by_gate(assessment, slice(None)):
                self.unranked.labels(criteria_set, assessment.plan.tier, category, measure).inc(units)

    def show(self, catalogue: Catalogue) -> None:
        """The criteria sets in use, the documents refused, the plugins in quarantine."""
        shown = {(code, plan.criteria_set.revision) for code, plan in catalogue.sets.items()}
        for gone in self._shown - shown:
            self.sets.labels(*gone).set(0)
        for new in shown - self._shown:
            self.sets.labels(*new).set(1)
        self._shown = shown
        self.refused.set(len(catalogue.refused))
        self.quarantined.set(sum(bool(plugin.failure) for plugin in catalogue.host.plugins))


def publish(address: str, registry: CollectorRegistry) -> WSGIServer:
    """Serves metrics over HTTP at ``/metrics``, in a thread of its own.

    Raises:
        OSError: it cannot listen there.
    """
    host, _, port = address.rpartition(":")
    server, _ = start_http_server(int(port), host.strip("[]"), registry)
    return server


class WorkersMetrics:
    """The metrics of all workers, for their parent; to be closed.

    Workers count in a folder, which is in the environment of processes that are started from now on.
    """

    def __init__(self) -> None:
        self._temporary = TemporaryDirectory(prefix="scorer-metrics-", ignore_cleanup_errors=True)
        self._folder = os.environ[FOLDER] = self._temporary.name
        self.registry = CollectorRegistry()
        self.workers = Gauge("scorer_workers", "Workers that serve.", registry=self.registry)
        MultiProcessCollector(self.registry, path=self._folder)  # type: ignore[no-untyped-call]

    def gone(self, pid: int) -> None:
        """A worker ended: what it counted stays, what it was busy with does not."""
        mark_process_dead(pid, self._folder)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """No worker counts any longer."""
        self._temporary.cleanup()
