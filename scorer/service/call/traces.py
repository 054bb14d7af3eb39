"""OpenTelemetry traces: one span per call, with a child span for each step of the call.

The libraries belong to the extra ``otel``. They are imported only if the environment names an exporter.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import entry_points
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

import grpc

from scorer.model.untrusted import describe_error
from scorer.service.call.access import Metadata

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Span, Tracer

NO_STEP = nullcontext()

W3C_FIELDS = frozenset(["traceparent", "tracestate"])
"""Keys of the metadata that names the caller's trace and span (W3C Trace Context)."""

SERVICE_FAULTS = frozenset(
    [
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    ]
)
"""Codes that are errors of the server, by OpenTelemetry's conventions. Other codes are errors of the caller, or OK."""

log = logging.getLogger("scorer.traces")


class CallTrace:
    """The trace of one call.

    Attributes:
        trace_id: 32 hexadecimal digits.
    """

    def __init__(self, tracer: Tracer, span: Span) -> None:
        from opentelemetry.trace import format_trace_id, set_span_in_context

        self._tracer, self._span, self._context = tracer, span, set_span_in_context(span)
        self.trace_id = format_trace_id(span.get_span_context().trace_id)

    def step(self, name: str) -> AbstractContextManager[object]:
        """A context manager that records a step of the call as a span. It can be used in any thread.

        Exceptions are not recorded, because their messages may quote the request.
        """
        if not self._span.is_recording():
            return NO_STEP
        step: AbstractContextManager[object] = self._tracer.start_as_current_span(
            name, self._context, record_exception=False, set_status_on_exception=False
        )
        return step

    def end(self, code: grpc.StatusCode, attributes: Mapping[str, str | int]) -> None:
        """Adds ``attributes`` to the call's span and ends the span."""
        from opentelemetry.trace import StatusCode

        self._span.set_attributes({"rpc.response.status_code": code.name, **attributes})
        if code in SERVICE_FAULTS:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class _LoggedExporter:
    """Exports spans like another exporter. Logs an error as one line; OpenTelemetry would log a traceback."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exporter, name)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See ``SpanExporter``."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        try:
            return self._exporter.export(spans)
        except Exception as error:  # for example for a damaged answer of the collector
            log.warning("spans were not exported: %s", describe_error(error))
            return SpanExportResult.FAILURE


class Traces:
    """Records the traces of the calls of one process, and exports them in a thread."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider, self._tracer = provider, provider.get_tracer("scorer")
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, path: str, metadata: Metadata) -> CallTrace:
        """Begins the trace of a call; if the metadata names a trace of the caller, continues that trace."""
        from opentelemetry.trace import SpanKind

        carrier = {key: value for key, value in metadata if key in W3C_FIELDS and isinstance(value, str)}
        method = path.removeprefix("/")
        span = self._tracer.start_span(
            method,
            self._propagator.extract(carrier),
            SpanKind.SERVER,
            {"rpc.system.name": "grpc", "rpc.method": method},
        )
        return CallTrace(self._tracer, span)

    def stop(self, seconds: float) -> None:
        """Exports the remaining spans, but for no longer than ``seconds``."""
        stopping = Thread(target=self._provider.shutdown, daemon=True)
        stopping.start()
        stopping.join(seconds)


def from_environment() -> Traces | None:
    """Traces as OpenTelemetry's environment variables define them; None if they name no exporter or disable traces.

    Also None if the variables cannot be used. This is logged, and does not prevent the service from starting.
    """
    names = _exporter_names()
    if not names:
        return None
    # Its warnings quote the metadata of callers, and any caller can cause one per call.
    logging.getLogger("opentelemetry.trace").setLevel(logging.ERROR)
    try:
        provider = _provider(names)
    except Exception as error:  # wrong limits raise ValueError, and exporters of other distributions anything
        log.warning("calls are not traced: %s", error)
        return None
    return Traces(provider)


def _provider(names: list[str]) -> TracerProvider:
    """OpenTelemetry's provider of tracers with these exporters.

    Raises:
        Exception: OpenTelemetry or an exporter is not installed, or environment variables cannot be used.
    """
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ValueError("traces need the extra 'otel': pip install 'egov-scorer[otel]'") from None

    resource = Resource.create()
    if str(resource.attributes["service.name"]).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "egov-scorer"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for name in names:
        provider.add_span_processor(BatchSpanProcessor(_exporter(name)))
    return provider


def _exporter_names() -> list[str]:
    """The exporters that the environment names. If it has only an address for OTLP, this is the exporter ``otlp``."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    address = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    value = os.environ.get("OTEL_TRACES_EXPORTER") or ("otlp" if address else "none")
    names = [name.strip() for name in value.split(",")]
    return [name for name in names if name not in ("", "none")]


def _exporter(name: str) -> SpanExporter:
    """Creates an exporter.

    Raises:
        ValueError: the exporter is not installed, or its environment variables cannot be used.
    """
    if name == "otlp":
        protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        name = {None: "otlp_proto_grpc", "grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}.get(
            protocol, f"otlp_{protocol}"
        )
    for entry_point in entry_points(group="opentelemetry_traces_exporter", name=name):
        return cast("SpanExporter", _LoggedExporter(entry_point.load()()))
    raise ValueError(f"the exporter {name!r} is not installed")
