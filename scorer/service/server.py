"""The server: both services, health and reflection on one port."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import grpc

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.catalogue.catalogue import Catalogue
from scorer.plugins.calls_in_flight import PluginCalls
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
    """A server cannot listen where it was told to."""

    def __init__(self, address: str) -> None:
        super().__init__(f"cannot listen on {address!r}; is another server there?")


class _Handlers(grpc.GenericRpcHandler):
    """The handlers of all methods, by path; counts the calls that gRPC hands over."""

    def __init__(self, handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]) -> None:
        self._handlers = handlers
        self.calls = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        self.calls += 1
        return self._handlers.get(handler_call_details.method)


class Server:
    """A server, to be made and used within a running event loop.

    Args:
        catalogue: gives the catalogue to answer from; asked once a call.
        settings: where to listen, who may call, how much is taken.
        shared: whether other servers may listen there too; each gets a part of the connections.
        metrics: where calls are counted, if they are.
        reload: loads criteria sets again within so many seconds, and gives why it could not; None when there is nothing
            to load.

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
    ) -> None:
        access, limits = Access(settings), settings.limits
        self.grpc_server = grpc.aio.server(
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
        self._health, self._plugin_calls = Health(SERVICES), PluginCalls()
        self._transfers = Transfers(asyncio.get_running_loop(), limits.transfer_seconds)
        admission = Admission(limits.calls, limits.calls_each, limits.held_bytes)
        pipeline = Pipeline(access, limits, admission, ScoringThreads(limits.scoring), self._transfers, metrics)
        methods = _methods(ScorerService(catalogue, self._plugin_calls), CriteriaService(catalogue, reload))
        side_services = SideServices(access, self._transfers, self._health, SERVICES)
        self._handlers = _Handlers(
            {method.path: pipeline.handler(method) for method in methods} | side_services.handlers()
        )
        self.grpc_server.add_generic_rpc_handlers((self._handlers,))
        try:
            if settings.tls:
                self.port = self.grpc_server.add_secure_port(settings.address, credentials(settings.tls))
            else:
                self.port = self.grpc_server.add_insecure_port(settings.address)
        except RuntimeError as error:
            raise AddressError(settings.address) from error
        self.address = f"{settings.address.rpartition(':')[0]}:{self.port}"

    async def start(self) -> None:
        """Serves; health says so."""
        await self.grpc_server.start()
        self._housekeeping = asyncio.create_task(self._keep_house())

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
        while seen != self._handlers.calls and time.monotonic() < ends:
            seen = self._handlers.calls
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
