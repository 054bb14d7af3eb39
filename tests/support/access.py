"""The methods of the service, with the role that each requires."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import grpc
from credentials import Authority, Signer
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from harness import Refused
from small_set import row

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer.service.runtime.settings import Role, Settings, Tls

Metadata = list[tuple[str, str]]
Method = Callable[[grpc.Channel, Metadata], object]


def score_unit(channel: grpc.Channel, metadata: Metadata) -> object:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="beside-2020", unit_answers=row("a"))
    return scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(request, metadata=metadata, timeout=10)


def rank_province(channel: grpc.Channel, metadata: Metadata) -> object:
    request = scorer_pb2.RankProvinceRequest(
        criteria_set="beside-2020", rows=scorer_pb2.UnitRows(units=[row("a"), row("b")])
    )
    return scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince(request, metadata=metadata, timeout=10)


def list_criteria_sets(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
    return stub.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(), metadata=metadata, timeout=10)


def get_criteria_set(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
    request = criteria_pb2.GetCriteriaSetRequest(criteria_set="beside-2020")
    return stub.GetCriteriaSet(request, metadata=metadata, timeout=10)


def reload_criteria_sets(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
    try:
        return stub.ReloadCriteriaSets(criteria_pb2.ReloadCriteriaSetsRequest(), metadata=metadata, timeout=10)
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.FAILED_PRECONDITION:  # this far only those come who may
            return None
        raise


def reflect(channel: grpc.Channel, metadata: Metadata, version: str = "v1alpha", **question: str) -> object:
    """Both versions have the same messages."""
    asked = iter([reflection_pb2.ServerReflectionRequest(**(question or {"list_services": ""}))])
    call = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    return list(call(asked, metadata=metadata, timeout=10))


def reflect_v1(channel: grpc.Channel, metadata: Metadata) -> object:
    return reflect(channel, metadata, "v1")


def check_health(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(), metadata=metadata, timeout=10)


def watch_health(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = health_pb2_grpc.HealthStub(channel)
    stream = stub.Watch(health_pb2.HealthCheckRequest(), metadata=metadata, timeout=10)
    first = next(stream)
    stream.cancel()
    return first


def list_health(channel: grpc.Channel, metadata: Metadata) -> object:
    stub = health_pb2_grpc.HealthStub(channel)
    reply = stub.List(health_pb2.HealthListRequest(), metadata=metadata, timeout=10)
    assert {one.status for one in reply.statuses.values()} == {health_pb2.HealthCheckResponse.SERVING}
    assert "egov.scorer.v1.ScorerService" in reply.statuses
    return reply


METHODS: dict[Method, Role | None] = {
    score_unit: Role.SCORER,
    rank_province: Role.RANKER,
    list_criteria_sets: Role.READER,
    get_criteria_set: Role.READER,
    reload_criteria_sets: Role.OPERATOR,
    reflect: Role.OPERATOR,
    reflect_v1: Role.OPERATOR,
    check_health: None,
    watch_health: None,
    list_health: None,
}
"""Every method and the role that it needs, or None if it is open to everybody."""

ROLES = [frozenset(some) for n in range(len(Role) + 1) for some in itertools.combinations(Role, n)]
"""All sets of roles."""


def subject(roles: frozenset[Role]) -> str:
    return "-".join(["has", *sorted(roles)])


SIGNER, OTHER_SIGNER = Signer("key-1"), Signer("key-1")


def refused(method: Method, channel: grpc.Channel, metadata: Metadata) -> Refused | None:
    try:
        method(channel, metadata)
    except grpc.RpcError as error:
        return Refused(error)
    return None


AUTHORITY, OTHERS = Authority("authority of tests"), Authority("another authority")


def tls_settings(folder: Path, *, clients: bool = True, **more: object) -> Settings:
    certificate, key = AUTHORITY.server().write(folder, "server")
    (folder / "clients.pem").write_bytes(AUTHORITY.certificate)
    tls = Tls(certificate=certificate, key=key, clients=folder / "clients.pem" if clients else None)
    return Settings(address="127.0.0.1:0", tls=tls, **more)
