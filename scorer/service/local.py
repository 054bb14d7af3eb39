"""The service without a socket: the same calls, in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from scorer.catalogue import Catalogue
from scorer.service.call import Call
from scorer.service.criteria_service import CriteriaService
from scorer.service.errors import Refusal
from scorer.service.scorer_service import ScorerService
from scorer_client import ScorerError, Violation

Reply = TypeVar("Reply")


class LocalTransport:
    """Carries a client's calls to a catalogue; nothing is cut from the violations."""

    def __init__(self, catalogue: Catalogue) -> None:
        scorer, criteria = ScorerService(lambda: catalogue), CriteriaService(lambda: catalogue)
        self.score_unit = _call(scorer.score_unit)
        self.rank_province = _call(scorer.rank_province)
        self.list_criteria_sets = _call(criteria.list_criteria_sets)
        self.get_criteria_set = _call(criteria.get_criteria_set)

    def close(self) -> None:
        """Nothing to end."""


def _call(method: Callable[[Any, Call], Reply]) -> Callable[[Any, float | None], Reply]:
    def call(request: Any, timeout: float | None) -> Reply:
        del timeout
        try:
            return method(request, Call(method.__name__))
        except Refusal as refusal:
            violations = [Violation(*violation) for violation in refusal.violations]
            raise ScorerError(refusal.code, refusal.message, refusal.reason, refusal.metadata, violations) from refusal

    return call
