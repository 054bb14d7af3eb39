"""Addresses on which servers listen: host and port."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator

_HOST = r"[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63})*"
"""A host name or an IPv4 address."""

_EQUAL_HOSTS = {"localhost": {"localhost", "127.0.0.1", "[::1]"}}
"""The addresses that some names stand for."""


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if ":" in host and _is_ipv6(host):
        raise ValueError(f"{value!r} is an IPv6 address without brackets; write [{host}]:{port}")
    in_brackets = host.startswith("[") and host.endswith("]") and _is_ipv6(host[1:-1])
    known = in_brackets or re.fullmatch(_HOST, host)
    if not known or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(f"{value!r} is not HOST:PORT, such as 127.0.0.1:50051")
    return value


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def is_reachable(address: str) -> bool:
    """Whether other machines may be able to reach an address."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name can stand for any address
        return True


def overlap(one: str, other: str) -> bool:
    """Whether two servers on these addresses would listen on the same port of the same network interface."""
    (host, _, port), (other_host, _, other_port) = one.rpartition(":"), other.rpartition(":")
    hosts = [_EQUAL_HOSTS.get(name, {name}) for name in (host, other_host)]
    is_any = not {"0.0.0.0", "[::]"}.isdisjoint({host, other_host})
    return int(port) == int(other_port) != 0 and (is_any or not hosts[0].isdisjoint(hosts[1]))


Address = Annotated[str, AfterValidator(_address)]
