"""The set after the PAR Index equals exact fractions for 1,000 generated provinces, over the socket."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import pandas as pd
import pytest
from harness import catalogue, good, host, serving
from stand_alone import PLUGINS

from scorer_client import Client

SETS = PLUGINS / "composite-indices" / "scorer_composite_indices" / "criteria_sets"
UNITS = 1000
CATEGORY = "administrative_reform"

Answers = dict[str, object]
"""The answers of a province as sent; missing ones are left out."""


class Ratio(NamedTuple):
    """Numerator / denominator, from the floor on, up to the target."""

    numerator: str
    denominator: str
    points: int
    when_zero: str = "zero"
    target: Fraction = Fraction(1)
    floor: Fraction = Fraction(0)


class Survey(NamedTuple):
    """A hundredth of the points for each point of a survey."""

    indicator: str
    points: int


class Fault(NamedTuple):
    """All points if nothing is counted, or the flag is false."""

    indicator: str
    points: int


class Choice(NamedTuple):
    """Points by option."""

    indicator: str
    points: Mapping[str, int]


class Plan(NamedTuple):
    """Two points by the end of the year before, one by the end of January."""

    indicator: str


Rule = Ratio | Survey | Fault | Choice | Plan


def percent(number: int) -> Fraction:
    return Fraction(number, 100)


FIELDS: dict[str, dict[str, Rule]] = {
    "reform_steering": {
        "1.1": Plan("reform_plan_issued"),
        "1.2": Ratio("reform_tasks_done", "reform_tasks", 4, floor=percent(80)),
        "1.3": Ratio("agencies_inspected", "agencies", 2, target=percent(30)),
        "1.4": Survey("steering_survey", 2),
    },
    "institutional_reform": {
        "2.1": Ratio("legal_documents_in_time", "legal_documents_due", 3, "not_applicable"),
        "2.2": Fault("unlawful_documents", 2),
        "2.3": Ratio("flaws_mended", "flaws_found", 2, "full", floor=percent(70)),
        "2.4": Survey("institutions_survey", 3),
    },
    "administrative_procedures": {
        "3.1": Ratio("procedures_published", "procedures_in_force", 3),
        "3.2": Ratio("files_decided_in_time", "files_decided", 5, floor=percent(90)),
        "3.3": Ratio("procedures_one_stop", "procedures_in_force", 2),
        "3.4": Survey("procedures_survey", 4),
    },
    "administrative_apparatus": {
        "4.1": Ratio("organisations_within_quota", "organisations", 4),
        "4.2": Ratio("organisations_deputies", "organisations", 3),
        "4.3": Survey("apparatus_survey", 3),
    },
    "civil_service": {
        "5.1": Ratio("officials_in_positions", "officials", 4, floor=percent(60)),
        "5.2": Choice("recruitment", {"competitive": 2, "partly": 1, "not_competitive": 0}),
        "5.3": Ratio("training_done", "training_planned", 2, "full"),
        "5.4": Fault("leader_disciplined", 2),
        "5.5": Survey("civil_service_survey", 4),
    },
    "public_finance": {
        "6.1": Ratio("investment_paid", "investment_planned", 4, target=percent(95), floor=percent(70)),
        "6.2": Ratio(
            "autonomous_organisations", "previous.autonomous_organisations", 4, "full", percent(110), percent(100)
        ),
        "6.3": Survey("finance_survey", 2),
    },
    "digital_administration": {
        "7.1": Ratio("documents_signed", "documents_sent", 4),
        "7.2": Ratio("files_received_online", "files_received", 4, target=percent(50)),
        "7.3": Choice("data_platform", {"connected": 2, "in_trial": 1, "none": 0}),
        "7.4": Survey("digital_survey", 4),
    },
    "impact": {
        "8.1": Ratio("revenue", "revenue_planned", 4, floor=percent(80)),
        "8.2": Ratio("new_companies", "previous.new_companies", 4, "full", percent(120), percent(100)),
        "8.3": Survey("satisfaction_survey", 10),
    },
}
"""The criteria, as the document describes them in words."""


def points(rule: Rule, answers: Answers) -> Fraction | None:
    """The points of a criterion; None if it does not apply."""
    match rule:
        case Ratio():
            if rule.numerator not in answers or rule.denominator not in answers:
                return Fraction(0)
            whole = answers[rule.denominator]
            if whole == 0:
                return {"zero": Fraction(0), "full": Fraction(rule.points), "not_applicable": None}[rule.when_zero]
            ratio = Fraction(answers[rule.numerator], whole)
            return min(ratio / rule.target, Fraction(1)) * rule.points if ratio >= rule.floor else Fraction(0)
        case Survey():
            return Fraction(str(answers.get(rule.indicator, 0))) / 100 * rule.points
        case Fault():
            return Fraction(rule.points if answers.get(rule.indicator) == 0 else 0)
        case Choice():
            return Fraction(rule.points.get(answers.get(rule.indicator), 0))
        case Plan():
            day = answers.get(rule.indicator, datetime.date.max)
            return Fraction((day <= datetime.date(2021, 12, 31)) + (day <= datetime.date(2022, 1, 31)))


def maximum(rule: Rule) -> int:
    match rule:
        case Choice():
            return max(rule.points.values())
        case Plan():
            return 2
    return rule.points


def scored(answers: Answers, *, surveys: bool = True) -> dict[str, tuple[Fraction, int]]:
    """Points and applicable maximum of each field; a criterion is rounded to a millionth."""
    fields = {}
    for field, rules in FIELDS.items():
        found = [
            (points(rule, answers), maximum(rule)) for rule in rules.values() if surveys or not isinstance(rule, Survey)
        ]
        applicable = [(Fraction(round(given * 10**6), 10**6), most) for given, most in found if given is not None]
        fields[field] = (sum(given for given, _ in applicable), sum(most for _, most in applicable))
    return fields


def overall(fields: dict[str, tuple[Fraction, int]]) -> tuple[Fraction, int]:
    return sum(given for given, _ in fields.values()), sum(most for _, most in fields.values())


def level(fields: dict[str, tuple[Fraction, int]], disciplined: bool) -> int:
    given, most = overall(fields)
    share, shares = given / most, [of_field / of for of_field, of in fields.values()]
    strong = sum(share >= percent(75) for share in shares) >= 6
    reached = 1 if share >= percent(80) and strong else 2 if share >= percent(65) else 3 if share >= percent(50) else 4
    if fields["impact"][0] / fields["impact"][1] < percent(50):
        reached = max(reached, 2)
    return max(reached, 3) if disciplined else reached


def published(given: Fraction, most: int) -> float:
    """The score of 100, rounded down to a millionth, then to two decimals, an exact half upwards."""
    converted = given * 100 * 10**6 // most
    return (converted + 5000) // 10000 / 100


def counted(sent: Answers) -> Answers:
    """The answers that count: the verified one, if there is one."""
    own = {code: answer for code, answer in sent.items() if "@" not in code}
    verified = {code.removesuffix("@verified"): answer for code, answer in sent.items() if "@" in code}
    return own | verified


def drawn_province(rng: random.Random) -> Answers:
    """The answers of a generated province. It sometimes reports too much, and leaves some answers out."""
    sent: Answers = {}
    best = rng.uniform(0.5, 1)  # most provinces are alike in all fields, so all levels occur

    def share() -> float:
        return min(1.0, max(0.0, rng.gauss(best, 0.12)))

    for rules in FIELDS.values():
        for rule in rules.values():
            match rule:
                case Ratio(numerator, denominator) if denominator.startswith("previous."):
                    before = rng.choice([0, 20, 30, 50])
                    sent[denominator], sent[numerator] = before, int(before * (0.4 + share()))
                    sent[f"{numerator}@verified"] = max(sent[numerator] - rng.choice([0, 0, 1, 5]), 0)
                case Ratio(numerator, denominator):
                    whole = sent.setdefault(denominator, rng.choice([0, 20, 100, 700, 999]))
                    sent[numerator] = int(whole * share())
                    sent[f"{numerator}@verified"] = int(sent[numerator] * rng.choice([1, 1, 0.9, 0.5]))
                case Survey(indicator):
                    sent[indicator] = round(100 * share(), 1)
                case Fault("leader_disciplined" as indicator):
                    sent[indicator] = rng.random() < 0.1
                    sent[f"{indicator}@verified"] = rng.random() < 0.2
                case Fault(indicator):
                    sent[indicator] = rng.choice([0, 0, 0, 2])
                    sent[f"{indicator}@verified"] = sent[indicator] + rng.choice([0, 0, 1])
                case Choice(indicator, options):
                    sent[indicator] = rng.choice(list(options)) if share() < 0.8 else next(iter(options))
                case Plan(indicator):
                    sent[indicator] = datetime.date(2021, 12, 30) + datetime.timedelta(rng.choice([0, 1, 2, 32, 33]))
    return {code: answer for code, answer in sent.items() if rng.random() > (0.6 if "@" in code else 0.01)}


def drawn() -> Sequence[Answers]:
    """1,000 provinces, of which one in ten repeats the answers of the one before it."""
    rng, provinces = random.Random("par"), list[Answers]()
    while len(provinces) < UNITS:
        repeated = provinces and rng.random() < 0.1
        provinces.append(provinces[-1] if repeated else drawn_province(rng))
    return provinces


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    document = (SETS / "par-like-2022.yaml").read_text(encoding="utf-8")
    with serving(good(catalogue(host(), document))) as service, Client(service.address) as client:
        yield client


@pytest.fixture(scope="module")
def provinces() -> Sequence[Answers]:
    return drawn()


@pytest.fixture(scope="module")
def found(client: Client, provinces: Sequence[Answers]) -> pd.DataFrame:
    """The reply, in the order of the provinces that were sent."""
    codes = sorted({code for sent in provinces for code in sent})
    table = {"id": [f"p{n:04}" for n in range(UNITS)], "tier": ["province"] * UNITS}
    columns = {code: [sent.get(code) for sent in provinces] for code in codes}
    reply = client.rank_table("par-like-2022", table | columns, period="2022", full=True)
    return reply.ranking("province").to_pandas().sort_values("id", ignore_index=True)


def test_points_are_computed_from_the_source_that_counts(found: pd.DataFrame, provinces: Sequence[Answers]) -> None:
    expected = [scored(counted(sent)) for sent in provinces]
    for field in FIELDS:
        assert list(found[f"{CATEGORY}.{field}.points"]) == [float(fields[field][0]) for fields in expected]
        assert list(found[f"{CATEGORY}.{field}.max_points"]) == [fields[field][1] for fields in expected]
    assert list(found["points"]) == [float(overall(fields)[0]) for fields in expected]
    assert {97, 100} == set(found["max_points"])  # 2.1 does not apply to provinces where nothing was due


def test_self_reported_points_are_returned_too(found: pd.DataFrame, provinces: Sequence[Answers]) -> None:
    own = [{code: answer for code, answer in sent.items() if "@" not in code} for sent in provinces]
    expected = [overall(scored(answers, surveys=False)) for answers in own]
    assert list(found["points@self_reported"]) == [float(given) for given, _ in expected]
    assert list(found["max_points@self_reported"]) == [most for _, most in expected]
    assert {65, 68} == set(found["max_points@self_reported"])  # 32 of 100 points come from surveys


def test_subtotals_are_assessed_and_surveyed_points(found: pd.DataFrame, provinces: Sequence[Answers]) -> None:
    whole = [overall(scored(counted(sent))) for sent in provinces]
    assessed = [overall(scored(counted(sent), surveys=False)) for sent in provinces]
    surveyed = [(given - part[0], most - part[1]) for (given, most), part in zip(whole, assessed, strict=True)]
    for code, sums in (("assessed", assessed), ("surveys", surveyed)):
        assert list(found[f"subtotal.{code}.points"]) == [float(given) for given, _ in sums]
        assert list(found[f"subtotal.{code}.max_points"]) == [most for _, most in sums]
        percents = [int(given / most * 10**6) / 10**4 for given, most in sums]
        assert list(found[f"subtotal.{code}.percent"]) == percents
    assert set(found["subtotal.surveys.max_points"]) == {32}
    own = [{code: answer for code, answer in sent.items() if "@" not in code} for sent in provinces]
    expected = [float(overall(scored(answers, surveys=False))[0]) for answers in own]
    assert list(found["subtotal.assessed.points@self_reported"]) == expected
    assert set(found["subtotal.surveys.max_points@self_reported"]) == {0}  # nobody surveys himself


def test_ranks_and_levels_follow_from_points(found: pd.DataFrame, provinces: Sequence[Answers]) -> None:
    answers = [counted(sent) for sent in provinces]
    fields = [scored(each) for each in answers]
    scores = pd.Series([published(*overall(each)) for each in fields])
    ranks = scores.rank(method="min", ascending=False).astype(int)
    assert list(found["published"]) == list(scores)
    assert list(found["rank"]) == list(ranks)
    assert len(set(ranks)) < UNITS - 90  # provinces tie
    levels = [level(of, bool(each.get("leader_disciplined"))) for of, each in zip(fields, answers, strict=True)]
    assert list(found[f"{CATEGORY}.level"]) == levels
    assert set(levels) == {1, 2, 3, 4}


def test_every_level_has_a_title(client: Client) -> None:
    names = client.form("par-like-2022").names("vi")
    assert [names[f"{CATEGORY}/{number}"] for number in (1, 2, 3, 4)] == ["Tốt", "Khá", "Trung bình", "Yếu"]
