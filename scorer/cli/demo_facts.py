"""The sentences of Bắc Kạn's report on the first half of 2020, with figures counted from the results.

Source: Sở Thông tin và Truyền thông Bắc Kạn, "Đánh giá định kỳ mức độ xây dựng Chính quyền điện tử 6 tháng đầu năm
2020". No figure is copied from the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scorer.cli.i18n import Language
from scorer.cli.terminal_report import two_decimals
from scorer_client import CategoryResult, Province, Ranking, UnitResult

READINESS, ACHIEVEMENT = "readiness", "achievement"
STAFF_AND_EQUIPMENT = "infrastructure+human_resources"
COMPUTERS, ANTIVIRUS, FIREWALL, LIGHTNING, LOOK_UP, BAR_CODES, MEETING_ROOM = (
    f"INF.{n:02}" for n in (1, 2, 7, 9, 10, 12, 13)
)


def facts(province: Province, language: Language) -> Iterator[str]:
    """Yields the report's sentences in one language, with figures from the results of ``province``."""
    say = _english if language is Language.EN else _vietnamese
    departments, districts, communes = (province.ranking(tier) for tier in ("department", "district", "commune"))
    yield say("departments", ready=_ranked(departments, READINESS), got=_ranked(departments, ACHIEVEMENT))
    both = sum(1 for unit in districts.units if not unit.lacking)
    yield say("both", both=f"{both}/{districts.unit_count}")
    for unit in _in_order(districts, READINESS):
        category = unit.category(READINESS)
        yield say("district", unit=unit.name, level=category.level, points=two_decimals(category.score.points))
    policy = [_measure_level(unit.category(READINESS), "policy_environment") for unit in districts.units]
    count = districts.unit_count
    yield say("policy", one=f"{policy.count(1)}/{count}", two=f"{policy.count(2)}/{count}")
    failing = sum(
        1
        for unit in districts.units
        if any(cause.measure == STAFF_AND_EQUIPMENT and cause.level == 4 for cause in unit.category(READINESS).causes)
    )
    yield say("failing", failing=f"{failing}/{count}")
    for unit in _in_order(districts, ACHIEVEMENT):
        yield say("achieved", unit=unit.name, level=unit.category(ACHIEVEMENT).level)
    yield say("computers", computers=_full(districts, COMPUTERS), antivirus=_full(districts, ANTIVIRUS))
    yield say("look_up", units=_full(districts, LOOK_UP))
    yield say("lacking", lightning=_full(districts, LIGHTNING), bar_codes=_full(districts, BAR_CODES))
    for unit in _in_order(communes, READINESS):
        score = unit.category(READINESS).score
        level = unit.category(READINESS).level
        yield say("commune", unit=unit.name, level=level, points=f"{two_decimals(score.points)}/{score.max_points:g}")
    yield say("communes", got=_ranked(communes, ACHIEVEMENT))
    best = max(communes.units, key=lambda unit: unit.overall.converted).overall
    total = f"{two_decimals(best.points)}/{best.max_points:g}"
    yield say("best", total=total, percent=two_decimals(best.percent))
    yield say("rooms", rooms=_full(communes, MEETING_ROOM), firewall=_full(communes, FIREWALL))


def _ranked(ranking: Ranking, category: str) -> str:
    return f"{ranking.tally(category).ranked}/{ranking.unit_count}"


def _full(ranking: Ranking, criterion: str) -> str:
    """Number of units with all points of a criterion, and number of units that it applies to, such as 3/8."""
    counts = (count for tally in ranking.tallies for count in tally.criteria if count.criterion == criterion)
    count = next(counts)
    return f"{count.full}/{count.applicable}"


def _in_order(ranking: Ranking, category: str) -> list[UnitResult]:
    """The ranked units of a category, by rank."""
    ranked = [unit for unit in ranking.units if unit.category(category).rank]
    return sorted(ranked, key=lambda unit: unit.category(category).rank)


def _measure_level(category: CategoryResult, measure: str) -> int:
    return next(item.level for item in category.measures if item.measure == measure)


def _sentence_maker(sentences: dict[str, str]) -> Callable[..., str]:
    return lambda key, **values: sentences[key].format(**values)


_english = _sentence_maker(
    {
        "departments": "{ready} departments are ranked in readiness, {got} in achievement.",
        "both": "{both} districts are ranked in both categories.",
        "district": "{unit} is ranked in readiness: level {level} with {points} points.",
        "policy": "Policy environment: {one} districts reach the minimum of level 1, {two} that of level 2.",
        "failing": "{failing} districts fail the gate of level 4: 70 % of infrastructure and human resources together.",
        "achieved": "{unit} is ranked in achievement: level {level}.",
        "computers": "{computers} districts have a computer for every official, {antivirus} antivirus on all of them.",
        "look_up": "{units} districts have a look-up screen for procedures.",
        "lacking": "{lightning} districts protect their network from lightning, {bar_codes} have a bar-code reader.",
        "commune": "{unit} is the commune ranked in readiness: level {level} with {points} points.",
        "communes": "{got} communes are ranked in achievement.",
        "best": "The best commune has {total} points in all ({percent} %).",
        "rooms": "{rooms} communes have an online meeting room, {firewall} a firewall.",
    }
)
_vietnamese = _sentence_maker(
    {
        "departments": "{ready} sở, ngành được xếp hạng về điều kiện sẵn sàng, {got} về kết quả đạt được.",
        "both": "{both} huyện, thành phố được xếp hạng ở cả hai hạng mục.",
        "district": "{unit} được xếp hạng về điều kiện sẵn sàng: mức {level} với {points} điểm.",
        "policy": "Môi trường chính sách: {one} huyện, thành phố đạt yêu cầu mức 1, {two} đạt yêu cầu mức 2.",
        "failing": "{failing} huyện, thành phố không đạt 70 % tổng điểm hạ tầng và nhân lực, điều kiện của mức 4.",
        "achieved": "{unit} được xếp hạng về kết quả đạt được: mức {level}.",
        "computers": "{computers} huyện, thành phố đủ máy tính cho cán bộ, {antivirus} cài diệt virus trên mọi máy.",
        "look_up": "{units} huyện, thành phố có màn hình tra cứu thủ tục hành chính.",
        "lacking": "{lightning} huyện, thành phố có chống sét mạng LAN, {bar_codes} có đầu đọc mã vạch.",
        "commune": "{unit} là đơn vị cấp xã được xếp hạng về điều kiện sẵn sàng: mức {level} với {points} điểm.",
        "communes": "{got} đơn vị cấp xã được xếp hạng về kết quả đạt được.",
        "best": "Đơn vị cấp xã cao nhất đạt tổng {total} điểm ({percent} %).",
        "rooms": "{rooms} đơn vị cấp xã có phòng họp trực tuyến, {firewall} có tường lửa.",
    }
)
