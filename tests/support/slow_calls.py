"""Calls that wait until a test releases them, and quick calls."""

from __future__ import annotations

import threading
import time

import grpc
import numpy as np
from google.rpc import error_details_pb2, status_pb2
from harness import Refused, Service, catalogue, good, group, host
from small_set import INFRASTRUCTURE, OTHER_SET, WATER, WELLS, row

from egov.scorer.v1 import scorer_pb2
from scorer.catalogue.catalogue import Catalogue
from scorer.plugin_api import GroupPoints, Status
from scorer.service.runtime.settings import Limits, Settings


class Gate:
    """A group whose scoring waits until the gate is open."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.inside = threading.Semaphore(0)

        def score(_: object, criteria: tuple[object, ...], cohort: object) -> GroupPoints:
            self.inside.release()
            assert self.open.wait(30)
            shape = len(criteria), len(cohort)
            return GroupPoints(np.zeros(shape), np.full(shape, Status.SCORED, dtype=np.uint8))

        self.group = group("water", *WELLS, score=score)

    def sets(self) -> Catalogue:
        return good(catalogue(host(self.group, INFRASTRUCTURE), WATER, OTHER_SET))


def settings(**limits: object) -> Settings:
    return Settings(address="127.0.0.1:0", limits=Limits(**limits))


def held(service: Service, metadata: object = None) -> scorer_pb2.ScoreUnitResponse:
    """A call that waits at the gate."""
    request = scorer_pb2.ScoreUnitRequest(criteria_set="water-2020", unit_answers=row("a"))
    return service.scorer.ScoreUnit(request, metadata=metadata, timeout=30)


def quick(service: Service, metadata: object = None) -> scorer_pb2.ScoreUnitResponse:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="beside-2020", unit_answers=row("a"))
    return service.scorer.ScoreUnit(request, metadata=metadata, timeout=30)


def is_well_again(service: Service) -> bool:
    """Whether the service answers within four retries, each after the time that it states."""
    for _ in range(5):
        try:
            return quick(service).scorecard.unit.id == "a"
        except grpc.RpcError as error:
            refused = Refused(error)
        assert refused.info.reason == "TOO_BUSY", refused.details
        time.sleep(retry_after(refused))
    return False


def retry_after(refused: Refused) -> float:
    """The seconds in RetryInfo."""
    status = status_pb2.Status.FromString(refused.trailers["grpc-status-details-bin"])
    info = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return info.retry_delay.ToMilliseconds() / 1000
