"""The server: both services, health and reflection on one port."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.catalogue import Catalogue
from scorer.service.access import Access
from scorer.service.calls import Calls, Method
from scorer.service.criteria_service import CriteriaService
from scorer.service.guard import Guard
from scorer.service.memory import keep_memory, settle
from scorer.service.metrics import Metrics
from scorer.service.places import Attendant, Places
from scorer.service.scorer_service import ScorerService
from scorer.service.transport import KEEP_ALIVE, credentials
from scorer.service.waiting import wait_for
from scorer.settings import Settings
from scorer.watch import Watch

THREADS = 512
"""A call holds one from its first byte on, also while its body does not come, as does an open reflection stream: only
calls that have arrived are limited (``settings.Limits``), so that idle callers leave room for others. A call that its
caller gave up holds one while a plugin goes on scoring for it (``places.LOST``)."""

STREAMS = 128
"""Calls that one connection may have open at once: one that sends no bodies must not hold all threads."""

SERVICES = ("egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService")

REST = 0.25
"""What part of its grace a stop spends at most on waiting for calls that are being scored."""

QUIET = 0.05
"""Seconds without another call after which a stop takes all that have arrived for handed over."""

LAST_CALLS = 1.0
"""Seconds that a stop waits at most for that."""


class AddressError(Exception):
    """A server cannot listen where it was told to."""

    def __init__(self, address: str) -> None:
        super().__init__(f"cannot listen on {address!r}; is another server there?")


class _Health(health.HealthServicer):
    """Takes all services that are not here for one: it would keep every name that a watcher makes up, for ever."""

    def Watch(self, request: Any, context: Any, send_response_callback: Any = None) -> Any:
        """Tells of a service's health until the caller has heard enough."""
        if request.service not in ("", *SERVICES):
            request = health_pb2.HealthCheckRequest(service="unknown")
        return super().Watch(request, context, send_response_callback)

    def List(self, request: Any, context: Any) -> Any:
        """The health of every service, which the class that this extends does not tell: it raises, with a traceback."""
        del request
        asked = [health_pb2.HealthCheckRequest(service=name) for name in ("", *SERVICES)]
        statuses = {one.service: self.Check(one, context) for one in asked}
        return health_pb2.HealthListResponse(statuses=statuses)  # type: ignore[attr-defined] # unknown to its stubs


class _Arrivals(grpc.GenericRpcHandler):
    """Counts the calls that gRPC hands over, and leaves them to the handlers after it."""

    def __init__(self) -> None:
        self.count = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> None:
        del handler_call_details
        self.count += 1  # one thread of gRPC's hands all calls over


class Server:
    """A running server.

    Args:
        catalogue: gives the catalogue to answer from; asked once a call.
        settings: where to listen, who may call, how much is taken.
        shared: servers that are shared too may listen there as well, each gets a part of the connections.
        metrics: where calls are counted, if they are.
        reload: loads criteria sets anew within so many seconds, and gives why it could not; None when there is nothing
            to load anew.

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
        keep_memory()
        access, limits = Access(settings), settings.limits
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="scorer"),
            interceptors=[Guard(access, SERVICES)],
            options=[
                # Above our own limit, so that a somewhat too large request gets our answer, which says what to do.
                ("grpc.max_receive_message_length", limits.request_bytes + 16 * 2**20),
                ("grpc.max_send_message_length", -1),
                # gRPC would unpack a message before anything is known of its caller: 140 KB to 140 MB, in each stream.
                ("grpc.per_message_decompression", 0),
                ("grpc.so_reuseport", int(shared)),  # unasked, two servers would share a port unnoticed
                ("grpc.max_concurrent_streams", STREAMS),
                # On, it resets most calls of an honest client that begins more at once than that, instead of letting
                # it wait for its own; what one connection can hold is limited all the same.
                ("grpc.http.overload_protection", 0),
                *KEEP_ALIVE,
            ],
        )
        watch, self._scoring = Watch(), Places(limits.scoring)
        self._attendant = Attendant(watch, self._scoring)
        self._arrivals = _Arrivals()
        self._server.add_generic_rpc_handlers((self._arrivals,))
        calls = Calls(access, limits, self._scoring, metrics)
        scorer, criteria = ScorerService(catalogue, watch), CriteriaService(catalogue, reload)
        methods = {
            SERVICES[0]: {
                "ScoreUnit": Method(scorer_pb2.ScoreUnitRequest, scorer.score_unit),
                "RankProvince": Method(scorer_pb2.RankProvinceRequest, scorer.rank_province),
            },
            SERVICES[1]: {
                "ListCriteriaSets": Method(criteria_pb2.ListCriteriaSetsRequest, criteria.list_criteria_sets),
                "GetCriteriaSet": Method(criteria_pb2.GetCriteriaSetRequest, criteria.get_criteria_set),
                "ReloadCriteriaSets": Method(criteria_pb2.ReloadCriteriaSetsRequest, criteria.reload_criteria_sets),
            },
        }
        for service, own in methods.items():
            self._server.add_generic_rpc_handlers((calls.methods(service, own),))
        self._health = _Health()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        try:
            if settings.tls:
                self.port = self._server.add_secure_port(settings.address, credentials(settings.tls))
            else:
                self.port = self._server.add_insecure_port(settings.address)
        except RuntimeError as error:
            raise AddressError(settings.address) from error
        self.address = f"{settings.address.rpartition(':')[0]}:{self.port}"

    def start(self) -> None:
        """Serves; health says so."""
        settle()
        self._server.start()
        self._attendant.start()
        for name in ("", *SERVICES):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    def stop(self, grace: float) -> None:
        """Takes no new calls and gives those that have arrived ``grace`` seconds."""
        ends = time.monotonic() + grace
        self._health.enter_graceful_shutdown()
        if grace:
            self._take_in(grace)
        stopped = self._server.stop(max(ends - time.monotonic(), 0))
        self._scoring.resume()
        wait_for(stopped)
        self._attendant.end()

    def _take_in(self, grace: float) -> None:
        """Lets gRPC hand over the calls that have arrived.

        When it stops, it drops what it has read but not handed over. It hands over one call at a time, for which
        threads that score leave it little of the interpreter: under load, that is nearly every call in flight. So
        scoring rests until no more calls come.
        """
        self._scoring.rest(REST * grace)
        seen, ends = -1, time.monotonic() + min(LAST_CALLS, REST * grace)
        while seen != self._arrivals.count and time.monotonic() < ends:
            seen = self._arrivals.count
            time.sleep(QUIET)
