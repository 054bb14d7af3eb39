"""Bytes that are not valid requests, drawn at random."""

from __future__ import annotations

import random
from collections.abc import Callable

from arrow_tables import unit_table

from egov.scorer.v1 import scorer_pb2 as pb


def hue(answers: int = 3) -> pb.ScoreUnitRequest:
    unit = pb.UnitAnswers(unit=pb.Unit(id="hue", tier="district"))
    for code in ("policy_environment_awarded", "infrastructure_awarded", "human_resources_awarded")[:answers]:
        unit.answers[code].number = 8.5
    return pb.ScoreUnitRequest(criteria_set="hue-2020", unit_answers=unit)


def rank(units: int) -> pb.RankProvinceRequest:
    table = unit_table([f"u{n}" for n in range(units)], {"infrastructure_awarded": [20.0] * units})
    return pb.RankProvinceRequest(criteria_set="hue-2020", table=table)


def noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice([1, 7, 100, 5_000]))


def cut(rng: random.Random) -> bytes:
    data = rng.choice([hue(), rank(30)]).SerializeToString()
    return data[: rng.randrange(len(data))]


def flipped(rng: random.Random) -> bytes:
    data = bytearray(rng.choice([hue(), rank(30)]).SerializeToString())
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def nested(rng: random.Random) -> bytes:
    """Groups within groups, which no field has."""
    return b"\x0b" * rng.choice([10, 99, 1_000, 100_000])


def many_answers(rng: random.Random) -> bytes:
    request = hue()
    for n in range(rng.choice([50, 3_000])):
        request.unit_answers.answers[f"x{n}"].number = n
    return request.SerializeToString()


def wrong_kinds(rng: random.Random) -> bytes:
    request = hue()
    answer = request.unit_answers.answers["infrastructure_awarded"]
    rng.choice(
        [
            lambda: setattr(answer, "choice", "\u202e" * 99),
            lambda: setattr(answer, "flag", True),
            lambda: setattr(answer, "number", rng.choice([float("nan"), float("inf"), -1e308])),
            lambda: setattr(answer.date, "year", -5),
            lambda: setattr(request.unit_answers.unit, "id", "\x00" * 200),
            lambda: setattr(request, "view", 77),
        ]
    )()
    return request.SerializeToString()


def large(size: int) -> bytes:
    return b"\x0a" + b"\xff\xff\xff\x7f" + bytes(size)


MESSAGES: list[Callable[[random.Random], bytes]] = [
    noise, cut, flipped, nested, many_answers, wrong_kinds, noise, cut, flipped, wrong_kinds,
]  # fmt: skip
