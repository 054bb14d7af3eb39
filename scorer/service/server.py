"""The server: both services, health and reflection on one port."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.catalogue import Catalogue
from scorer.service.calls import MAX_REQUEST_BYTES, unary
from scorer.service.criteria_service import CriteriaService
from scorer.service.memory import keep_memory
from scorer.service.places import Attendant, Places
from scorer.service.scorer_service import ScorerService
from scorer.watch import Watch

THREADS = 128
"""A call holds one from its first byte on, also while its body does not come, as does an open reflection stream: only
scoring is limited (``places.SCORING``), so that idle callers leave room for others. A call that its caller gave up
holds one while a plugin goes on scoring for it (``places.LOST``)."""

SERVICES = ("egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService")

GARBAGE = 50_000
"""New objects after which Python looks for circles of garbage: a call of 10,000 units makes as many, and no circles."""

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
        address: host and port, such as ``127.0.0.1:50051``; port 0 takes a free one.
        shared: servers that are shared too may listen there as well, each gets a part of the connections.

    Raises:
        AddressError: it cannot listen there.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], address: str, *, shared: bool = False) -> None:
        keep_memory()
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="scorer"),
            options=[
                # Above our own limit, so that a somewhat too large request gets our answer, which says what to do.
                ("grpc.max_receive_message_length", MAX_REQUEST_BYTES + 16 * 2**20),
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", int(shared)),  # unasked, two servers would share a port unnoticed
            ],
        )
        watch, self._scoring = Watch(), Places()
        scoring, scorer, criteria = self._scoring, ScorerService(catalogue, watch), CriteriaService(catalogue)
        self._attendant = Attendant(watch, scoring)
        self._arrivals = _Arrivals()
        self._server.add_generic_rpc_handlers((self._arrivals,))
        handlers = {
            SERVICES[0]: {
                "ScoreUnit": unary("ScoreUnit", scorer_pb2.ScoreUnitRequest, scorer.score_unit, scoring),
                "RankProvince": unary("RankProvince", scorer_pb2.RankProvinceRequest, scorer.rank_province, scoring),
            },
            SERVICES[1]: {
                "ListCriteriaSets": unary(
                    "ListCriteriaSets", criteria_pb2.ListCriteriaSetsRequest, criteria.list_criteria_sets, scoring
                ),
                "GetCriteriaSet": unary(
                    "GetCriteriaSet", criteria_pb2.GetCriteriaSetRequest, criteria.get_criteria_set, scoring
                ),
            },
        }
        for service, methods in handlers.items():
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise AddressError(address) from error
        self.address = f"{address.rpartition(':')[0]}:{self.port}"

    def start(self) -> None:
        """Serves; health says so."""
        gc.collect()
        gc.freeze()  # criteria sets stay: looking through them again and again made calls wait
        gc.set_threshold(GARBAGE)
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
        stopped.wait()
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
