"""Why a unit has its level, in sentences."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from client_units import BAC_KAN, ROWS, SET, as_table
from hypothesis import given
from hypothesis import strategies as st

from scorer_client import Cause, Client
from scorer_client.sentences import shown

WHY = {
    "best": (
        ["readiness: level 1, the best", "achievement: level 1, the best", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 1, mức cao nhất", "Kết quả đạt được: mức 1, mức cao nhất",
         "Khảo sát: được xếp hạng"],
    ),
    "near": (
        ["readiness: level 2; total is 79.999 %, level 1 requires at least 80 %; "
         "network is 74.9987 %, level 1 requires more than 75 %",
         "achievement: level 1, the best", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 2; tổng điểm đạt 79.999 %, mức 1 yêu cầu từ 80 %; "
         "Mạng đạt 74.9987 %, mức 1 yêu cầu trên 75 %",
         "Kết quả đạt được: mức 1, mức cao nhất", "Khảo sát: được xếp hạng"],
    ),
    "edge": (
        ["readiness: level 2; network is 75 %, level 1 requires more than 75 %",
         "achievement: not ranked; services is 12 points, level 1 requires more than 12 points", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 2; Mạng đạt 75 %, mức 1 yêu cầu trên 75 %",
         "Kết quả đạt được: không được xếp hạng; Dịch vụ đạt 12 điểm, mức 1 yêu cầu trên 12 điểm",
         "Khảo sát: được xếp hạng"],
    ),
    "below": (
        ["readiness: not ranked; policy is 7.999996 points, level 2 requires at least 8 points",
         "achievement: not ranked; services is 11.999999 points, level 1 requires more than 12 points",
         "survey: ranked"],
        ["Điều kiện sẵn sàng: không được xếp hạng; Chính sách đạt 7.999996 điểm, mức 2 yêu cầu từ 8 điểm",
         "Kết quả đạt được: không được xếp hạng; Dịch vụ đạt 11.999999 điểm, mức 1 yêu cầu trên 12 điểm",
         "Khảo sát: được xếp hạng"],
    ),
    "nothing": (
        ["readiness: level 1, the best",
         "achievement: not ranked, because none of its criteria applies", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 1, mức cao nhất",
         "Kết quả đạt được: không được xếp hạng vì không có tiêu chí nào áp dụng", "Khảo sát: được xếp hạng"],
    ),
}  # fmt: skip
"""Sentences in English with codes, and in Vietnamese with titles."""


@pytest.mark.parametrize("code", WHY)
@pytest.mark.parametrize("form", ["rows", "table", "alone"])
def test_causes_are_readable_sentences(client: Client, code: str, form: str) -> None:
    if form == "alone":
        result = client.score_unit(SET, next(row for row in ROWS if row.id == code))
    else:
        result = (client.rank_province(SET, ROWS) if form == "rows" else as_table(client, ROWS)).unit(code)
    english, vietnamese = WHY[code]
    assert result.why() == english
    assert result.why("vi", client.form(SET).names("vi")) == vietnamese


def test_causes_explain_level_4_of_ba_be(bundled: Client, answers: Path) -> None:
    ba_be = bundled.rank_file(BAC_KAN, answers).unit("d-ba-be")
    names = bundled.form(BAC_KAN).names
    assert ba_be.why()[0] == (
        "readiness: level 4; infrastructure + human_resources is 78.86 %, level 3 requires at least 80 %"
    )
    assert ba_be.why("en", names("en"))[0] == (
        "Readiness: level 4; Infrastructure + Human resources is 78.86 %, level 3 requires at least 80 %"
    )
    assert ba_be.why("vi", names("vi"))[0].startswith("Điều kiện sẵn sàng: mức 4; ")
    assert ba_be.why("vi", names("vi"))[0].endswith(" đạt 78.86 %, mức 3 yêu cầu từ 80 %")


def test_an_unknown_language_is_answered_in_english() -> None:
    cause = Cause(3, "total", "percent", 80, False, 78.5)
    assert cause.sentence("fr") == cause.sentence("en") == "total is 78.5 %, level 3 requires at least 80 %"


@pytest.mark.parametrize(
    ("value", "minimum", "text"),
    [
        (79.999, 80, "79.999"), (79.9999, 80, "79.9999"), (79.995, 80, "79.995"), (79.99, 80, "79.99"),
        (79.994, 80, "79.99"), (78.857, 80, "78.86"), (80, 80, "80"), (0, 80, "0"), (0.004, 70, "0"),
        (100, 100, "100"), (11.999999, 12, "11.999999"), (66.6666, 66.6667, "66.6666"), (84.125, 85, "84.13"),
        (10, 12, "10"), (100.0, 101, "100"),
    ],
)  # fmt: skip
def test_a_cause_shows_value_and_minimum(value: float, minimum: float, text: str) -> None:
    assert shown(value, minimum) == text


@pytest.mark.parametrize(("unit", "decimals", "largest"), [("percent", 4, 100), ("points", 6, 2000)])
@given(data=st.data())
def test_a_sentence_never_rounds_a_value_up_to_its_minimum(
    data: st.DataObject, unit: str, decimals: int, largest: int
) -> None:
    minimum = data.draw(st.integers(1, largest * 10**decimals))
    value = minimum - data.draw(st.integers(1, min(minimum, 20_000)))
    sentence = Cause(1, "total", unit, minimum / 10**decimals, False, value / 10**decimals).sentence()
    found, asked = sentence.removeprefix("total is ").split(", level 1 requires at least ")
    assert Decimal(found.split()[0]) < Decimal(asked.split()[0])


@pytest.mark.parametrize("minimum", [12.345612, 1234567.0, 0.00001], ids=str)
def test_a_minimum_is_written_with_all_its_digits(minimum: float) -> None:
    asked = Cause(1, "total", "points", minimum, False, 0).sentence().split("at least ")[1]
    assert "e" not in asked.removesuffix(" points")
    assert float(asked.removesuffix(" points")) == minimum
