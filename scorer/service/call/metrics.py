"""Metrics for Prometheus. Several workers write their counts to files, and the parent process adds the counts up."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import prometheus_client.values
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from scorer.catalogue.catalogue import Catalogue
from scorer.engine.explain import unranked_by_gate
from scorer.service.call.context import CallContext

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable with the folder of the workers' files. prometheus_client reads it during import."""

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Histogram buckets in seconds. To score one unit takes a millisecond, 100,000 units about a second."""

FILE_BYTES = 2**16
"""Size of a new file of counts in bytes. A full file grows to twice its size."""

ENTRY_BYTES = 40
"""Maximum size of one count in a file in bytes, without its name."""

log = logging.getLogger("scorer.metrics")


class _ReservedDict(MmapedDict):
    """Counts in a memory-mapped file whose disk space is allocated in advance.

    Without this, a process that writes to the file would die of SIGBUS when the disk is full.

    Raises:
        OSError: the disk is full.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode:
            Path(filename).parent.mkdir(exist_ok=True)  # a cleanup of the temporary directory may have deleted it
            with Path(filename).open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, FILE_BYTES)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        """See ``MmapedDict``. Allocates space before the file grows to twice its size."""
        needed = self._used + len(key.encode()) + ENTRY_BYTES
        if needed > self._capacity:
            os.posix_fallocate(self._f.fileno(), 0, 2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]


if FOLDER_VARIABLE in os.environ:  # only workers count in files, and only Linux has workers
    prometheus_client.values.MmapedDict = _ReservedDict  # type: ignore[attr-defined]


class Metrics:
    """The metrics of one process.

    Raises:
        OSError: the disk has no space for the files.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.calls = Counter("scorer_calls", "Calls that have ended.", ("method", "code"), registry=registry)
        self.seconds = Histogram(
            "scorer_call_seconds", "Seconds from a call's arrival to its reply or error.", ("method",),
            buckets=BUCKETS, registry=registry,
        )  # fmt: skip
        self.units = Counter("scorer_units", "Units scored.", ("method", "criteria_set"), registry=registry)
        self.unranked = Counter(
            "scorer_unranked_units", "Units that fail a gate of the lowest level, by gate.",
            ("criteria_set", "tier", "category", "measure"), registry=registry,
        )  # fmt: skip
        self.under_way = Gauge(
            "scorer_calls_under_way",
            "Calls in flight: the request has arrived, and the reply is not yet read.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.sets = Gauge(
            "scorer_criteria_set_info", "1 for the revision of a criteria set that is in use, 0 for earlier revisions.",
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
        self.reloads = Counter("scorer_reloads", "Reloads of the criteria sets.", registry=registry)
        self._revisions: set[tuple[str, str]] = set()
        """Codes and revisions of the criteria sets in use."""
        self._warned = False
        """Whether a warning about dropped counts has been logged."""

    def count_call(self, call: CallContext, code: str, seconds: float) -> None:
        """Counts a call that has ended."""
        with self._tolerate_full_disk():
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

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Sets the gauges for criteria sets in use, refused documents and quarantined plugins."""
        revisions = {(code, plan.criteria_set.revision) for code, plan in catalogue.sets.items()}
        with self._tolerate_full_disk():
            for old in self._revisions - revisions:
                self.sets.labels(*old).set(0)
            for new in revisions - self._revisions:
                self.sets.labels(*new).set(1)
        self._revisions = revisions
        self.refused.set(len(catalogue.refused))
        self.quarantined.set(sum(bool(plugin.failure) for plugin in catalogue.host.plugins))

    @contextmanager
    def _tolerate_full_disk(self) -> Iterator[None]:
        """A context manager that drops counts if the disk has no space for new labels. It logs only the first time."""
        try:
            yield
        except OSError as error:
            if not self._warned:
                log.warning("some metrics are not counted any more: %s", error.strerror)
            self._warned = True


class WorkersMetrics:
    """The metrics of all workers, in their parent process.

    The environment of processes that are started afterwards names the folder for their files.

    Raises:
        OSError: a temporary directory cannot be created.
    """

    def __init__(self) -> None:
        self._temporary = TemporaryDirectory(prefix="scorer-metrics-", ignore_cleanup_errors=True)
        self._folder = os.environ[FOLDER_VARIABLE] = self._temporary.name
        self.registry = CollectorRegistry()
        self.workers = Gauge("scorer_workers", "Workers that serve.", registry=self.registry)
        self.unresponsive = Gauge(
            "scorer_unresponsive_workers", "Workers whose last heartbeat is too old.", registry=self.registry
        )
        MultiProcessCollector(self.registry, path=self._folder)  # type: ignore[no-untyped-call]

    def forget_worker(self, pid: int) -> None:
        """Removes the gauges of a worker that has ended. Its counts are kept."""
        mark_process_dead(pid, self._folder)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Deletes the files. Must be called when all workers have ended."""
        self._temporary.cleanup()
