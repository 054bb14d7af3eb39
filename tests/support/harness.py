"""Basis of most tests: plugins made in tests, criteria sets as text, and a real server on a real socket."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import grpc
from google.rpc import error_details_pb2, status_pb2

from egov.scorer.v1 import criteria_pb2_grpc, scorer_pb2_grpc
from scorer.catalogue.catalogue import Catalogue
from scorer.engine.gates import GateCompiler
from scorer.plugin_api import Check, CriterionGroup, Formula, Indicator, hookimpl
from scorer.plugins.host import PluginHost
from scorer.plugins.plugin import Plugin
from scorer.service import background_server
from scorer.service.runtime.settings import Settings

LOOPBACK = Settings(address="127.0.0.1:0")

COMPILER = GateCompiler()
"""Shared, so that equal gates are compiled once for all tests."""


def group(name: str, *indicators: Indicator, checks: Sequence[Check] = (), **overrides: object) -> CriterionGroup:
    """A criterion group; ``overrides`` are class attributes, such as ``score``."""
    body = {"name": name, "api_version": 1, "indicators": indicators, "checks": tuple(checks), **overrides}
    return type(name.title(), (CriterionGroup,), body)()


def plugin(
    group: CriterionGroup | None = None, formulas: Sequence[type[Formula]] = (), sets: Sequence[Path] = ()
) -> object:
    """A plugin module."""
    module = types.ModuleType("plugin")
    if group is not None:
        module.scorer_criterion_group = hookimpl(specname="scorer_criterion_group")(lambda: group)
    if formulas:
        module.scorer_formulas = hookimpl(specname="scorer_formulas")(lambda: list(formulas))
    if sets:
        module.scorer_criteria_sets = hookimpl(specname="scorer_criteria_sets")(lambda: list(sets))
    return module


def host(*groups: CriterionGroup, formulas: Sequence[type[Formula]] = ()) -> PluginHost:
    """A plugin host with these groups, loaded in the same way as installed plugins."""
    sources = [(Plugin(g.name), lambda g=g: plugin(g)) for g in groups]
    if formulas:
        sources.append((Plugin("formulas"), lambda: plugin(None, formulas)))
    return PluginHost.of(sources)


def catalogue(plugins: PluginHost, *documents: str, compiler: GateCompiler = COMPILER) -> Catalogue:
    """A catalogue of documents, which may be refused."""
    return Catalogue.load(plugins, [(f"set{n}.yaml", text) for n, text in enumerate(documents)], compiler)


@cache
def installed_catalogue() -> Catalogue:
    """The installed criteria sets, loaded once for all tests of this process."""
    return Catalogue.installed(PluginHost.installed(), COMPILER)


def good(sets: Catalogue) -> Catalogue:
    """The catalogue, after asserting that no document was refused."""
    problems = [str(problem) for refusal in sets.refused for problem in refusal.problems]
    assert not problems, problems
    return sets


class Service:
    """Stubs for a running server."""

    def __init__(self, address: str, channel: grpc.Channel | None = None) -> None:
        self.address = address
        self.channel = channel or grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        self.scorer = scorer_pb2_grpc.ScorerServiceStub(self.channel)
        self.criteria = criteria_pb2_grpc.CriteriaServiceStub(self.channel)


@contextmanager
def serving(sets: Catalogue, settings: Settings = LOOPBACK) -> Iterator[Service]:
    """Runs a server on a free port of the loopback interface."""
    with background_server.serving(lambda: sets, settings) as server:
        service = Service(server.address)
        try:
            yield service
        finally:
            service.channel.close()


class Refused(Exception):
    """A gRPC error with its parsed details."""

    def __init__(self, error: grpc.RpcError) -> None:
        self.code: grpc.StatusCode = error.code()
        self.details: str = error.details()
        self.trailers: Mapping[str, str | bytes] = dict(error.trailing_metadata())
        self.info = error_details_pb2.ErrorInfo()
        self.bad = error_details_pb2.BadRequest()
        status = status_pb2.Status.FromString(self.trailers["grpc-status-details-bin"])
        for detail in status.details:
            detail.Unpack(self.info)
            detail.Unpack(self.bad)
        super().__init__(f"{self.code}: {self.details}")

    @property
    def fields(self) -> dict[str, str]:
        """Reasons by field path."""
        return {violation.field: violation.reason for violation in self.bad.field_violations}


@contextmanager
def refusal() -> Iterator[list[Refused]]:
    """Expects the call within to be refused; the refusal is in the list afterwards."""
    caught: list[Refused] = []
    try:
        yield caught
    except grpc.RpcError as error:
        caught.append(Refused(error))
    assert caught, "the call was answered"
