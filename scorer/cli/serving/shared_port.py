"""Reserves a port, so that all workers of one parent process can listen on it and other servers cannot."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import Self

from scorer.service.server import AddressError

TRIES = 8
"""Attempts to find a port that is free on all addresses of a host."""

_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""Errors for addresses that this machine does not have, such as ::1 for localhost without IPv6."""


class HeldPort:
    """A context manager that reserves an address: afterwards, only servers of the same user that set SO_REUSEPORT can
    use it. Linux only.

    The sockets are bound first, and SO_REUSEPORT is set afterwards. So binding fails if any other server uses the
    address, and if two parent processes start at the same time, one of them fails. The sockets accept no connections.

    Args:
        address: host and port, such as ``127.0.0.1:50051``; with port 0, the system chooses a free port.

    Raises:
        AddressError: another server uses the address, or this machine does not have it.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        try:
            self._sockets = _hold(host, int(port))
        except OSError as error:
            raise AddressError(address, error) from error
        except UnicodeError as error:
            raise AddressError(address, None) from error
        self.address = f"{host}:{self._sockets[0].getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _close(self._sockets)


def _hold(host: str, port: int) -> list[socket.socket]:
    for _ in range(TRIES - 1):
        try:
            return _bind_all(host, port)
        except OSError as error:
            if port or error.errno != errno.EADDRINUSE:
                raise
    return _bind_all(host, port)


def _bind_all(host: str, port: int) -> list[socket.socket]:
    """A bound socket for each address of the host, all with the same port."""
    held: list[socket.socket] = []
    absent: OSError | None = None
    for family, where in _addresses(host):
        try:
            held.append(_bind(family, where, held[0].getsockname()[1] if held else port))
        except OSError as error:
            if error.errno not in _ABSENT:
                _close(held)
                raise
            absent = error
    if absent and not held:
        raise absent
    return held


def _addresses(host: str) -> Sequence[tuple[socket.AddressFamily, str]]:
    """The addresses of a host, as gRPC interprets it: IPv6 is in brackets, and 0.0.0.0 or [::] means IPv4 and IPv6."""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise OSError(errno.EINVAL, "an IPv6 address without brackets")
    if host == "localhost":  # like gRPC, which does not read /etc/hosts for it
        return [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]
    resolved = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in resolved))
    if {address for _, address in addresses} & {"0.0.0.0", "::"} and socket.has_dualstack_ipv6():
        return [(socket.AF_INET6, "::")]
    return addresses


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family is socket.AF_INET6:
            held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        try:
            held.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            # Old connections of an earlier server can cause this error. With SO_REUSEADDR, binding succeeds anyway. It
            # must not stay on, because other servers could then bind to the address too.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind((host, port))
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError:
        held.close()
        raise
    return held


def _close(sockets: list[socket.socket]) -> None:
    for held in sockets:
        held.close()
