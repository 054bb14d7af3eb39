"""ScoreUnit and RankProvince."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import grpc
import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.asked import PluginFault
from scorer.catalogue import Catalogue
from scorer.criteria.model import RankingRule
from scorer.findings import REQUEST, Findings
from scorer.hints import nearly
from scorer.intake import Admitted, admit
from scorer.periods import overlaps
from scorer.plan import SetPlan
from scorer.points import Ints
from scorer.ranking import Ranking, rank
from scorer.scoring import Assessment, assess
from scorer.service.answers import RowPlaces, rows_sheet
from scorer.service.call import Call, Scored
from scorer.service.errors import Refusal, invalid
from scorer.service.packing import Packed
from scorer.service.paging import make_token, read_token
from scorer.service.replies import provenance, ranking_head, ranking_table
from scorer.service.scorecards import Scorecards
from scorer.service.sets import find_set
from scorer.service.tables import TablePlaces, table_sheet, unit_count
from scorer.service.together import Together
from scorer.texts import MAX_NAME_BYTES, text_problem
from scorer.watch import Crowded, Watch

MAX_FULL_ROWS = 5_000

VIEWS = frozenset(pb.ScorecardView.values())


class _Single(NamedTuple):
    """A call that asks for one unit."""

    request: pb.ScoreUnitRequest
    call: Call
    plan: SetPlan


class ScorerService:
    """Answers from the catalogue that ``catalogue()`` gives when a call starts.

    Args:
        catalogue: gives the catalogue.
        watch: sees which plugins are asked.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], watch: Watch | None = None) -> None:
        self._catalogue, self._watch = catalogue, watch or Watch()
        self._together = Together(self._score_units)

    def score_unit(self, request: pb.ScoreUnitRequest, call: Call) -> Packed:
        """One unit, a cohort of one, or of all whose calls wait just now: a ScoreUnitResponse."""
        call.plan = plan = find_set(self._catalogue(), request)
        single = _Single(request, call, plan)
        if plan.asks_nobody:
            return self._together.answer((id(plan), request.view), single)
        return self._score_units([single])[0]

    def _score_units(self, singles: Sequence[_Single]) -> Sequence[Packed]:
        """The units of some calls that ask for the same set and view.

        Raises:
            Refusal: something is wrong with one of them, which for several does not say with which.
        """
        plan, view = singles[0].plan, singles[0].request.view
        full = view == pb.SCORECARD_VIEW_FULL
        findings, places = Findings(), RowPlaces(single=True)
        for single in singles:
            _check_common(plan, single.request.period, view, findings)
        rows = [single.request.unit_answers for single in singles]
        taken = [b"".join(single.call.answers) for single in singles]  # of one row each, or of none
        sheet = rows_sheet(plan, rows, taken, places, findings)
        admitted = admit(plan, sheet, places, findings, to_rank=False)
        if findings.total:
            raise invalid(findings)
        replies = [Packed(pb.ScoreUnitResponse(provenance=provenance(plan, "", one.request.period))) for one in singles]

        def keep_on() -> None:
            for single in singles:
                single.call.keep_on()

        for part in admitted:
            if part.plan.cohort_criteria:
                named = ", ".join(part.plan.cohort_criteria)
                message = f"criteria {named} compare a unit with the others of its tier: send them all to RankProvince"
                raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, "NEEDS_COHORT", message, {"criteria": named})
            assessment = self._assess(part, keep_on, full=full)
            units = part.units.tolist()
            cards = Scorecards(assessment, None, full=full)
            made = cards.of(np.arange(len(units)), [rows[at].unit for at in units])
            for place, (at, card) in enumerate(zip(units, made, strict=True)):
                replies[at].message("scorecard", card)
                singles[at].call.scored = [Scored(assessment, range(place, place + 1))]
        return replies

    def rank_province(self, request: pb.RankProvinceRequest, call: Call) -> Packed:
        """All units of a province, or none: a RankProvinceResponse."""
        call.plan = plan = find_set(self._catalogue(), request)
        as_rows = request.WhichOneof("source") == "rows"
        full = request.view == pb.SCORECARD_VIEW_FULL
        admitted = _admit_all(plan, request, call)
        wanted = [part for part in admitted if request.tier in ("", part.plan.tier)]
        start, end, token = _page(request, admitted, plan, sum(len(part.units) for part in wanted))
        if full and as_rows:
            _check_full_rows(end - start)
        units = [row.unit for row in request.rows.units]
        made_with = provenance(plan, request.province, request.period)
        reply = Packed(pb.RankProvinceResponse(provenance=made_with, next_page_token=token))
        del request  # a table is a matrix by now: no need of twice the memory while it is scored
        call.numbers, call.answers = None, ()
        cards: Scorecards | None = None
        for part, ranking, shown in self._shown(wanted, slice(start, end), plan.criteria_set.ranking, call, full=full):
            message = Packed(ranking_head(ranking, full=full))
            if as_rows:
                if cards is None or cards.assessment is not ranking.assessment:
                    cards = Scorecards(ranking.assessment, ranking, full=full)
                for card in cards.of(shown, [units[at] for at in part.units[shown].tolist()]):
                    message.message("scorecards", card)
            else:
                message.message("table", ranking_table(ranking, shown, full=full))
            reply.message("rankings", message)
        return reply

    def _shown(
        self, wanted: Sequence[Admitted], page: slice, rule: RankingRule, call: Call, *, full: bool
    ) -> Iterator[tuple[Admitted, Ranking, Ints]]:
        """The rankings of a page, with the places of their units that are on it; other tiers are not scored."""
        before = 0
        for part in wanted:
            if before + len(part.units) <= page.start or before >= page.stop:
                before += len(part.units)
                continue
            assessment = self._assess(part, call.keep_on, full=full)
            call.scored.append(Scored(assessment, range(len(part.units))))
            for ranking in rank(assessment, rule, part.parents):
                shown = ranking.order[max(page.start - before, 0) : max(page.stop - before, 0)]
                before += len(ranking.order)
                if len(shown):
                    yield part, ranking, shown

    def _assess(self, part: Admitted, keep_on: Callable[[], None], *, full: bool) -> Assessment:
        """Scores the units of a tier.

        Raises:
            Refusal: a plugin broke (INTERNAL), or is busy with calls that it does not end (UNAVAILABLE).
        """
        try:
            return assess(part.plan, part.cohort, full=full, watch=self._watch, keep_on=keep_on)
        except PluginFault as fault:
            metadata = {
                "group": fault.provider.group,
                "criterion": fault.criterion,
                "plugin": fault.provider.plugin,
                "distribution": fault.provider.distribution,
            }
            raise Refusal(grpc.StatusCode.INTERNAL, "PLUGIN_FAULT", str(fault), metadata) from fault
        except Crowded as crowded:
            message = f"{crowded}; try again later; if it stays so, have the plugin mended and restart the service"
            raise Refusal(grpc.StatusCode.UNAVAILABLE, "PLUGIN_BUSY", message) from None


