"""ScoreUnit and RankProvince."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import grpc
import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import Catalogue
from scorer.criteria.model import RankingRule
from scorer.engine.plan import SetPlan
from scorer.engine.plugin_scoring import PluginFault
from scorer.engine.ranking import Ranking, rank
from scorer.engine.scoring import Assessment, assess
from scorer.engine.validation import FieldPaths, ValidatedTier, validate
from scorer.model.fixed_point import Ints
from scorer.model.periods import overlaps
from scorer.model.suggestions import did_you_mean
from scorer.model.text_rules import MAX_NAME_BYTES, text_problem
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.plugins.calls_in_flight import PluginBusy, PluginCalls
from scorer.service.call.context import CallContext
from scorer.service.call.errors import CallRefused, invalid
from scorer.service.messages.answers import RowPaths, read_rows
from scorer.service.messages.ranking_table import RankingTables
from scorer.service.messages.replies import provenance, ranking_head
from scorer.service.messages.scorecards import scorecards
from scorer.service.messages.table_stream import Stream, StreamError, TooManyRows
from scorer.service.messages.tables import STREAM_PATH, TablePaths, UnitTexts, read_table
from scorer.service.methods.paging import make_token, read_token
from scorer.service.methods.set_lookup import find_set
from scorer_client.names import count_doubtful

MAX_FULL_ROWS = 5_000

MAX_RANKINGS = 2_000
"""In one reply: each has counts and, in a table, a schema of its own."""

VIEWS = frozenset(pb.ScorecardView.values())


class ScorerService:
    """Answers from the catalogue that ``catalogue()`` gives when a call starts.

    Args:
        catalogue: gives the catalogue.
        plugin_calls: the calls that plugins score for.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], plugin_calls: PluginCalls | None = None) -> None:
        self._catalogue, self._plugin_calls = catalogue, plugin_calls or PluginCalls()

    def find_plan(self, request: pb.ScoreUnitRequest | pb.RankProvinceRequest, call: CallContext) -> SetPlan:
        """The criteria set that a request names; the same one throughout a call.

        Raises:
            CallRefused: there is none.
        """
        if call.plan is None:
            call.plan = find_set(self._catalogue(), request)
        return call.plan

    def score_unit(self, request: pb.ScoreUnitRequest, call: CallContext) -> pb.ScoreUnitResponse:
        """Scores one unit: a cohort of one.

        Raises:
            CallRefused: anything in the request is wrong, or the set compares units.
        """
        plan = self.find_plan(request, call)
        full = request.view == pb.SCORECARD_VIEW_FULL
        violations, places = Violations(), RowPaths(single=True)
        _check_common(plan, request.period, request.view, violations)
        sheet = read_rows(plan, [request.unit_answers], places, violations)
        with self._track_checks(plan):
            admitted = validate(plan, sheet, places, violations, to_rank=False)
        if violations.total:
            raise invalid(violations)
        call.doubtful_names = count_doubtful(sheet.names)
        [part] = admitted
        if part.plan.cohort_criteria:
            named = ", ".join(part.plan.cohort_criteria)
            message = f"criteria {named} compare a unit with the others of its tier: send them all to RankProvince"
            raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "NEEDS_COHORT", message, {"criteria": named})
        assessment = self._assess(part, call, full=full)
        [card] = scorecards(assessment, None, np.arange(1), [request.unit_answers.unit], full=full)
        return pb.ScoreUnitResponse(scorecard=card, provenance=provenance(plan, "", request.period))

    def rank_province(self, request: pb.RankProvinceRequest, call: CallContext) -> pb.RankProvinceResponse:
        """Scores and ranks all units of a province, or none.

        Raises:
            CallRefused: anything in the request is wrong.
        """
        plan = self.find_plan(request, call)
        full, as_rows = request.view == pb.SCORECARD_VIEW_FULL, request.WhichOneof("source") == "rows"
        with self._track_checks(plan):
            admitted, texts = _admit_all(plan, request, call)
        wanted = [part for part in admitted if request.tier in ("", part.plan.tier)]
        start, end, token = _page(request, plan, sum(len(part.units) for part in wanted))
        if full and as_rows:
            _check_full_rows(end - start)
        units = [row.unit for row in request.rows.units]
        reply = pb.RankProvinceResponse(
            provenance=provenance(plan, request.province, request.period), next_page_token=token
        )
        request.Clear()  # a table is a matrix by now: no need of twice the memory while it is scored
        shown = 0
        for part, rankings in self._shown(wanted, slice(start, end), plan.criteria_set.ranking, call, full=full):
            tables = RankingTables(part.units, texts, rankings) if texts else None
            shown += len(rankings)
            _check_rankings(shown)
            first = 0
            for ranking, places in rankings:
                message = reply.rankings.add()
                message.CopyFrom(ranking_head(ranking, full=full))
                rows = slice(first, first + len(places))
                first = rows.stop
                if tables is not None:
                    message.table.arrow_stream = tables.stream(ranking, rows, reply.provenance)
                    continue
                own = [units[at] for at in part.units[places].tolist()]
                message.scorecards.extend(scorecards(ranking.assessment, ranking, places, own, full=full))
        return reply

    def _shown(
        self, wanted: Sequence[ValidatedTier], page: slice, rule: RankingRule, call: CallContext, *, full: bool
    ) -> Iterator[tuple[ValidatedTier, list[tuple[Ranking, Ints]]]]:
        """The rankings of a page, tier by tier, with the places of their units that are on it.

        Tiers that are not on the page are not scored.
        """
        before = 0
        for part in wanted:
            if before + len(part.units) <= page.start or before >= page.stop:
                before += len(part.units)
                continue
            assessment = self._assess(part, call, full=full)
            rankings = []
            for ranking in rank(assessment, rule, part.parents):
                shown = ranking.order[max(page.start - before, 0) : max(page.stop - before, 0)]
                before += len(ranking.order)
                if len(shown):
                    rankings.append((ranking, shown))
            yield part, rankings

    def _track_checks(self, plan: SetPlan) -> AbstractContextManager[None]:
        """While answers are validated, which runs the checks of plugins."""
        if not plan.checkers:
            return nullcontext()
        return self._plugin_calls.track(f"checks of {' and '.join(plan.checkers)}", plan.checkers, limited=False)

    def _assess(self, part: ValidatedTier, call: CallContext, *, full: bool) -> Assessment:
        """Scores the units of a tier.

        Raises:
            CallRefused: a plugin broke (INTERNAL), or is busy with calls that it does not end (UNAVAILABLE).
        """
        try:
            assessment = assess(
                part.plan, part.cohort, full=full, plugin_calls=self._plugin_calls, check_cancelled=call.check_cancelled
            )
        except PluginFault as fault:
            metadata = {
                "group": fault.provider.group,
                "criterion": fault.criterion,
                "plugin": fault.provider.plugin,
                "distribution": fault.provider.distribution,
            }
            raise CallRefused(grpc.StatusCode.INTERNAL, "PLUGIN_FAULT", str(fault), metadata) from fault
        except PluginBusy as busy:
            message = f"{busy}; try again later; if it stays so, have the plugin mended and restart the service"
            raise CallRefused(grpc.StatusCode.UNAVAILABLE, "PLUGIN_BUSY", message) from None
        call.scored.append(assessment)
        return assessment


