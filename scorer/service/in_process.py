"""The service without a socket: the same calls, in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

import scorer_client.steps
from scorer.catalogue.catalogue import Catalogue
from scorer.service.call.context import CallContext
from scorer.service.call.errors import CallRefused
from scorer.service.methods.criteria_service import CriteriaService
from scorer.service.methods.scorer_service import ScorerService
from scorer_client import ScorerError, Violation


class InProcessTransport:
    """Carries a client's calls to a catalogue; nothing is cut from the violations."""

    def __init__(self, catalogue: Catalogue) -> None:
        scorer, criteria = ScorerService(lambda: catalogue), CriteriaService(lambda: catalogue)

        self._methods: dict[str, Callable[[Any, CallContext], Message]] = {
            "ScoreUnit": scorer.score_unit,
            "RankProvince": scorer.rank_province,
            "ListCriteriaSets": criteria.list_criteria_sets,
            "GetCriteriaSet": criteria.get_criteria_set,
        }

    def send(self, call: scorer_client.steps.Call) -> Message:
        """The reply.

        Raises:
            ScorerError: the call is refused.
        """
        try:
            return self._methods[call.method](call.request, CallContext(call.method, request_id=call.request_id))
        except CallRefused as error:
            violations = [Violation(*violation) for violation in error.violations]
            raise ScorerError(
                error.code, error.message, error.reason, error.metadata, violations, call.request_id
            ) from error

    def close(self) -> None:
        """Nothing to end."""
