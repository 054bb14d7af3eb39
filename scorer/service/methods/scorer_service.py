"""The ScorerService: ScoreUnit scores one unit, RankProvince ranks the units of a province."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import grpc
import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import Catalogue
from scorer.criteria.ranking_method import RankingMethod
from scorer.engine.plan import SetPlan
from scorer.engine.plugin_fault import PluginFault
from scorer.engine.ranking import Ranking, rank
from scorer.engine.scoring import Assessment, assess
from scorer.engine.validation import ValidatedTier, validate
from scorer.model.fixed_point import Ints
from scorer.model.periods import overlaps
from scorer.model.suggestions import did_you_mean
from scorer.model.text_rules import MAX_NAME_BYTES, text_problem
from scorer.model.violations import WHOLE_REQUEST, FieldPaths, Violations
from scorer.plugins.calls_in_flight import PluginBusy, PluginCalls
from scorer.service.call.context import CallContext
from scorer.service.call.errors import CallRefused, invalid
from scorer.service.messages.names import names
from scorer.service.messages.ranking_metadata import shared_metadata
from scorer.service.messages.ranking_table import RankingTables
from scorer.service.messages.replies import provenance, ranking_head
from scorer.service.messages.scorecards import scorecards
from scorer.service.messages.table_paths import STREAM_PATH, TablePaths
from scorer.service.messages.table_stream import Stream, StreamError
from scorer.service.messages.unit_rows import RowPaths, read_rows
from scorer.service.messages.unit_table import UnitTexts, read_table
from scorer.service.methods.paging import find_page
from scorer.service.methods.set_lookup import find_set
from scorer_client.doubtful_names import count_doubtful
from scorer_client.requests import MAX_FULL_ROWS

MAX_RANKINGS = 2_000
"""Maximum number of rankings in one reply. Each ranking takes space for its counts, and a table also for its schema."""

VIEWS = frozenset(pb.ScorecardView.values())


class ScorerService:
    """The methods of the ScorerService.

    Args:
        catalogue: returns the current catalogue; called once per call.
        plugin_calls: tracks the calls for which plugins are scoring.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], plugin_calls: PluginCalls | None = None) -> None:
        self._catalogue, self._plugin_calls = catalogue, plugin_calls or PluginCalls()

    def find_plan(self, request: pb.ScoreUnitRequest | pb.RankProvinceRequest, call: CallContext) -> SetPlan:
        """The plan of the criteria set that a request names. Within one call, it is always the same plan.

        Raises:
            CallRefused: there is no such set, see ``find_set``.
        """
        if call.plan is None:
            call.plan = find_set(self._catalogue(), request)
        return call.plan

    def score_unit(self, request: pb.ScoreUnitRequest, call: CallContext) -> pb.ScoreUnitResponse:
        """Scores one unit.

        Raises:
            CallRefused: there is no such set, the request has violations, the set has criteria that compare units, or
                a plugin failed.
        """
        plan = self.find_plan(request, call)
        full = request.view == pb.SCORECARD_VIEW_FULL
        violations, paths = Violations(), RowPaths(single=True)
        with call.step("validation"):
            _check_common(plan, request.period, request.view, violations)
            submission = read_rows(plan, [request.unit_answers], paths, violations)
            with self._track_checks(plan), _plugin_faults():
                tiers = validate(plan, submission, paths, violations, to_rank=False)
                if violations.total:
                    raise invalid(violations)
        call.doubtful_names = count_doubtful(submission.names)
        [tier] = tiers
        if tier.plan.cohort_criteria:
            criteria = ", ".join(tier.plan.cohort_criteria)
            message = (
                f"criteria {criteria} compare a unit with the other units of its tier: send all units to RankProvince"
            )
            raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "NEEDS_COHORT", message, {"criteria": criteria})
        assessment = self._assess(tier, call, full=full)
        with call.step("reply"):
            [card] = scorecards(assessment, None, np.arange(1), [request.unit_answers.unit], full=full)
            return pb.ScoreUnitResponse(
                scorecard=card, provenance=provenance(plan, "", request.period), names=names(plan)
            )

    def rank_province(self, request: pb.RankProvinceRequest, call: CallContext) -> pb.RankProvinceResponse:
        """Scores and ranks all units of a province.

        Raises:
            CallRefused: there is no such set; the request has violations, and no unit is scored; the reply would be too
                large; or a plugin failed.
        """
        plan = self.find_plan(request, call)
        full, as_rows = request.view == pb.SCORECARD_VIEW_FULL, request.WhichOneof("source") == "rows"
        with call.step("validation"), self._track_checks(plan), _plugin_faults():
            tiers, texts = _validate_province(plan, request, call)
        tiers = [tier for tier in tiers if request.tier in ("", tier.plan.tier)]
        page, token = find_page(request, sum(len(tier.units) for tier in tiers), plan.criteria_set.revision)
        if full and as_rows:
            _check_full_rows(page.stop - page.start)
        units = [row.unit for row in request.rows.units]
        reply = pb.RankProvinceResponse(
            provenance=provenance(plan, request.province, request.period), next_page_token=token, names=names(plan)
        )
        request.Clear()  # frees the memory of a table, whose answers are now in the matrix
        ranking_count = 0
        for tier, rankings in self._rank_page(tiers, page, plan.criteria_set.ranking, call, full=full):
            ranking_count += len(rankings)
            _check_rankings(ranking_count)
            with call.step("reply"):
                tables = RankingTables(tier.units, texts, rankings) if texts else None
                shared = shared_metadata(plan, reply.provenance) if texts else {}
                first = 0
                for ranking, indices in rankings:
                    message = reply.rankings.add()
                    message.CopyFrom(ranking_head(ranking, full=full))
                    rows = slice(first, first + len(indices))
                    first = rows.stop
                    if tables is not None:
                        message.table.arrow_stream = tables.stream(ranking, rows, shared)
                        continue
                    own_units = [units[index] for index in tier.units[indices].tolist()]
                    message.scorecards.extend(scorecards(ranking.assessment, ranking, indices, own_units, full=full))
        return reply

    def _rank_page(
        self, tiers: Sequence[ValidatedTier], page: slice, method: RankingMethod, call: CallContext, *, full: bool
    ) -> Iterator[tuple[ValidatedTier, list[tuple[Ranking, Ints]]]]:
        """Scores and ranks the tiers of a page. Tiers without units on the page are not scored.

        Yields:
            Each tier with its rankings; each ranking with (m,) the indices of its units that are on the page.
        """
        before = 0
        for tier in tiers:
            if before + len(tier.units) <= page.start or before >= page.stop:
                before += len(tier.units)
                continue
            assessment = self._assess(tier, call, full=full)
            rankings = []
            with call.step("ranking"):
                for ranking in rank(assessment, method, tier.parents):
                    on_page = ranking.order[max(page.start - before, 0) : max(page.stop - before, 0)]
                    before += len(ranking.order)
                    if len(on_page):
                        rankings.append((ranking, on_page))
            yield tier, rankings

    def _track_checks(self, plan: SetPlan) -> AbstractContextManager[None]:
        """A context manager for the validation of answers, in which checks of plugins run. It tracks these plugins."""
        if not plan.checkers:
            return nullcontext()
        return self._plugin_calls.track(f"a check of {' or '.join(plan.checkers)}", plan.checkers, limited=False)

    def _assess(self, tier: ValidatedTier, call: CallContext, *, full: bool) -> Assessment:
        """Scores the units of a tier.

        Raises:
            CallRefused: a plugin failed (INTERNAL), or is still scoring for too many calls (UNAVAILABLE).
        """
        try:
            with call.step("scoring"), _plugin_faults():
                assessment = assess(
                    tier.plan,
                    tier.cohort,
                    self_reported=tier.self_reported,
                    full=full,
                    plugin_calls=self._plugin_calls,
                    check_cancelled=call.check_cancelled,
                )
        except PluginBusy as busy:
            message = (
                f"{busy}; try again later; if that does not help, the plugin must be fixed and the service restarted"
            )
            raise CallRefused(grpc.StatusCode.UNAVAILABLE, "PLUGIN_BUSY", message) from None
        call.scored.append(assessment)
        return assessment


