"""Targets of a connection: one address or name, or several addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from scorer_client.formatting import described, shown

_SOCKET = re.compile(r"unix(-abstract)?:.*", re.DOTALL)
_URL = re.compile(r"https?://", re.IGNORECASE)
_PREFIX = re.compile(r"(ipv4|ipv6|dns):(///)?")
_PORT = re.compile(r"(?:\[[^\]]*\]|[^:\[\]]*):([^:/]*)")
_HOST = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\](:\d+)?|(?P<host>[^:/\[\]]+)(:\d+)?")


def channel_target(target: str | Sequence[str]) -> str:
    """The target in the format of gRPC.

    Raises:
        TypeError: an address is not a text.
        ValueError: there is no target; a target is a URL or has a wrong port; or there are several targets that are not
            all IPv4 addresses or all IPv6 addresses.
    """
    targets = [target] if isinstance(target, str) else list(target)
    if isinstance(target, bytes) or not all(isinstance(address, str) for address in targets):
        raise TypeError(f"target: expected a str or a list of str, not {described(target)}")
    if targets == [""]:
        raise ValueError("target: is empty; write HOST:PORT, such as 127.0.0.1:50051")
    for address in targets:
        _check_ports(address)
    if len(targets) == 1 and targets[0]:
        return targets[0]
    kinds = {_version(address) for address in targets}
    if kinds not in ({4}, {6}):
        raise ValueError(
            f"{shown(targets)}: give one target, or several that are all addresses of one kind, such as 10.0.0.5:50051 "
            "and 10.0.0.6:50051; a single name may have several addresses"
        )
    return f"ipv{kinds.pop()}:{','.join(targets)}"


def leaves_this_machine(target: str) -> bool:
    """Whether calls to a channel's target may leave this machine.

    They do not if every address of the target is localhost, a Unix socket, or an address of the loopback interface.
    """
    if _SOCKET.fullmatch(target):
        return False
    return not all(_is_loopback(part) for part in _PREFIX.sub("", target, count=1).split(","))


def _check_ports(target: str) -> None:
    """Checks a target for spaces, URLs and wrong ports, for which gRPC would try to connect until the timeout.

    Raises:
        ValueError: the target has a space or a line break, it is a URL, or a port is not a number from 1 to 65535.
    """
    if _SOCKET.fullmatch(target):
        return
    if re.search(r"\s", target):
        raise ValueError(f"{shown(target)} has a space or a line break")
    if _URL.match(target):
        raise ValueError(f"{shown(target)} is a URL; write HOST:PORT, such as 127.0.0.1:50051")
    for part in _PREFIX.sub("", target, count=1).split(","):
        port = _PORT.fullmatch(part)
        if port and not (re.fullmatch("[0-9]{1,5}", port[1]) and 0 < int(port[1]) < 2**16):
            raise ValueError(f"{shown(part)} has no port from 1 to 65535")


def _version(target: str) -> int | None:
    """The version of an IP address with a port, 4 or 6; None if the target is something else."""
    match = _HOST.fullmatch(target)
    try:
        return ipaddress.ip_address(match["six"] or match["host"]).version if match and ":" in target else None
    except ValueError:
        return None


def _is_loopback(part: str) -> bool:
    match = _HOST.fullmatch(part)
    if match is None:
        return False
    try:
        return match["host"] == "localhost" or ipaddress.ip_address(match["six"] or match["host"]).is_loopback
    except ValueError:
        return False
