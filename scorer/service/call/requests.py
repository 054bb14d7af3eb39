"""Reads the one request of a call, and parses it."""

from __future__ import annotations

import math
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from scorer.service.call.errors import CallRefused
from scorer.service.call.transfers import Transfers

Request = TypeVar("Request", bound=Message)

COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How messages begin that were compressed by gzip or deflate."""


async def read_request(
    transfers: Transfers, context: grpc.aio.ServicerContext[bytes, bytes], seconds: float = math.inf
) -> bytes:
    """The bytes of a call's request.

    Raises:
        CallRefused: they did not arrive in time (DEADLINE_EXCEEDED), or the call has none (INVALID_ARGUMENT).
    """
    try:
        data = await transfers.receive(context, seconds)
    except TimeoutError:
        message = "the request did not arrive in time"
        raise CallRefused(grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_INCOMPLETE", message) from None
    if data is None:
        raise CallRefused(grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_REQUEST", "the call ended without a request")
    return data


def parse(kind: type[Request], received: list[bytes], max_bytes: int) -> Request:
    """The request as a message; it is taken out of its list.

    Raises:
        CallRefused: it is too large (RESOURCE_EXHAUSTED), compressed (UNIMPLEMENTED) or unreadable (INVALID_ARGUMENT).
    """
    data = received.pop()
    if len(data) > max_bytes:
        raise CallRefused(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "REQUEST_TOO_LARGE",
            f"the request has {len(data)} bytes, at most {max_bytes} are taken; "
            "a table takes less room than rows, and a province can be sent tier by tier",
            {"limit": str(max_bytes)},
        )
    request = kind()
    try:
        request.ParseFromString(data)
    except (DecodeError, RecursionError) as error:
        if data.startswith(COMPRESSED):
            message = "compressed messages are not taken; send them as they are (grpc-encoding: identity)"
            raise CallRefused(grpc.StatusCode.UNIMPLEMENTED, "COMPRESSED_REQUEST", message) from None
        message = f"the bytes are no {request.DESCRIPTOR.full_name}: {error}"
        raise CallRefused(grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_REQUEST", message) from None
    return request