def _admit_all(plan: SetPlan, request: pb.RankProvinceRequest, call: Call) -> list[Admitted]:
    """The units of a request, all of them or none.

    Raises:
        Refusal: anything in it is wrong.
    """
    findings, source = Findings(), request.WhichOneof("source")
    units = len(request.rows.units) if source == "rows" else unit_count(request.table)
    _check_size(units, call.limits.units)
    _check_common(plan, request.period, request.view, findings)
    _check_request(plan, request, units, findings)
    if source == "table":
        sheet = table_sheet(plan, request.table, call.numbers, findings)
        admitted = admit(plan, sheet, TablePlaces(request.table), findings, to_rank=True)
    else:
        places = RowPlaces(single=False)
        sheet = rows_sheet(plan, request.rows.units, call.answers, places, findings)
        admitted = admit(plan, sheet, places, findings, to_rank=True)
    if findings.total:
        raise invalid(findings)
    return admitted


def _check_size(units: int, most: int) -> None:
    if units > most:
        message = f"{units} units are more than {most}: send the province tier by tier, each whole"
        raise Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_UNITS", message, {"limit": str(most)})


def _check_full_rows(units: int) -> None:
    if units > MAX_FULL_ROWS:
        message = (
            f"FULL scorecards of {units} units are more than {MAX_FULL_ROWS}: "
            f"set page_size to {MAX_FULL_ROWS} at most, or send a table"
        )
        raise Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_FULL_ROWS", message, {"limit": str(MAX_FULL_ROWS)})


def _check_common(plan: SetPlan, period: str, view: int, findings: Findings) -> None:
    start, end = plan.criteria_set.effective_from, plan.criteria_set.effective_to
    if period:
        try:
            if not overlaps(period, start, end):
                message = f"{period!r} has no day in {start or '...'} to {end or '...'}, when the set is in force"
                findings.add(REQUEST, "period", "PERIOD_OUTSIDE_SET", message)
        except ValueError as error:
            findings.add(REQUEST, "period", "BAD_PERIOD", str(error))
    if view not in VIEWS:
        findings.add(REQUEST, "view", "UNKNOWN_VIEW", f"{view} is no view")


def _check_request(plan: SetPlan, request: pb.RankProvinceRequest, units: int, findings: Findings) -> None:
    if not units:
        source = request.WhichOneof("source")
        findings.add(REQUEST, f"{source}.units" if source else "source", "REQUIRED", "give the units to rank")
    if request.tier and request.tier not in plan.tiers:
        message = f"unknown tier {request.tier[:80]!r}; the set has {', '.join(plan.tiers)}"
        findings.add(REQUEST, "tier", "UNKNOWN_TIER", f"{message}{nearly(request.tier[:80], plan.tiers)}")
    if problem := text_problem(request.province, MAX_NAME_BYTES, required=False):
        findings.add(REQUEST, "province", "BAD_TEXT", problem)
    if request.page_size < 0:
        findings.add(REQUEST, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all units")


def _page(
    request: pb.RankProvinceRequest, admitted: Sequence[Admitted], plan: SetPlan, units: int
) -> tuple[int, int, str]:
    """First and last (exclusive) unit of the page, and the token of the next one.

    The same request may come in other bytes, as a map has no order: what makes it the same is what was read.
    """
    if not request.page_size and not request.page_token:
        return 0, units, ""
    bare = pb.RankProvinceRequest()
    bare.CopyFrom(request)
    bare.ClearField("page_size")
    bare.ClearField("page_token")
    data = b"".join((bare.SerializeToString(deterministic=True), *(part.cohort.matrix.data for part in admitted)))
    revision = plan.criteria_set.revision
    start = min(read_token(request.page_token, data, revision), units)
    end = min(start + request.page_size, units) if request.page_size else units
    return start, end, make_token(end, data, revision) if end < units else ""
