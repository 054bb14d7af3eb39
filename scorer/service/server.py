"""The gRPC server: both services, and the health and reflection services, on one port."""

from __future__ import annotations

import asyncio
import errno
import itertools
import logging
import socket
import time
from collections.abc import Callable, Iterable

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.catalogue.catalogue import Catalogue
from scorer.plugins.calls_in_flight import PluginCalls
from scorer.service.call.access import Access
from scorer.service.call.admission import Admission
from scorer.service.call.drain import Drain
from scorer.service.call.metrics import Metrics
from scorer.service.call.pipeline import Method, Pipeline
from scorer.service.call.threads import ScoringThreads
from scorer.service.call.traces import Traces
from scorer.service.call.transfer_timeouts import Transfers
from scorer.service.methods.criteria_service import CriteriaService
from scorer.service.methods.health import Health
from scorer.service.methods.health_and_reflection import HealthAndReflection
from scorer.service.methods.scorer_service import ScorerService
from scorer.service.runtime import tuning
from scorer.service.runtime.grpc_server import GrpcServer
from scorer.service.runtime.settings import Role, Settings

MAX_STREAMS = 128
"""Maximum number of open calls per connection. Clients delay calls beyond it."""

MAX_PENDING_CALLS = 20_000
"""Maximum number of calls of all connections that wait for the event loop."""

KEEP_ALIVE = (
    # Connections end after 30 minutes. A load balancer that distributes connections (L4) can then use new servers too.
    ("grpc.max_connection_age_ms", 30 * 60_000),
    ("grpc.max_connection_age_grace_ms", 5 * 60_000),
    # Pings detect callers that have vanished, and keep firewalls from dropping idle connections.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Callers may send pings too, at most every ten seconds.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
)
"""gRPC's options for the lifetime of connections."""

SCORER, CRITERIA = "egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService"
SERVICES = (SCORER, CRITERIA)

QUIET_SECONDS = 0.05
"""If gRPC hands over no call for this time, a stopping server assumes that all calls have been handed over."""

MAX_HANDOVER_SECONDS = 1.0
"""Maximum time that a stopping server waits for gRPC to hand over calls."""

HOUSEKEEPING_SECONDS = 0.5
"""Interval of the checks for slow callers and slow plugins."""

CHECKS_PER_MEMORY_RETURN = 20
"""Freed memory is returned to the system after this number of checks."""

log = logging.getLogger("scorer.service")


class AddressError(Exception):
    """Raised if a server cannot listen on its address.

    Args:
        address: host and port.
        error: the reason; None if it is not known.
    """

    def __init__(self, address: str, error: OSError | None) -> None:
        if error is None or error.errno == errno.EADDRINUSE:
            super().__init__(f"cannot listen on {address!r}; is another server there?")
        else:
            super().__init__(f"cannot listen on {address!r}: {error.strerror}")


def _bind_error(address: str) -> OSError | None:
    """Why a server cannot listen on an address; None if a plain socket can. gRPC does not give the reason."""
    host, _, port = address.rpartition(":")
    try:
        for family, kind, protocol, _, socket_address in socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.bind(socket_address)
    except OSError as error:
        return error
    return None


