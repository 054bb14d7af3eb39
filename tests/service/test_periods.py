"""Periods of requests: the formats, and the days on which the criteria set is in force."""

from __future__ import annotations

import pytest
from harness import Service, refusal
from small_set import (
    rank,
    row,
    score,
)


@pytest.mark.parametrize(
    "period",
    [
        *("2020", "2020-H1", "2020-H2", "2020-Q1", "2020-Q4", "2020-01", "2020-12", ""),
        "2020-W01",  # begins on 2019-12-30
        "2020-W53",  # ends on 2021-01-03
    ],
)
def test_a_period_that_overlaps_the_set_is_accepted_and_returned(service: Service, period: str) -> None:
    assert score(service, row("hue"), period=period).provenance.period == period


@pytest.mark.parametrize(
    "period", ["2019", "2021", "2019-H2", "2021-Q1", "2019-12", "2021-01", "2021-W01", "2019-W52", "1800", "2199-W51"]
)
def test_a_period_that_does_not_overlap_the_set_is_refused(service: Service, period: str) -> None:
    with refusal() as caught:
        score(service, row("hue"), period=period)
    assert caught[0].fields == {"period": "PERIOD_OUTSIDE_SET"}


@pytest.mark.parametrize(
    "period",
    [
        *("20", "20200", "2020-1", "2020-13", "2020-00", "2020-H0", "2020-H3", "2020-Q0", "2020-Q5", "2020-W00"),
        *(
            "2020-W54",
            "2020-h1",
            "2020/01",
            " 2020",
            "2020 ",
            "2020\n",
            "2020-01-01",
            "0000",
            "0020",
            "2563",
            "٢٠٢٠",
            "-",
            "9" * 99,
        ),
        "2019-W53",  # 2019 has 52 weeks
        "9999-W53",
    ],
)
def test_an_invalid_period_is_refused_with_the_formats(service: Service, period: str) -> None:
    with refusal() as caught:
        rank(service, row("hue"), period=period)
    assert caught[0].fields == {"period": "BAD_PERIOD"}
    assert caught[0].details.endswith(
        "is not a period: write YYYY, YYYY-H1, YYYY-Q1, YYYY-W01 or YYYY-01, with a year from 1800 to 2199"
    )


def test_a_set_without_dates_accepts_any_period(service: Service) -> None:
    assert score(service, row("hue"), "water-2020", period="1975-W01").provenance.period == "1975-W01"
