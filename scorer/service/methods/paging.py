"""Pages of long replies, and page tokens: the position where the next page starts."""

from __future__ import annotations

import base64
import hashlib
import re

import grpc

from egov.scorer.v1.criteria_pb2 import ListCriteriaSetsRequest
from egov.scorer.v1.scorer_pb2 import RankProvinceRequest
from scorer.service.call.errors import CallRefused

PagedRequest = ListCriteriaSetsRequest | RankProvinceRequest

_TOKEN = re.compile(r"([0-9]{1,9})\.([0-9a-f]{16})\.([0-9a-f]{16})")


def find_page(request: PagedRequest, items: int, revision: str) -> tuple[slice, str]:
    """The items on the page that a request asks for, and the token of the next page; empty after the last page.

    Removes the page size and the token from the request.

    Args:
        request: the request.
        items: number of items on all pages.
        revision: a text that changes when the items change, such as the revision of a criteria set.

    Raises:
        CallRefused: see ``_read_token``.
    """
    size, token = request.page_size, request.page_token
    if not size and not token:
        return slice(0, items), ""
    request.ClearField("page_size")
    request.ClearField("page_token")
    data = request.SerializeToString(deterministic=True)  # otherwise the order of maps could vary
    start = min(_read_token(token, data, revision), items)
    end = min(start + size, items) if size else items
    return slice(start, end), _make_token(end, data, revision) if end < items else ""


def _make_token(offset: int, request: bytes, revision: str) -> str:
    """A token for the page that starts at ``offset``. It belongs to one request and one revision."""
    text = f"{offset}.{_short_hash(revision.encode())}.{_short_hash(request, offset)}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_token(token: str, request: bytes, revision: str) -> int:
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
