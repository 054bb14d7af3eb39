"""What the service counts, for Prometheus; with several workers each counts in files that their parent adds up."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from wsgiref.simple_server import WSGIServer

import prometheus_client.values
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from scorer.catalogue.catalogue import Catalogue
from scorer.engine.explain import unranked_by_gate
from scorer.service.call.context import CallContext

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where workers count; prometheus_client reads the variable when it is imported."""

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Buckets: one unit takes a millisecond, a hundred thousand about a second."""

FILE_BYTES = 2**16
"""Size of a new file of counts; it doubles when it is full."""

ENTRY_BYTES = 40
"""What a count takes in a file at most, besides its name."""

log = logging.getLogger("scorer.metrics")


class _ReservedDict(MmapedDict):
    """Counts in a file in memory, for which there is room on the disk.

    A process that writes to such a file on a full disk, without having reserved the room, dies of SIGBUS.

    Raises:
        OSError: the disk is full.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode:
            Path(filename).parent.mkdir(exist_ok=True)  # somebody may have cleared the temporary directory
            with Path(filename).open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, FILE_BYTES)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        """See ``MmapedDict``; the file grows by doubling."""
        needed = self._used + len(key.encode()) + ENTRY_BYTES
        if needed > self._capacity:
            os.posix_fallocate(self._f.fileno(), 0, 2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]


if FOLDER in os.environ:  # only workers count in files, and only Linux has workers
    prometheus_client.values.MmapedDict = _ReservedDict  # type: ignore[attr-defined]


class Metrics:
    """What one process counts.

    Raises:
        OSError: there is no room to count.
    """

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
        self._full = False
        """Whether there was no room to count something."""

    def ended(self, call: CallContext, code: str, seconds: float) -> None:
        """A call has its answer."""
        with self._room_or_none():
            self._count(call, code, seconds)

    def _count(self, call: CallContext, code: str, seconds: float) -> None:
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
        with self._room_or_none():
            for gone in self._shown - shown:
                self.sets.labels(*gone).set(0)
            for new in shown - self._shown:
                self.sets.labels(*new).set(1)
        self._shown = shown
        self.refused.set(len(catalogue.refused))
        self.quarantined.set(sum(bool(plugin.failure) for plugin in catalogue.host.plugins))

    @contextmanager
    def _room_or_none(self) -> Iterator[None]:
        """A disk that is too full for counts with new labels costs these counts, not the call; the log says it once."""
        try:
            yield
        except OSError as error:
            if not self._full:
                log.warning("some metrics are not counted any more: %s", error.strerror)
            self._full = True


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

    Raises:
        OSError: no temporary directory can be written.
    """

    def __init__(self) -> None:
        self._temporary = TemporaryDirectory(prefix="scorer-metrics-", ignore_cleanup_errors=True)
        self._folder = os.environ[FOLDER] = self._temporary.name
        self.registry = CollectorRegistry()
        self.workers = Gauge("scorer_workers", "Workers that serve.", registry=self.registry)
        self.unresponsive = Gauge(
            "scorer_unresponsive_workers", "Workers without a heartbeat for seconds.", registry=self.registry
        )
        MultiProcessCollector(self.registry, path=self._folder)  # type: ignore[no-untyped-call]

    def gone(self, pid: int) -> None:
        """A worker ended: what it counted stays, what it was busy with does not."""
        mark_process_dead(pid, self._folder)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """No worker counts any longer."""
        self._temporary.cleanup()
