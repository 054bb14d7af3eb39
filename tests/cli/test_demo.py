"""The demo of Bắc Kạn: its report in both languages, and its JSON, have the published facts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cli_in_process
import pytest

COMMAND = str(Path(sys.executable).parent / "scorer")

SENTENCES = {
    "en": [
        "7/24 departments are ranked in readiness, 5/24 in achievement.",
        "0/8 districts are ranked in both categories.",
        "huyện Ba Bể is ranked in readiness: level 4 with 40.60 points.",
        "2/8 districts reach the minimum of level 1, 6/8 that of level 2.",
        "7/8 districts fail the gate of level 4: 70 % of infrastructure and human resources together",
        "huyện Na Rì is ranked in achievement: level 3.",
        "thành phố Bắc Kạn is ranked in achievement: level 4.",
        "8/8 districts have a computer for every official, 8/8 antivirus on all of them.",
        "5/8 districts have a look-up screen for procedures.",
        "0/8 districts protect their network from lightning, 0/8 have a bar-code reader.",
        "xã Nông Thượng is the commune ranked in readiness: level 4 with 23.72/30 points.",
        "0/108 communes are ranked in achievement.",
        "The best commune has 67.10/90 points in all (74.56 %).",
    ],
    "vi": [
        "7/24 sở, ngành được xếp hạng về điều kiện sẵn sàng, 5/24 về kết quả đạt được.",
        "huyện Ba Bể được xếp hạng về điều kiện sẵn sàng: mức 4 với 40.60 điểm.",
        "huyện Na Rì được xếp hạng về kết quả đạt được: mức 3.",
        "thành phố Bắc Kạn được xếp hạng về kết quả đạt được: mức 4.",
        "5/8 huyện, thành phố có màn hình tra cứu thủ tục hành chính.",
        "xã Nông Thượng là đơn vị cấp xã được xếp hạng về điều kiện sẵn sàng: mức 4 với 23.72/30 điểm.",
        "Đơn vị cấp xã cao nhất đạt tổng 67.10/90 điểm (74.56 %).",
    ],
}


def demo(*options: str) -> str:
    return cli_in_process.stdout_of("demo", *options)


@pytest.mark.parametrize("language", SENTENCES)
def test_the_demo_reproduces_the_published_report(language: str) -> None:
    printed = demo("--lang", language)
    for sentence in SENTENCES[language]:
        assert sentence in printed


def test_the_demo_shows_causes_by_tier() -> None:
    printed = demo()
    for line in (
        "Readiness: 7/24 ranked",
        "Achievement: 5/24 ranked",
        "Readiness: 1/8 ranked",
        "Achievement: 2/8 ranked",
        "Readiness: 1/108 ranked",
        "Achievement: 0/108 ranked",
        "Infrastructure + Human resources 78.86 of 80 %",
        "7/8: Infrastructure + Human resources under 70 %",
        "0/8 have all points for Lightning protection of the local network",
        "Best total: phường Đức Xuân 67.10 of 90 (74.56 %)",
    ):
        assert line in printed


def test_the_json_of_the_demo_agrees_with_its_report() -> None:
    results = json.loads(demo("--json"))
    assert results["provenance"]["criteria_set"] == "bac-kan-2020"
    assert [(r["tier"], r["unit_count"], len(r["units"])) for r in results["rankings"]] == [
        ("department", 24, 24),
        ("district", 8, 8),
        ("commune", 108, 108),
    ]
    (ranked,) = [u for u in results["rankings"][1]["units"] if u["categories"][0]["rank"]]
    assert ranked["name"] == "huyện Ba Bể"
    assert ranked["categories"][0]["score"]["points"] == 40.6
    (cause,) = ranked["categories"][0]["causes"]
    assert (cause["measure"], cause["level"], cause["minimum"]) == ("infrastructure+human_resources", 3, 80)
