"""Serves metrics over HTTP. Its callers can neither fill the log nor use up threads and file descriptors."""

from __future__ import annotations

import logging
import socket
import sys
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest

MAX_CONNECTIONS = 32
"""Maximum number of open connections, each of which has a thread. Beyond it, a new connection ends the oldest one."""

log = logging.getLogger("scorer.metrics")


class MetricsServer(ThreadingMixIn, TCPServer):
    """Answers GET /metrics.

    Args:
        address: host and port.
        registry: the metrics.

    Raises:
        OSError: the server cannot listen on the address.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = socket.SOMAXCONN

    def __init__(self, address: str, registry: CollectorRegistry) -> None:
        host, _, port = address.rpartition(":")
        resolved = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family, _, _, _, socket_address = resolved[0]
        self.registry = registry
        self._connections: dict[Any, None] = {}
        """The open connections, the oldest first."""
        super().__init__((str(socket_address[0]), int(socket_address[1])), _Handler)

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return int(self.socket.getsockname()[1])

    def start(self) -> None:
        """Begins to serve, in threads."""
        Thread(target=self.serve_forever, name="metrics", daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """See ``BaseServer``. Ends the oldest connection if there are too many."""
        self._connections[request] = None
        oldest, *newer = list(self._connections)
        if len(newer) >= MAX_CONNECTIONS:
            self._connections.pop(oldest, None)
            with suppress(OSError):  # the thread of the connection has just closed it
                oldest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        """See ``BaseServer``."""
        self._connections.pop(request, None)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """See ``BaseServer``, which would log a traceback whenever a caller breaks its connection."""
        del request, client_address
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            log.error("metrics could not be served", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    timeout = 5.0
    """Seconds that a caller may leave the connection idle."""

    def do_GET(self) -> None:
        """Answers with all metrics."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND, explain="metrics are at /metrics")
            return
        content = generate_latest(self.server.registry)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Does nothing: requests are not logged."""
