"""The server: both services, health and reflection on one port."""

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
from scorer.plugins.journal import PluginJournal
from scorer.service.call.access import Access
from scorer.service.call.admission import Admission
from scorer.service.call.metrics import Metrics
from scorer.service.call.pipeline import Method, Pipeline
from scorer.service.call.threads import ScoringThreads
from scorer.service.call.transfers import Transfers
from scorer.service.methods.criteria_service import CriteriaService
from scorer.service.methods.health import Health
from scorer.service.methods.scorer_service import ScorerService
from scorer.service.methods.side_services import SideServices
from scorer.service.runtime import tuning
from scorer.service.runtime.grpc_server import GrpcServer
from scorer.service.runtime.settings import Settings
from scorer.service.runtime.tls import KEEP_ALIVE, credentials

STREAMS = 128
"""Calls that one connection may have open at once; clients wait with more."""

MAX_PENDING = 20_000
"""Calls that may wait for the event loop, over all connections."""

SCORER, CRITERIA = "egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService"
SERVICES = (SCORER, CRITERIA)

QUIET = 0.05
"""Seconds without a new call after which a server that stops takes all calls for handed over."""

LAST_CALLS = 1.0
"""Seconds that it waits for that at most."""

HOUSEKEEPING = 0.5
"""Seconds between two looks at slow callers and slow plugins."""

RETURN_MEMORY = 20
"""Looks after which memory is given back."""

log = logging.getLogger("scorer.service")


class AddressError(Exception):
    """A server cannot listen where it was told to.

    Args:
        address: host and port.
        error: why it cannot listen there; None when that is not known.
    """

    def __init__(self, address: str, error: OSError | None) -> None:
        if error is None or error.errno == errno.EADDRINUSE:
            super().__init__(f"cannot listen on {address!r}; is another server there?")
        else:
            super().__init__(f"cannot listen on {address!r}: {error.strerror}")


def _bind_error(address: str) -> OSError | None:
    """Why gRPC, which does not say it, cannot listen on an address; None when there seems to be no reason."""
    host, _, port = address.rpartition(":")
    try:
        for family, kind, protocol, _, where in socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as tried:
                tried.bind(where)
    except OSError as error:
        return error
    return None


class Server:
    """A server, to be made and used within a running event loop.

    Args:
        catalogue: gives the catalogue to answer from; asked once a call.
        settings: where to listen, who may call, how much is taken.
        shared: whether other servers may listen there too; each gets a part of the connections.
        metrics: where calls are counted, if they are.
        reload: loads criteria sets again within so many seconds, and gives why it could not; None when there is nothing
            to load.
        journal: where it writes down which plugins score.

    Raises:
        AddressError: it cannot listen there.
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
        journal: PluginJournal | None = None,
    ) -> None:
        access, limits = Access(settings), settings.limits
        self._health, self._plugin_calls = Health(SERVICES), PluginCalls(journal=journal)
        self._transfers = Transfers(asyncio.get_running_loop(), limits.transfer_seconds)
        admission = Admission(limits.calls, limits.calls_each, limits.held_bytes)
        pipeline = Pipeline(access, limits, admission, ScoringThreads(limits.scoring), self._transfers, metrics)
        methods = _methods(ScorerService(catalogue, self._plugin_calls), CriteriaService(catalogue, reload))
        side_services = SideServices(access, self._transfers, self._health, SERVICES)
        self.grpc_server = GrpcServer(
            handlers={method.path: pipeline.handler(method) for method in methods} | side_services.handlers(),
            options=[
                # Above our own limit, so that a somewhat too large request gets our answer, which says what to do.
                ("grpc.max_receive_message_length", limits.request_bytes + 16 * 2**20),
                ("grpc.max_send_message_length", -1),
                # gRPC would unpack a message before anything is known of its caller: 140 KB to 140 MB, in each stream.
                ("grpc.per_message_decompression", 0),
                ("grpc.so_reuseport", int(shared)),  # unless told, two servers would share a port unnoticed
                ("grpc.max_concurrent_streams", STREAMS),
                # Streams that a caller has reset count until their calls have ended. Otherwise, rapid resets let others
                # wait for many seconds. The price: of more calls than STREAMS that a client begins at once on one
                # connection, gRPC refuses a few (UNAVAILABLE).
                ("grpc.http.overload_protection", 1),
                # Beyond 1,000 calls that wait for the event loop, gRPC would cancel some at random.
                ("grpc.server.max_pending_requests", MAX_PENDING),
                ("grpc.server.max_pending_requests_hard_limit", MAX_PENDING),
                *KEEP_ALIVE,
            ],
        )
        try:
            if settings.tls:
                self.port = self.grpc_server.add_secure_port(settings.address, credentials(settings.tls))
            else:
                self.port = self.grpc_server.add_insecure_port(settings.address)
        except RuntimeError as error:
            raise AddressError(settings.address, _bind_error(settings.address)) from error
        self.address = f"{settings.address.rpartition(':')[0]}:{self.port}"

    async def start(self) -> None:
        """Serves; health says so."""
        await self.grpc_server.start()
        self._housekeeping = asyncio.create_task(self._keep_house())

    async def ended(self) -> None:
        """Waits until it has been stopped, or has ended by itself; then it raises why, if gRPC says so."""
        await self.grpc_server.wait_for_termination()

    async def stop(self, grace: float) -> None:
        """Takes no new calls and gives those that have arrived ``grace`` seconds."""
        ends = time.monotonic() + grace
        self._health.stop()
        if grace:
            await self._take_in(min(LAST_CALLS, grace / 4))
        await self.grpc_server.stop(max(ends - time.monotonic(), 0))
        self._housekeeping.cancel()

    async def _take_in(self, seconds: float) -> None:
        """Lets gRPC hand over the calls that have arrived: when it stops, it drops those that it has only read."""
        seen, ends = -1, time.monotonic() + seconds
        while seen != self.grpc_server.calls and time.monotonic() < ends:
            seen = self.grpc_server.calls
            await asyncio.sleep(QUIET)

    async def _keep_house(self) -> None:
        for looks in itertools.count(1):
            await asyncio.sleep(HOUSEKEEPING)
            if looks % RETURN_MEMORY == 0:
                await asyncio.to_thread(tuning.return_memory)
            if ended := self._transfers.end_overdue():
                log.warning("%d calls ended: their callers do not read the replies", ended)
            for plugin, seconds in self._plugin_calls.slow():
                log.warning("%s has been scoring for %d s", plugin, seconds)


def _methods(scorer: ScorerService, criteria: CriteriaService) -> Iterable[Method]:
    """The methods of both services. A set may take milliseconds to write out: only ScoreUnit runs on the event loop."""
    requests, find_plan = criteria_pb2, scorer.find_plan
    yield Method(f"/{SCORER}/ScoreUnit", scorer_pb2.ScoreUnitRequest, scorer.score_unit, find_plan, on_loop=True)
    yield Method(f"/{SCORER}/RankProvince", scorer_pb2.RankProvinceRequest, scorer.rank_province, find_plan)
    yield Method(f"/{CRITERIA}/ListCriteriaSets", requests.ListCriteriaSetsRequest, criteria.list_criteria_sets)
    yield Method(f"/{CRITERIA}/GetCriteriaSet", requests.GetCriteriaSetRequest, criteria.get_criteria_set)
    yield Method(f"/{CRITERIA}/ReloadCriteriaSets", requests.ReloadCriteriaSetsRequest, criteria.reload_criteria_sets)
