"""Units and criteria sets over a real socket, and the same without any server."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest
from client_units import BEST, EVERYTHING, NEAR, PARTLY, ROWS, SET, SILENT, TWO, as_table, refused, unit

from scorer_client import Client


def test_a_unit_is_scored_with_its_levels_and_without_ranks(client: Client) -> None:
    result = client.score_unit(SET, BEST, period="2020")
    assert (result.id, result.name, result.tier, result.parent) == ("best", "huyện best", "district", "tinh")
    assert [(c.category, c.standing, c.level, c.rank) for c in result.categories] == [
        ("readiness", "ranked", 1, 0),
        ("achievement", "ranked", 1, 0),
        ("survey", "ranked", 0, 0),
    ]
    assert (result.overall.points, result.overall.max_points, result.overall.percent) == (140, 140, 100)
    assert (result.overall_rank, result.lacking) == (0, ())


def test_criteria_are_in_full_results_only(client: Client) -> None:
    assert client.score_unit(SET, NEAR).category("readiness").groups == ()
    policy, network = client.score_unit(SET, PARTLY, full=True).category("readiness").groups
    assert [(c.criterion, c.points, c.max_points, c.status) for c in policy.criteria] == [("PE.01", 20, 20, "scored")]
    assert [(c.criterion, c.points, c.max_points, c.status) for c in network.criteria] == [
        ("NW.01", 40, 40, "scored"),
        ("NW.02", 0, 0, "not_applicable"),
        ("NW.03", 10, 10, "scored"),
        ("NW.04", 10, 10, "scored"),
        ("NW.05", 10, 10, "scored"),
    ]
    assert (network.score.points, network.score.max_points, network.score.nominal_max_points) == (70, 70, 80)


def test_a_missing_answer_is_not_zero(client: Client) -> None:
    readiness = client.score_unit(SET, SILENT, full=True).category("readiness")
    assert {c.status for g in readiness.groups for c in g.criteria} == {"missing"}
    assert readiness.score.missing == 6


def test_a_category_that_the_tier_does_not_have_is_a_key_error(client: Client) -> None:
    with pytest.raises(KeyError, match="transport"):
        client.score_unit(SET, BEST).category("transport")


def test_criteria_sets_are_listed_and_shown(client: Client) -> None:
    (summary,) = client.criteria_sets()
    assert (summary.code, list(summary.tiers)) == (SET, ["department", "district"])
    issued = client.criteria_set(SET)
    assert issued.summary == summary
    assert [category.code for category in issued.categories] == ["readiness", "achievement", "survey"]


def test_the_form_has_indicators_and_titles(client: Client) -> None:
    form = client.form(SET)
    assert (form.criteria_set, form.tiers, form.excludable) == (SET, ("department", "district"), ("NW.02", "SV.01"))
    assert list(form.indicators) == list(EVERYTHING)
    assert {code: indicator.kind for code, indicator in form.indicators.items()} == {
        "policy_points": "number", "computers": "count", "staff": "count", "firewall": "flag", "head": "choice",
        "issued": "date", "network_points": "number", "services_points": "number", "opinion_points": "number",
    }  # fmt: skip
    assert form.indicators["head"].options == ("chairman", "deputy", "nobody")
    assert form.indicators["policy_points"].ranges == {"department": (0, 20), "district": (0, 20)}
    assert form.titles == {"en": "Tested", "vi": "Được thử"}
    assert form.names("vi")["network"] == "Mạng"
    assert form.names("en")["readiness"] == "Readiness"
    assert form.rank_by == {
        "overall": (("score", "", ""),),
        **{code: (("score", code, ""),) for code in ("readiness", "achievement", "survey")},
    }


def test_an_unknown_criteria_set_is_refused_with_the_known_ones(client: Client) -> None:
    for call in (lambda: client.criteria_set("tested-2021"), lambda: client.score_unit("tested-2021", BEST)):
        error = refused(call)
        assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_CRITERIA_SET")
        assert error.message == (
            "unknown criteria set 'tested-2021'; there are: tested-2020; did you mean 'tested-2020'?"
        )
        assert error.metadata["known"] == SET


@pytest.mark.parametrize("full", [False, True], ids=["basic", "full"])
def test_the_in_process_service_gives_the_same_results(client: Client, local: Client, full: bool) -> None:
    assert local.rank_province(SET, ROWS, full=full) == client.rank_province(SET, ROWS, full=full)
    assert local.score_unit(SET, NEAR, full=full) == client.score_unit(SET, NEAR, full=full)
    ours, theirs = as_table(local, ROWS, full=full), as_table(client, ROWS, full=full)
    assert [list(r.units) for r in ours.rankings] == [list(r.units) for r in theirs.rankings]
    assert ours.provenance == theirs.provenance
    assert local.form(SET) == client.form(SET)
    assert local.criteria_sets() == client.criteria_sets()


REFUSED: dict[str, Callable[[Client], object]] = {
    "unknown set": lambda c: c.criteria_set("nowhere"),
    "no set": lambda c: c.score_unit("", BEST),
    "bad period": lambda c: c.rank_province(SET, ROWS, period="2021"),
    "no units": lambda c: c.rank_province(SET, []),
    "bad answers": lambda c: c.rank_province(SET, [unit("x", computers=-1, services_points=99)]),
    "bad column": lambda c: c.rank_table(SET, {**TWO, "computrs": [1, 2]}),
    "bad token": lambda c: c.rank_province(SET, ROWS, page_size=2, page_token="x"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_in_process_service_gives_the_same_errors(client: Client, local: Client, case: str) -> None:
    near, far = refused(lambda: REFUSED[case](local)), refused(lambda: REFUSED[case](client))
    assert (near.code, near.reason, near.message) == (far.code, far.reason, far.message)
    assert (near.violations, near.violations_total) == (far.violations, far.violations_total)
    assert {k: v for k, v in far.metadata.items() if k != "request_id"} == near.metadata
