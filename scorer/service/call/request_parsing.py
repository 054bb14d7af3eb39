"""Reads and parses the request of a call."""

from __future__ import annotations

import asyncio
import math
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from scorer.service.call.errors import CallRefused
from scorer.service.call.transfer_timeouts import Transfers

Request = TypeVar("Request", bound=Message)

COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How messages begin that are compressed by gzip or deflate."""

CANCEL_SECONDS = 0.01
"""Delay before a call without a request is refused. If the caller cancelled the call, gRPC reports this meanwhile."""


async def read_request(
    transfers: Transfers, context: grpc.aio.ServicerContext[bytes, bytes], seconds: float = math.inf
) -> bytes:
    """Reads the bytes of a call's request. Waits for at most ``seconds``.

    Raises:
        CallRefused: the request did not arrive in time (DEADLINE_EXCEEDED), or the call ended without a request
            (INVALID_ARGUMENT).
    """
    try:
        data = await transfers.receive(context, seconds)
    except TimeoutError:
        message = "the request did not arrive in time"
        raise CallRefused(grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_INCOMPLETE", message) from None
    if data is None:
        await asyncio.sleep(CANCEL_SECONDS)
        raise CallRefused(grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_REQUEST", "the call ended without a request")
    return data


def parse(kind: type[Request], received: list[bytes], max_bytes: int, hint: str = "") -> Request:
    """Parses the bytes in the list ``received``, which has one item, and removes them from the list.

    Raises:
        CallRefused: the request is too large (RESOURCE_EXHAUSTED), compressed (UNIMPLEMENTED) or not a message of this
            kind (INVALID_ARGUMENT).
    """
    data = received.pop()
    if len(data) > max_bytes:
        raise CallRefused(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "REQUEST_TOO_LARGE",
            f"the request has {len(data)} bytes, at most {max_bytes} are allowed{hint}",
            {"limit": str(max_bytes)},
        )
    request = kind()
    try:
        request.ParseFromString(data)
    except (DecodeError, RecursionError) as error:
        if data.startswith(COMPRESSED):
            message = "compressed messages are not supported; send them uncompressed (grpc-encoding: identity)"
            raise CallRefused(grpc.StatusCode.UNIMPLEMENTED, "COMPRESSED_REQUEST", message) from None
        message = f"the bytes are not a valid {request.DESCRIPTOR.full_name}: {error}"
        raise CallRefused(grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_REQUEST", message) from None
    return request