@contextmanager
def _plugin_faults() -> Iterator[None]:
    """A context manager that turns a plugin's failure into the status INTERNAL, with the plugin's name."""
    try:
        yield
    except PluginFault as fault:
        metadata = {
            "group": fault.provider.group,
            "criterion": fault.criterion,
            "plugin": fault.provider.plugin,
            "distribution": fault.provider.distribution,
        }
        raise CallRefused(grpc.StatusCode.INTERNAL, "PLUGIN_FAULT", str(fault), metadata) from fault


def _validate_province(
    plan: SetPlan, request: pb.RankProvinceRequest, call: CallContext
) -> tuple[list[ValidatedTier], UnitTexts | None]:
    """Reads and validates all units of a request.

    Returns:
        The units by tier; and the ids, names and parents of a table for the reply, or None if the request has rows.

    Raises:
        CallRefused: the request has violations, or too many units.
    """
    violations, texts, max_units = Violations(), None, call.limits.units
    _check_common(plan, request.period, request.view, violations)
    paths: FieldPaths
    if request.WhichOneof("source") == "table":
        paths = TablePaths()
        try:
            stream = Stream.open(request.table.arrow_stream)
        except StreamError as error:
            violations.add(WHOLE_REQUEST, STREAM_PATH, error.reason, str(error))
            raise invalid(violations) from None
        _check_units(stream.rows, max_units)
        _check_request(plan, request, stream.rows, violations)
        if not stream.rows:
            raise invalid(violations)
        submission, texts = read_table(plan, stream, request.tier, violations)
    else:
        paths, rows = RowPaths(single=False), request.rows.units
        _check_units(len(rows), max_units)
        _check_request(plan, request, len(rows), violations)
        submission = read_rows(plan, rows, paths, violations)
    tiers = validate(plan, submission, paths, violations, to_rank=True)
    if violations.total:
        raise invalid(violations)
    call.doubtful_names = count_doubtful(submission.names)
    return tiers, texts


