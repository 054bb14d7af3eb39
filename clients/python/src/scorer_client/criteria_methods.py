"""The methods of both clients that get criteria sets."""

from __future__ import annotations

import datetime

from egov.scorer.v1 import criteria_pb2
from scorer_client import method_steps
from scorer_client.criteria_set_form import Form
from scorer_client.sync_async import Calls, Steps, method


class CriteriaMethods:
    """The methods of ``Methods`` that get criteria sets."""

    @method
    def criteria_sets(
        self, *, timeout: float | None = None, request_id: str = ""
    ) -> Steps[list[criteria_pb2.CriteriaSetSummary]]:
        """Returns all criteria sets, including refused ones.

        Raises:
            ScorerError: the call failed.
        """
        reply = yield from Calls.of(timeout, request_id).list_criteria_sets()
        return list(reply.criteria_sets)

    @method
    def criteria_set(
        self,
        code: str | None,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        timeout: float | None = None,
        request_id: str = "",
    ) -> Steps[criteria_pb2.CriteriaSet]:
        """Returns one criteria set as the service's message.

        Raises:
            ScorerError: there is no set with this code or on this day, or the call failed.
        """
        return (yield from method_steps.get_criteria_set(Calls.of(timeout, request_id), code, effective_on, series))

    @method
    def form(
        self,
        code: str | None,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        timeout: float | None = None,
        request_id: str = "",
    ) -> Steps[Form]:
        """Returns one criteria set as a form: its indicators, and the titles of its parts.

        Raises:
            ScorerError: see ``criteria_set``.
        """
        return (yield from method_steps.get_form(Calls.of(timeout, request_id), code, effective_on, series))