class Server:
    """The server. It must be created and used within a running event loop.

    Args:
        catalogue: returns the current catalogue; called once per call.
        settings: address, access, limits and so on.
        shared: whether other processes may listen on the same address. If so, each gets a part of the connections.
        metrics: counts the calls; None: they are not counted.
        reload: loads the criteria sets again, within the given number of seconds. It returns an empty string, or why
            the sets could not be loaded. None: there is no directory of criteria sets.
        plugin_calls: tracks the calls for which plugins are scoring.
        traces: traces the calls; None: they are not traced.

    Attributes:
        port: the port that the server listens on.
        address: host and port that the server listens on.

    Raises:
        AddressError: the server cannot listen on the address.
        ValueError, OSError: a certificate, key or key set cannot be used.
    """

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        settings: Settings,
        *,
        shared: bool = False,
        metrics: Metrics | None = None,
        reload: Callable[[float], str] | None = None,
        plugin_calls: PluginCalls | None = None,
        traces: Traces | None = None,
    ) -> None:
        access, limits = Access(settings), settings.limits
        self._health, self._plugin_calls = Health(SERVICES), plugin_calls or PluginCalls()
        self._transfers = Transfers(asyncio.get_running_loop(), limits.transfer_seconds)
        admission = Admission(limits.calls, limits.calls_each, limits.held_bytes)
        self._drain, threads = Drain(), ScoringThreads(limits.scoring)
        pipeline = Pipeline(access, limits, admission, threads, self._transfers, self._drain, metrics, traces)
        methods = _methods(ScorerService(catalogue, self._plugin_calls), CriteriaService(catalogue, reload))
        health_and_reflection = HealthAndReflection(access, self._transfers, self._health, SERVICES)
        self.grpc_server = GrpcServer(
            handlers={method.path: pipeline.handler(method) for method in methods} | health_and_reflection.handlers(),
            options=[
                # Larger than our own limit, so that a slightly larger request gets our error, which says what to do.
                ("grpc.max_receive_message_length", limits.request_bytes + 16 * 2**20),
                ("grpc.max_send_message_length", -1),
                # Otherwise gRPC would decompress messages (140 KB can become 140 MB) before the caller is known.
                ("grpc.per_message_decompression", 0),
                ("grpc.so_reuseport", int(shared)),  # by default, two servers can share a port by mistake
                ("grpc.max_concurrent_streams", MAX_STREAMS),
                # Calls that a caller has reset count until they have ended. Otherwise, rapid resets would make other
                # callers wait for many seconds. The price: if a client begins more than MAX_STREAMS calls at once on
                # one connection, gRPC refuses a few of them (UNAVAILABLE).
                ("grpc.http.overload_protection", 1),
                # By default, gRPC cancels calls at random when more than 1,000 wait for the event loop.
                ("grpc.server.max_pending_requests", MAX_PENDING_CALLS),
                ("grpc.server.max_pending_requests_hard_limit", MAX_PENDING_CALLS),
                *KEEP_ALIVE,
            ],
        )
        try:
            if settings.tls:
                from scorer.service.runtime.tls import credentials  # cryptography takes long to import

                self.port = self.grpc_server.add_secure_port(settings.address, credentials(settings.tls))
            else:
                self.port = self.grpc_server.add_insecure_port(settings.address)
        except RuntimeError as error:
            raise AddressError(settings.address, _bind_error(settings.address)) from error
        self.address = f"{settings.address.rpartition(':')[0]}:{self.port}"

    async def start(self) -> None:
        """Begins to serve."""
        await self.grpc_server.start()
        self._housekeeping = asyncio.create_task(self._keep_house())

    async def ended(self) -> None:
        """Waits until the server has stopped. Raises gRPC's exception if the server ended because of an error."""
        await self.grpc_server.wait_for_termination()

    async def stop(self, grace: float) -> None:
        """Refuses new calls, waits at most ``grace`` seconds until the calls in flight have ended, and stops."""
        deadline = time.monotonic() + grace
        self._health.stop()
        if grace:
            self._drain.begin(grace)
            await self._await_handover(min(MAX_HANDOVER_SECONDS, grace / 4))
        await self.grpc_server.stop(max(deadline - time.monotonic(), 0))
        self._housekeeping.cancel()

    async def _await_handover(self, seconds: float) -> None:
        """Waits until gRPC has handed over the calls that have arrived. When it stops, it drops the others."""
        previous, deadline = -1, time.monotonic() + seconds
        while previous != self.grpc_server.calls and time.monotonic() < deadline:
            previous = self.grpc_server.calls
            await asyncio.sleep(QUIET_SECONDS)

    async def _keep_house(self) -> None:
        """Ends calls of slow callers, reports slow plugins, and returns freed memory to the system, until cancelled."""
        for check in itertools.count(1):
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            if check % CHECKS_PER_MEMORY_RETURN == 0:
                await asyncio.to_thread(tuning.return_memory)
            if ended := self._transfers.end_overdue():
                log.warning("ended %d calls because their callers do not read the replies", ended)
            for plugin, seconds in self._plugin_calls.slow():
                log.warning("%s has been running for %d s", plugin, seconds)


def _methods(scorer: ScorerService, criteria: CriteriaService) -> Iterable[Method]:
    """The methods of both services. ScoreUnit runs on the event loop, because it is fast; the others run in threads."""
    score, rank, find_plan = scorer_pb2.ScoreUnitRequest, scorer_pb2.RankProvinceRequest, scorer.find_plan
    yield Method(f"/{SCORER}/ScoreUnit", score, Role.SCORER, scorer.score_unit, find_plan, on_loop=True)
    yield Method(f"/{SCORER}/RankProvince", rank, Role.RANKER, scorer.rank_province, find_plan, takes_province=True)
    for name, request, role, handler in (
        ("ListCriteriaSets", criteria_pb2.ListCriteriaSetsRequest, Role.READER, criteria.list_criteria_sets),
        ("GetCriteriaSet", criteria_pb2.GetCriteriaSetRequest, Role.READER, criteria.get_criteria_set),
        ("ReloadCriteriaSets", criteria_pb2.ReloadCriteriaSetsRequest, Role.OPERATOR, criteria.reload_criteria_sets),
    ):
        yield Method(f"/{CRITERIA}/{name}", request, role, handler)