def _check_size(size: int, limit: int, reason: str, message: str) -> None:
    """Refuses a call whose request or reply has more units, rows or rankings than the limit."""
    if size > limit:
        raise CallRefused(grpc.StatusCode.RESOURCE_EXHAUSTED, reason, message, {"limit": str(limit)})


def _check_units(units: int, limit: int) -> None:
    message = f"the request has {units} units, at most {limit} are allowed: send one complete tier per call"
    _check_size(units, limit, "TOO_MANY_UNITS", message)


def _check_full_rows(units: int) -> None:
    message = (
        f"the reply would have {units} FULL scorecards, at most {MAX_FULL_ROWS} are allowed: "
        f"set page_size to at most {MAX_FULL_ROWS}, or send a table"
    )
    _check_size(units, MAX_FULL_ROWS, "TOO_MANY_FULL_ROWS", message)


def _check_rankings(rankings: int) -> None:
    message = (
        f"the reply would have more than {MAX_RANKINGS} rankings (one per parent): "
        f"set page_size to at most {MAX_RANKINGS}"
    )
    _check_size(rankings, MAX_RANKINGS, "TOO_MANY_RANKINGS", message)


def _check_common(plan: SetPlan, period: str, view: int, violations: Violations) -> None:
    """Checks the fields that requests of both methods have."""
    start, end = plan.criteria_set.effective_from, plan.criteria_set.effective_to
    if period:
        try:
            if not overlaps(period, start, end):
                message = f"{period!r} has no day on which the set is in force ({start or '...'} to {end or '...'})"
                violations.add(WHOLE_REQUEST, "period", "PERIOD_OUTSIDE_SET", message)
        except ValueError as error:
            violations.add(WHOLE_REQUEST, "period", "BAD_PERIOD", str(error))
    if view not in VIEWS:
        violations.add(WHOLE_REQUEST, "view", "UNKNOWN_VIEW", f"{view} is not a view")


def _check_request(plan: SetPlan, request: pb.RankProvinceRequest, units: int, violations: Violations) -> None:
    """Checks the fields that only requests of RankProvince have; ``units`` is the number of units."""
    if not units:
        field = {"rows": "rows.units", "table": "table", None: "source"}[request.WhichOneof("source")]
        violations.add(WHOLE_REQUEST, field, "REQUIRED", "give the units to rank")
    if request.tier and request.tier not in plan.tiers:
        message = f"unknown tier {request.tier[:80]!r}; the set has {', '.join(plan.tiers)}"
        violations.add(WHOLE_REQUEST, "tier", "UNKNOWN_TIER", f"{message}{did_you_mean(request.tier[:80], plan.tiers)}")
    if problem := text_problem(request.province, MAX_NAME_BYTES, required=False):
        violations.add(WHOLE_REQUEST, "province", "BAD_TEXT", problem)
    if request.page_size < 0:
        violations.add(WHOLE_REQUEST, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all units")
