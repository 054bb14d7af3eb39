"""The CriteriaService: lists criteria sets, returns one in full, and reloads them."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from egov.scorer.v1 import criteria_pb2 as pb
from scorer.catalogue.catalogue import Catalogue
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.service.call.context import CallContext
from scorer.service.call.errors import CallRefused, invalid
from scorer.service.messages.criteria_sets import criteria_set, summaries
from scorer.service.methods.paging import find_page
from scorer.service.methods.set_lookup import find_set


class CriteriaService:
    """The methods of the CriteriaService.

    Args:
        catalogue: returns the current catalogue; called once per call.
        reload: loads the criteria sets again, within the given number of seconds. It returns an empty string, or why
            the sets could not be loaded. None: there is no directory of criteria sets.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], reload: Callable[[float], str] | None = None) -> None:
        self._catalogue, self._reload = catalogue, reload

    def list_criteria_sets(self, request: pb.ListCriteriaSetsRequest, call: CallContext) -> pb.ListCriteriaSetsResponse:
        """Lists the criteria sets, including refused ones, page by page.

        Raises:
            CallRefused: the page size or page token is not valid.
        """
        del call
        catalogue = self._catalogue()
        if request.page_size < 0:
            violations = Violations()
            violations.add(WHOLE_REQUEST, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all sets")
            raise invalid(violations)
        sets = summaries(catalogue)
        state = "".join(f"{summary.code} {summary.revision}\n" for summary in sets)
        page, token = find_page(request, len(sets), state)
        return pb.ListCriteriaSetsResponse(criteria_sets=sets[page], next_page_token=token)

    def get_criteria_set(self, request: pb.GetCriteriaSetRequest, call: CallContext) -> pb.GetCriteriaSetResponse:
        """Returns one criteria set in full.

        Raises:
            CallRefused: there is no such set, see ``find_set``.
        """
        catalogue = self._catalogue()
        call.plan = plan = find_set(catalogue, request)
        return pb.GetCriteriaSetResponse(criteria_set=criteria_set(plan, catalogue))

    def reload_criteria_sets(
        self, request: pb.ReloadCriteriaSetsRequest, call: CallContext
    ) -> pb.ReloadCriteriaSetsResponse:
        """Reloads the directory of criteria sets now, and lists the sets.

        Raises:
            CallRefused: there is no directory, or its sets could not be loaded (FAILED_PRECONDITION). Then the previous
                sets stay in use.
        """
        del request
        failure = "the service has no directory of criteria sets; give one with --criteria DIR"
        if self._reload:
            failure = self._reload(call.seconds)
        if failure:
            raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_RELOADED", failure)
        return pb.ReloadCriteriaSetsResponse(criteria_sets=summaries(self._catalogue()))
