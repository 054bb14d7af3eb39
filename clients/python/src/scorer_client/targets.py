"""Where the service is: one address or name, or several addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

_SOCKET = re.compile(r"unix(-abstract)?:.*", re.DOTALL)
_PREFIX = re.compile(r"(ipv4|ipv6|dns):(///)?")
_HOST = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\](:\d+)?|(?P<host>[^:/\[\]]+)(:\d+)?")


def channel_target(target: str | Sequence[str]) -> str:
    """The target as gRPC has it.

    Raises:
        ValueError: there is none, or several that are not addresses of one kind.
    """
    targets = [target] if isinstance(target, str) else list(target)
    if len(targets) == 1 and targets[0]:
        return targets[0]
    kinds = {_version(one) for one in targets}
    if kinds not in ({4}, {6}):
        raise ValueError(
            f"{targets!r}: give one target, or several that are all addresses of one kind, such as 10.0.0.5:50051 and "
            "10.0.0.6:50051; one name may lead to several addresses by itself"
        )
    return f"ipv{kinds.pop()}:{','.join(targets)}"


def leaves_this_machine(target: str) -> bool:
    """Whether what is sent to a target of a channel can be seen by others than this machine.

    Only what surely cannot stays here: the loopback interface by address or as localhost, and sockets of files.
    """
    if _SOCKET.fullmatch(target):
        return False
    return not all(_is_loopback(part) for part in _PREFIX.sub("", target, count=1).split(","))


def _version(target: str) -> int | None:
    """4 or 6, of an address with a port; None: it is something else."""
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
