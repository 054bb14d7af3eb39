"""Answers the calls of a client in the same process, without a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

import scorer_client.sync_async
from scorer.catalogue.catalogue import Catalogue
from scorer.service.call.context import CallContext
from scorer.service.call.errors import CallRefused
from scorer.service.methods.criteria_service import CriteriaService
from scorer.service.methods.scorer_service import ScorerService
from scorer_client import ScorerError, Violation


class InProcessTransport:
    """A client's transport that answers calls from a catalogue. Errors have up to ``MAX_LISTED`` violations, which is
    more than a reply over the network can hold."""

    def __init__(self, catalogue: Catalogue) -> None:
        scorer, criteria = ScorerService(lambda: catalogue), CriteriaService(lambda: catalogue)

        self._methods: dict[str, Callable[[Any, CallContext], Message]] = {
            "ScoreUnit": scorer.score_unit,
            "RankProvince": scorer.rank_province,
            "ListCriteriaSets": criteria.list_criteria_sets,
            "GetCriteriaSet": criteria.get_criteria_set,
        }

    def send(self, call: scorer_client.sync_async.Call) -> Message:
        """Returns the reply to a call.

        Raises:
            ScorerError: the call was refused.
        """
        try:
            return self._methods[call.method](call.request, CallContext(call.method, request_id=call.request_id))
        except CallRefused as error:
            violations = [Violation(*violation) for violation in error.violations]
            raise ScorerError(
                error.code, error.message, error.reason, error.metadata, violations, call.request_id
            ) from error

    def close(self) -> None:
        """Does nothing: there is no connection to close."""
