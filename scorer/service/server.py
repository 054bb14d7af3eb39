"""The server: both services, health and reflection on one port."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.catalogue import Catalogue
from scorer.service.calls import MAX_REQUEST_BYTES, SCORING, unary
from scorer.service.criteria_service import CriteriaService
from scorer.service.scorer_service import ScorerService

THREADS = 128
"""A call holds one from its first byte on, also while its body does not come, as does an open reflection stream: only
scoring is limited (``calls.SCORING``), so that idle callers leave room for others."""

SERVICES = ("egov.scorer.v1.ScorerService", "egov.scorer.v1.CriteriaService")


class AddressError(Exception):
    """The server cannot listen where it was told to."""


class Server:
    """A running server.

    Args:
        catalogue: gives the catalogue to answer from; asked once a call.
        address: host and port, such as ``127.0.0.1:50051``; port 0 takes a free one.

    Raises:
        AddressError: it cannot listen there.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], address: str) -> None:
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="scorer"),
            options=[
                # Above our own limit, so that a somewhat too large request gets our answer, which says what to do.
                ("grpc.max_receive_message_length", MAX_REQUEST_BYTES + 16 * 2**20),
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),  # or two servers would share a port unnoticed
            ],
        )
        scorer, criteria = ScorerService(catalogue), CriteriaService(catalogue)
        scoring = Semaphore(SCORING)
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
            raise AddressError(f"cannot listen on {address!r}; is another server there?") from error
        self.address = f"{address.rpartition(':')[0]}:{self.port}"

    def start(self) -> None:
        """Serves; health says so."""
        self._server.start()
        for name in ("", *SERVICES):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    def stop(self, grace: float) -> None:
        """Takes no new calls and gives those under way ``grace`` seconds."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace).wait()
