"""The sets after EGDI and HDI equal pandas and decimals of fifty digits for 1,000 generated units, over the socket."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from harness import catalogue, good, host, serving
from stand_alone import PLUGINS

from scorer_client import Client

SETS = PLUGINS / "composite-indices" / "scorer_composite_indices" / "criteria_sets"
UNITS = 1000
DIGITS = Context(prec=50)

Columns = dict[str, list[Decimal]]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    documents = [file.read_text(encoding="utf-8") for file in SETS.glob("*.yaml") if ".cases" not in file.name]
    with serving(good(catalogue(host(), *documents))) as service, Client(service.address) as client:
        yield client


def random_answers(seed: str, ranges: dict[str, tuple[float, float]], decimals: int) -> Columns:
    """Answers of 1,000 units by indicator. One unit in ten repeats all answers of the unit before it."""
    rng = random.Random(seed)
    columns: Columns = {code: [] for code in ranges}
    for unit in range(UNITS):
        repeated = unit and rng.random() < 0.1
        for code, (low, high) in ranges.items():
            value = Decimal(str(round(rng.uniform(low, high), decimals)))
            columns[code].append(columns[code][-1] if repeated else value)
    return columns


def ranked(client: Client, criteria_set: str, columns: Columns) -> pd.DataFrame:
    """The reply in the order of the units that were sent."""
    table = {"id": [f"u{unit:04}" for unit in range(UNITS)], "tier": ["country"] * UNITS}
    answers = {code: [float(value) for value in values] for code, values in columns.items()}
    province = client.rank_table(criteria_set, table | answers, period="2022", full=True)
    found = province.ranking("country").to_pandas().sort_values("id", ignore_index=True)
    assert list(found["id"]) == table["id"]
    return found


def rounded(value: Decimal, decimals: int) -> Decimal:
    """The value rounded to ``decimals``, an exact half upwards."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def micro(value: Decimal) -> Decimal:
    """The value to six decimals, an exact half to the even one."""
    return value.quantize(Decimal("0.000001"))


def points(found: pd.DataFrame, column: str) -> list[Decimal]:
    return [micro(Decimal(str(value))) for value in found[column]]


def check_scores(found: pd.DataFrame, category: str, exact: list[Decimal], decimals: int, cuts: list[str]) -> None:
    """Scores, published scores, ranks and levels of a set follow from the exact scores."""
    published = pd.Series([float(rounded(score, decimals)) for score in exact])
    ranks = published.rank(method="min", ascending=False).astype(int)
    assert points(found, "points") == exact
    assert list(found["published"]) == list(published)
    assert list(found["rank"]) == list(ranks)
    assert len(set(ranks)) < UNITS - 50  # many units tie
    levels = [1 + sum(score < Decimal(cut) for cut in cuts) for score in exact]
    assert list(found[f"{category}.level"]) == levels
    assert len(set(levels)) == len(cuts) + 1


def test_hdi_is_the_geometric_mean_of_three_components(client: Client) -> None:
    ranges = {
        "life_expectancy": (18, 88),
        "expected_years_of_schooling": (1, 20),
        "mean_years_of_schooling": (0, 16),
        "income_per_head": (90, 90000),
    }
    columns = random_answers("hdi", ranges, 1)
    found = ranked(client, "hdi-like-2022", columns)

    def share(code: str, low: int, high: int) -> list[Decimal]:
        return [min(max((value - low) / (high - low), Decimal(0)), Decimal(1)) for value in columns[code]]

    with localcontext(DIGITS):
        life = [micro(value) for value in share("life_expectancy", 20, 85)]
        schooling = [
            micro(expected / 2) + micro(mean / 2)
            for expected, mean in zip(
                share("expected_years_of_schooling", 0, 18), share("mean_years_of_schooling", 0, 15), strict=True
            )
        ]
        of_income = [min(max(value, Decimal(100)), Decimal(75000)) for value in columns["income_per_head"]]
        income = [micro((value / 100).ln() / Decimal(750).ln()) for value in of_income]
        exact = [micro((a * b * c) ** (Decimal(1) / 3)) for a, b, c in zip(life, schooling, income, strict=True)]
    check_scores(found, "human_development", exact, 3, ["0.8", "0.7", "0.55"])

    frame = pd.DataFrame({code: [float(value) for value in values] for code, values in columns.items()})
    shares = pd.DataFrame(
        {
            "life": (frame["life_expectancy"] - 20) / 65,
            "knowledge": frame["expected_years_of_schooling"].clip(upper=18) / 36
            + frame["mean_years_of_schooling"].clip(upper=15) / 30,
            "income": np.log(frame["income_per_head"].clip(lower=100, upper=75000) / 100) / np.log(750),
        }
    ).clip(0, 1)
    means = shares.prod(axis="columns") ** (1 / 3)
    assert np.abs(found["points"] - means)[means > 0.2].max() < 5e-6  # each component is rounded to a millionth


def test_egdi_is_a_third_each_of_scaled_z_scores(client: Client) -> None:
    ranges = {
        "online_service_points": (0, 60),
        "internet_users": (5, 100),
        "mobile_subscriptions": (20, 180),
        "fixed_broadband_subscriptions": (0, 50),
        "mobile_broadband_subscriptions": (5, 150),
        "adult_literacy": (30, 100),
        "gross_enrolment": (30, 120),
        "expected_schooling": (4, 20),
        "mean_schooling": (1, 14),
    }
    columns = random_answers("egdi", ranges, 1)
    found = ranked(client, "egdi-like-2022", columns)

    def scaled(values: list[Decimal]) -> list[Decimal]:
        low, high = min(values), max(values)
        return [micro((value - low) / (high - low)) for value in values]

    def z_scores(code: str) -> list[Decimal]:
        values = columns[code]
        mean = sum(values) / UNITS
        deviation = (sum((value - mean) ** 2 for value in values) / UNITS).sqrt()
        return [(value - mean) / deviation for value in values]

    def weighted(weights: dict[str, int]) -> list[Decimal]:
        by_indicator = [[weight * z for z in z_scores(code)] for code, weight in weights.items()]
        return [sum(unit) / sum(weights.values()) for unit in zip(*by_indicator, strict=True)]

    networks = dict.fromkeys(list(ranges)[1:5], 1)
    people = {"adult_literacy": 3, "gross_enrolment": 2, "expected_schooling": 2, "mean_schooling": 2}
    with localcontext(DIGITS):
        services = scaled(columns["online_service_points"])
        telecommunication, capital = scaled(weighted(networks)), scaled(weighted(people))
        exact = [micro((a + b + c) / 3) for a, b, c in zip(services, telecommunication, capital, strict=True)]
    assert points(found, "e_government.TII.points") == telecommunication
    assert points(found, "e_government.HCI.points") == capital
    check_scores(found, "e_government", exact, 4, ["0.75", "0.5", "0.25"])

    frame = pd.DataFrame({code: [float(value) for value in values] for code, values in columns.items()})
    z = (frame - frame.mean()) / frame.std(ddof=0)
    components = pd.DataFrame(
        {
            "services": frame["online_service_points"],
            "networks": z[list(networks)].mean(axis="columns"),
            "people": (z[list(people)] * pd.Series(people)).sum(axis="columns"),
        }
    )
    scaled_ones = (components - components.min()) / (components.max() - components.min())
    assert np.abs(found["points"] - scaled_ones.mean(axis="columns")).max() < 1.1e-6
