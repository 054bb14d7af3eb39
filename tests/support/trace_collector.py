"""A collector of OpenTelemetry traces in this process; receives spans over OTLP/gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.trace.v1 import trace_pb2
from processes import until

Tree = tuple[str, list["Tree"]]
"""The name of a span, and its children in the order in which they began."""


def values(attributes: Iterator[common_pb2.KeyValue]) -> dict[str, object]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in attributes}


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    address: str = ""
    spans: list[trace_pb2.Span] = field(default_factory=list)
    services: set[object] = field(default_factory=set)
    retry_info: bytes = b""
    """If given, all spans are refused with this trailer."""

    def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        if self.retry_info:
            context.set_trailing_metadata((("google.rpc.retryinfo-bin", self.retry_info),))
            context.abort(grpc.StatusCode.UNAVAILABLE, "busy")
        for part in request.resource_spans:
            self.services.add(values(part.resource.attributes)["service.name"])
            self.spans += [span for scope in part.scope_spans for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    def wait_for(self, trace_id: str, name: str) -> list[trace_pb2.Span]:
        """The spans of a trace, as soon as the one of this name has come. Children are sent before their parents."""

        def found() -> list[trace_pb2.Span]:
            return [span for span in list(self.spans) if span.trace_id.hex() == trace_id]

        until(lambda: name in {span.name for span in found()}, f"no span {name}: {found()}")
        return sorted(found(), key=lambda span: span.start_time_unix_nano)


def tree(spans: list[trace_pb2.Span], parent: bytes) -> list[Tree]:
    return [(span.name, tree(spans, span.span_id)) for span in spans if span.parent_span_id == parent]


@contextmanager
def collecting() -> Iterator[Collector]:
    collector, server = Collector(), grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None)
