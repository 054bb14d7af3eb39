"""Page tokens: the position in a long reply where the next page starts."""

from __future__ import annotations

import base64
import hashlib
import re

import grpc

from scorer.service.call.errors import CallRefused

_TOKEN = re.compile(r"([0-9]{1,9})\.([0-9a-f]{16})\.([0-9a-f]{16})")


def make_token(offset: int, request: bytes, revision: str) -> str:
    """A token for the page that starts at ``offset``.

    Args:
        offset: index of the page's first item.
        request: the serialized request without page size and token, to which the token belongs.
        revision: the revision of the criteria set, to which the token belongs.
    """
    text = f"{offset}.{_short_hash(revision.encode())}.{_short_hash(request, offset)}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_token(token: str, request: bytes, revision: str) -> int:
    """The offset where the token's page starts; 0 for an empty token.

    Raises:
        CallRefused: the text is not a token, or the token belongs to another request (INVALID_ARGUMENT) or to another
            revision (FAILED_PRECONDITION).
    """
    if not token:
        return 0
    try:
        match = _TOKEN.fullmatch(base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode())
    except ValueError:
        match = None
    if match is None:
        message = "page_token is not a token of this service; start again without it"
        raise CallRefused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_PAGE_TOKEN", message)
    if match[2] != _short_hash(revision.encode()):
        message = "page_token belongs to another revision of the criteria set; start again without it"
        raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "PAGE_TOKEN_OUTDATED", message, {"revision": revision})
    if match[3] != _short_hash(request, int(match[1])):
        message = "page_token belongs to another request; send the request unchanged, or start again without it"
        raise CallRefused(grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_OF_ANOTHER_REQUEST", message)
    return int(match[1])


def _short_hash(data: bytes, offset: int = 0) -> str:
    return hashlib.sha256(data + offset.to_bytes(4, "big")).hexdigest()[:16]