def _admit_all(
    plan: SetPlan, request: pb.RankProvinceRequest, call: CallContext
) -> tuple[list[ValidatedTier], UnitTexts | None]:
    """The units of a request, all of them or none; and what a table says of them.

    Raises:
        CallRefused: anything in it is wrong.
    """
    texts = None
    violations, most = Violations(), call.limits.units
    _check_common(plan, request.period, request.view, violations)
    places: FieldPaths
    if request.WhichOneof("source") == "table":
        places = TablePaths()
        try:
            stream = Stream.open(request.table.arrow_stream, most)
        except StreamError as error:
            violations.add(WHOLE_REQUEST, STREAM_PATH, error.reason, str(error))
            raise invalid(violations) from None
        except TooManyRows as error:
            raise _too_many(error.rows, most) from None
        _check_request(plan, request, stream.rows, violations)
        if not stream.rows:
            raise invalid(violations)
        sheet, texts = read_table(plan, stream, request.tier, violations)
    else:
        places, rows = RowPaths(single=False), request.rows.units
        if len(rows) > most:
            raise _too_many(len(rows), most)
        _check_request(plan, request, len(rows), violations)
        sheet = read_rows(plan, rows, places, violations)
    admitted = validate(plan, sheet, places, violations, to_rank=True)
    if violations.total:
        raise invalid(violations)
    call.doubtful_names = count_doubtful(sheet.names)
    return admitted, texts


def _too_many(units: int, most: int) -> CallRefused:
    message = f"{units} units are more than {most}: send the province tier by tier, each whole"
    return CallRefused(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_UNITS", message, {"limit": str(most)})


def _check_full_rows(units: int) -> None:
    if units > MAX_FULL_ROWS:
        message = (
            f"FULL scorecards of {units} units are more than {MAX_FULL_ROWS}: "
            f"set page_size to {MAX_FULL_ROWS} at most, or send a table"
        )
        raise CallRefused(
            grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_FULL_ROWS", message, {"limit": str(MAX_FULL_ROWS)}
        )


def _check_rankings(rankings: int) -> None:
    if rankings > MAX_RANKINGS:
        message = f"more than {MAX_RANKINGS} rankings, one per parent: set page_size to {MAX_RANKINGS} at most"
        raise CallRefused(
            grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_RANKINGS", message, {"limit": str(MAX_RANKINGS)}
        )


def _check_common(plan: SetPlan, period: str, view: int, violations: Violations) -> None:
    start, end = plan.criteria_set.effective_from, plan.criteria_set.effective_to
    if period:
        try:
            if not overlaps(period, start, end):
                message = f"{period!r} has no day in {start or '...'} to {end or '...'}, when the set is in force"
                violations.add(WHOLE_REQUEST, "period", "PERIOD_OUTSIDE_SET", message)
        except ValueError as error:
            violations.add(WHOLE_REQUEST, "period", "BAD_PERIOD", str(error))
    if view not in VIEWS:
        violations.add(WHOLE_REQUEST, "view", "UNKNOWN_VIEW", f"{view} is no view")


def _check_request(plan: SetPlan, request: pb.RankProvinceRequest, units: int, violations: Violations) -> None:
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


def _page(request: pb.RankProvinceRequest, plan: SetPlan, units: int) -> tuple[int, int, str]:
    """First and last (exclusive) unit of the page, and the token of the next one."""
    if not request.page_size and not request.page_token:
        return 0, units, ""
    size, token = request.page_size, request.page_token
    request.ClearField("page_size")
    request.ClearField("page_token")
    data = request.SerializeToString(deterministic=True)  # a map has no order
    revision = plan.criteria_set.revision
    start = min(read_token(token, data, revision), units)
    end = min(start + size, units) if size else units
    return start, end, make_token(end, data, revision) if end < units else ""
