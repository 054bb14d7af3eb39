"""Writes the answers of Bắc Kạn's 140 units, first half of 2020; with --check, says whether the file is up to date.

The province published results, not answers. The answers here are reconstructed: they give all published results, and
make no other claim.

Published, and reproduced exactly:
- departments (24): 7 are ranked in readiness, 5 in achievement;
- districts (8): Ba Bể is ranked in readiness (level 4, 40.6 points), Na Rì (level 3) and thành phố Bắc Kạn (level 4) in
  achievement; policy environment is at level 1 in Chợ Đồn and Pác Nặm, at level 2 in the other six;
- communes (108): Nông Thượng is ranked in readiness (level 4, 23.72 of 30), no commune in achievement; the best total
  is 67.10 of 90, and its commune is not ranked overall;
- the causes that the province names. "All units miss 70 % of infrastructure and human resources" must mean the seven
  unranked districts, as Ba Bể is ranked.

Points of single units (policy environment + infrastructure + human resources):
    Ba Bể         13   + 20.6  + 7    = 40.6   of 50; infrastructure and human resources 27.6 of 35 = 78.86 %
    Nông Thượng    8   + 10.87 + 4.85 = 23.72  of 30; infrastructure and human resources 15.72 of 21 = 74.86 %
    Đức Xuân       8.5 +  8.4  + 3.9  = 20.8   of 30; with 13.4 + 16.4 + 10.1 + 6.4 = 46.3 of 60 in achievement 67.10
                  in all; transaction, 56.11 %, keeps it from a level there
    policy environment: Chợ Đồn 13.5, Pác Nặm 14, the other six 13, of 15

Assumed: the names of the departments (24 that the province had in 2020) and the level of each; which commune has the
best total; which five districts have a look-up screen; every single answer. Answers that no published fact determines
are random, around the typical shares of a tier (``TIER_SHARES``), and drawn again until the scorer gives the unit its
levels. Random numbers depend only on the unit's id and the number of the attempt, so the file is the same everywhere.
The names of the communes are those since 1 February 2020.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import itertools
import random
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scorer.catalogue.catalogue import load_set
from scorer.engine.gates import GateCompiler
from scorer.engine.plan import SetPlan
from scorer.engine.scoring import assess
from scorer.model.fixed_point import MICRO
from scorer.model.indicators import Indicator, IndicatorKind, days
from scorer.model.units import Cohort
from scorer.plugins.host import PluginHost

PLUGINS = Path(__file__).resolve().parent.parent / "plugins" / "scorer_plugins"
CRITERIA = PLUGINS / "criteria_sets" / "bac-kan-2020.yaml"
ANSWERS = PLUGINS / "answers" / "bac-kan-2020.csv"

Answers = dict[str, object]
"""Answers of a unit by indicator code; an indicator without an entry was not reported."""


# The units.

DEPARTMENTS = (
    "Văn phòng Ủy ban nhân dân tỉnh", "Sở Nội vụ", "Sở Tư pháp", "Sở Kế hoạch và Đầu tư", "Sở Tài chính",
    "Sở Công Thương", "Sở Nông nghiệp và Phát triển nông thôn", "Sở Giao thông vận tải", "Sở Xây dựng",
    "Sở Tài nguyên và Môi trường", "Sở Thông tin và Truyền thông", "Sở Lao động - Thương binh và Xã hội",
    "Sở Văn hóa, Thể thao và Du lịch", "Sở Khoa học và Công nghệ", "Sở Giáo dục và Đào tạo", "Sở Y tế",
    "Thanh tra tỉnh", "Ban Dân tộc", "Ban Quản lý các khu công nghiệp", "Bảo hiểm xã hội tỉnh", "Cục Thuế tỉnh",
    "Đài Phát thanh và Truyền hình tỉnh", "Ban Quản lý Vườn quốc gia Ba Bể", "Trường Cao đẳng Bắc Kạn",
)  # fmt: skip

DISTRICTS = {
    "thành phố Bắc Kạn": "phường Đức Xuân, phường Huyền Tụng, phường Nguyễn Thị Minh Khai, phường Phùng Chí Kiên, "
    "phường Sông Cầu, phường Xuất Hóa, xã Dương Quang, xã Nông Thượng",
    "huyện Ba Bể": "thị trấn Chợ Rã, xã Bành Trạch, xã Cao Thượng, xã Chu Hương, xã Địa Linh, xã Đồng Phúc, "
    "xã Hà Hiệu, xã Hoàng Trĩ, xã Khang Ninh, xã Mỹ Phương, xã Nam Mẫu, xã Phúc Lộc, xã Quảng Khê, xã Thượng Giáo, "
    "xã Yến Dương",
    "huyện Bạch Thông": "thị trấn Phủ Thông, xã Cẩm Giàng, xã Cao Sơn, xã Dương Phong, xã Đôn Phong, xã Lục Bình, "
    "xã Mỹ Thanh, xã Nguyên Phúc, xã Quang Thuận, xã Quân Hà, xã Sĩ Bình, xã Tân Tú, xã Vi Hương, xã Vũ Muộn",
    "huyện Chợ Đồn": "thị trấn Bằng Lũng, xã Bản Thi, xã Bằng Lãng, xã Bằng Phúc, xã Bình Trung, xã Đại Sảo, "
    "xã Đồng Lạc, xã Đồng Thắng, xã Lương Bằng, xã Nam Cường, xã Nghĩa Tá, xã Ngọc Phái, xã Phương Viên, "
    "xã Quảng Bạch, xã Tân Lập, xã Xuân Lạc, xã Yên Mỹ, xã Yên Phong, xã Yên Thịnh, xã Yên Thượng",
    "huyện Chợ Mới": "thị trấn Đồng Tâm, xã Bình Văn, xã Cao Kỳ, xã Hòa Mục, xã Mai Lạp, xã Như Cố, xã Nông Hạ, "
    "xã Quảng Chu, xã Tân Sơn, xã Thanh Mai, xã Thanh Thịnh, xã Thanh Vận, xã Yên Cư, xã Yên Hân",
    "huyện Na Rì": "thị trấn Yến Lạc, xã Côn Minh, xã Cư Lễ, xã Cường Lợi, xã Dương Sơn, xã Đổng Xá, xã Kim Hỷ, "
    "xã Kim Lư, xã Liêm Thủy, xã Lương Thượng, xã Quang Phong, xã Sơn Thành, xã Trần Phú, xã Văn Lang, xã Văn Minh, "
    "xã Văn Vũ, xã Xuân Dương",
    "huyện Ngân Sơn": "thị trấn Nà Phặc, xã Bằng Vân, xã Cốc Đán, xã Đức Vân, xã Hiệp Lực, xã Thuần Mang, "
    "xã Thượng Ân, xã Thượng Quan, xã Trung Hòa, xã Vân Tùng",
    "huyện Pác Nặm": "xã An Thắng, xã Bằng Thành, xã Bộc Bố, xã Cao Tân, xã Cổ Linh, xã Công Bằng, xã Giáo Hiệu, "
    "xã Nghiên Loan, xã Nhạn Môn, xã Xuân La",
}


class Unit(NamedTuple):
    """A unit: the first columns of the file."""

    id: str
    name: str
    tier: str
    parent: str


KINDS = {"Sở ": "s", "thành phố ": "d", "huyện ": "d", "phường ": "p", "thị trấn ": "t", "xã ": "x"}
"""Prefixes of ids, by the first words of the unit's name."""


def units() -> list[Unit]:
    """All units: departments, districts, then communes by district."""
    communes = [
        Unit(unit_id(name), name, "commune", unit_id(district))
        for district, names in DISTRICTS.items()
        for name in names.split(", ")
    ]
    departments = [Unit(unit_id(name), name, "department", "") for name in DEPARTMENTS]
    return [*departments, *(Unit(unit_id(name), name, "district", "") for name in DISTRICTS), *communes]


def unit_id(name: str) -> str:
    """An ASCII id: "xã Nông Thượng" is x-nong-thuong."""
    kind = next((kind for kind in KINDS if name.startswith(kind)), "")
    plain = unicodedata.normalize("NFD", name.removeprefix(kind).lower().replace("đ", "d"))
    letters = "".join(letter for letter in plain if letter == " " or (letter.isascii() and letter.isalpha()))
    return "-".join([KINDS.get(kind, "s"), *letters.split()])


# Published facts about single units.

LEVELS = {
    # Levels in readiness and achievement; 0: not ranked. For departments, only the number of ranked ones is published.
    "s-thong-tin-va-truyen-thong": (2, 2),
    "s-van-phong-uy-ban-nhan-dan-tinh": (3, 0),
    "s-noi-vu": (4, 0),
    "s-tu-phap": (4, 3),
    "s-ke-hoach-va-dau-tu": (3, 4),
    "s-giao-thong-van-tai": (4, 4),
    "s-tai-chinh": (4, 0),
    "s-cong-thuong": (0, 4),
    "d-ba-be": (4, 0),
    "d-na-ri": (0, 3),
    "d-bac-kan": (0, 4),
    "x-nong-thuong": (4, 0),
}

BEST_COMMUNE = "p-duc-xuan"

LARGEST_COMMUNE_TOTAL = 66.5
"""Limit for the totals of all other communes, clearly below the best total of 67.10."""

LARGEST_DISTRICT_SHARE = 66.0
"""Limit for the percentage of infrastructure and human resources in the seven unranked districts, clearly below 70."""

FULL_POLICY: Answers = {
    "steering_committee": "head", "steering_committee_meetings": 2, "regulation_lan": 1,
    "regulation_shared_software": 1, "regulation_information_security": 1, "it_plan_issued": "2020-01-20",
    "it_plan_tasks": 10, "it_plan_tasks_done": 10, "steering_documents": 4, "leader_chairs_meetings": 1,
    "conclusions_issued": 1, "communication_plan": 1,
}  # fmt: skip

EVERY_DISTRICT: Answers = {"lan_lightning_protection": 0, "barcode_reader": 0, "firewall_appliance": 0}
"""Answers of every district; ``FIXED`` overrides them for Ba Bể's firewall."""

FIXED: dict[str, Answers] = {
    # Policy environment: 13.5 in Chợ Đồn, 14 in Pác Nặm, 13 in the other six, of 15. Five districts have a look-up
    # screen; most have cameras and an LED screen.
    "d-cho-don": {
        **FULL_POLICY, "steering_committee": "deputy", "steering_committee_meetings": 1,
        "lookup_screen": 1, "cameras": 3, "led_screen": 1,
    },
    "d-pac-nam": {**FULL_POLICY, "it_plan_issued": "2020-02-12", "lookup_screen": 0, "cameras": 2, "led_screen": 0},
    "d-bac-kan": {
        **FULL_POLICY, "it_plan_issued": "2020-02-25", "communication_plan": 0,
        "lookup_screen": 1, "cameras": 4, "led_screen": 1,
    },
    "d-bach-thong": {
        **FULL_POLICY, "steering_committee": "deputy", "steering_documents": 2,
        "lookup_screen": 1, "cameras": 2, "led_screen": 1,
    },
    "d-cho-moi": {
        **FULL_POLICY, "steering_committee": "deputy", "it_plan_issued": "2020-03-06",
        "lookup_screen": 0, "cameras": 3, "led_screen": 0,
    },
    "d-na-ri": {
        **FULL_POLICY, "it_plan_issued": "2020-02-14", "steering_committee_meetings": 1, "steering_documents": 3,
        "lookup_screen": 1, "cameras": 4, "led_screen": 1,
    },
    "d-ngan-son": {
        **FULL_POLICY, "regulation_information_security": 0, "conclusions_issued": 0,
        "lookup_screen": 0, "cameras": 0, "led_screen": 1,
    },
    "d-ba-be": {
        **FULL_POLICY, "steering_committee": "deputy", "steering_committee_meetings": 1, "conclusions_issued": 0,
        # infrastructure 20.6 of 25
        "staff": 120, "computers": 120, "computers_antivirus": 120, "computers_on_lan": 120, "computers_recent": 108,
        "lan": "structured", "internet_bandwidth": 60, "firewall_appliance": 1, "firewall_software": 1, "cameras": 6,
        "lookup_screen": 1, "led_screen": 1, "online_meeting_room": 1, "one_stop_citizen_computer": 1,
        "one_stop_scanner": 1, "one_stop_items": 8, "one_stop_items_required": 10, "security_incidents": 0,
        "data_backup": 1, "households": 11000, "households_computer": 1980, "households_television": 4840,
        "households_internet": 3080,
        # human resources 7 of 10
        "leader_in_charge": 1, "it_official": "full_time", "it_official_degree": "university", "leader_trained": 0,
        "staff_trained": 72, "staff_certified": 48, "it_official_courses": 1, "security_training": 1,
    },
    "x-nong-thuong": {
        **FULL_POLICY, "steering_committee": "deputy", "it_plan_issued": "2020-02-17",
        # infrastructure 10.87 of 15
        "staff": 20, "computers": 20, "computers_antivirus": 20, "computers_on_lan": 20, "computers_recent": 16,
        "lan": "structured", "internet_bandwidth": 50, "firewall_appliance": 0, "firewall_software": 1, "cameras": 2,
        "lan_lightning_protection": 0, "lookup_screen": 1, "led_screen": 1, "barcode_reader": 0,
        "online_meeting_room": 1, "one_stop_citizen_computer": 1, "one_stop_scanner": 1, "one_stop_items": 8,
        "one_stop_items_required": 10, "security_incidents": 0, "households": 900, "households_computer": 279,
        "households_television": 540, "households_internet": 414,
        # human resources 4.85 of 6
        "leader_in_charge": 1, "it_official": "full_time", "it_official_degree": "university", "leader_trained": 1,
        "staff_trained": 15, "staff_certified": 12, "it_official_courses": 2, "security_training": 0,
    },
    BEST_COMMUNE: {
        **FULL_POLICY, "it_plan_issued": "2020-02-10",
        # infrastructure 8.4 of 15
        "staff": 20, "computers": 20, "computers_antivirus": 20, "computers_on_lan": 20, "computers_recent": 8,
        "lan": "simple", "internet_bandwidth": 50, "firewall_appliance": 0, "firewall_software": 0, "cameras": 2,
        "lan_lightning_protection": 0, "lookup_screen": 0, "led_screen": 1, "barcode_reader": 0,
        "online_meeting_room": 0, "one_stop_citizen_computer": 1, "one_stop_scanner": 1, "one_stop_items": 7,
        "one_stop_items_required": 10, "security_incidents": 0, "households": 1000, "households_computer": 420,
        "households_television": 700, "households_internet": 580,
        # human resources 3.9 of 6
        "leader_in_charge": 1, "it_official": "part_time", "it_official_degree": "college", "leader_trained": 0,
        "staff_trained": 14, "staff_certified": 14, "it_official_courses": 1, "security_training": 1,
        # presence 13.4 of 15
        "portal": "pages", "information_items": 18, "information_items_required": 20, "news_published": 72,
        "public_documents": 50, "public_documents_published": 40, "procedures_published": 120,
        "work_schedule_published": 1, "questions_received": 10, "questions_answered": 10, "update_days": 2,
        "budget_disclosed": 0, "editorial_board": 1,
        # interaction 16.4 of 18
        "document_system_users": 20, "documents_in": 1000, "documents_in_processed": 800, "documents_out": 400,
        "documents_out_electronic": 360, "documents_out_signed": 320, "leaders": 3, "leaders_with_signature": 3,
        "email_accounts": 20, "email_accounts_active": 18, "one_stop_software": "connected", "online_meetings": 2,
        "work_files": 100, "work_files_electronic": 60, "hotline": 1, "online_feedback": 1,
        # transaction 10.1 of 18
        "procedures": 120, "procedures_online": 60, "procedures_level_4": 5, "procedures_online_with_files": 18,
        "files": 1000, "files_level_3_4": 400, "online_files": 100, "online_files_level_4": 1,
        "online_files_on_time": 100, "files_on_time": 1000, "files_in_system": 975, "files_by_post": 20,
        "guidance_sessions": 1, "online_payment": 0,
        # transformation 6.4 of 9
        "procedures_reviewed": 90, "integrated_systems": 2, "shared_datasets": 1, "electronic_citizens": 12,
        "directive_03_plan_issued": "2020-06-08", "directive_03_made_known": 1, "results_electronic": 600,
    },
}  # fmt: skip

NOT_APPLICABLE = {
    # These units have no one-stop desk of their own, or charge no fees.
    "s-dai-phat-thanh-va-truyen-hinh-tinh": ("INF.10", "INF.12", "INF.14", "TX.10"),
    "s-ban-quan-ly-vuon-quoc-gia-ba-be": ("INF.10", "INF.12", "INF.14"),
    "s-truong-cao-dang-bac-kan": ("INF.10", "INF.12"),
    "s-thanh-tra-tinh": ("TX.10",),
    "x-nam-mau": ("TX.10",),
    "x-an-thang": ("TX.10",),
}

NOT_REPORTED = {
    "s-ban-dan-toc": ("shared_datasets",),
    "s-truong-cao-dang-bac-kan": ("questions_received", "questions_answered"),
    "d-ngan-son": ("shared_datasets",),
    "x-vu-muon": ("news_published", "update_days"),
    "x-nhan-mon": ("security_incidents",),
    "x-dong-thang": ("it_plan_issued",),
    "x-liem-thuy": ("it_plan_issued", "directive_03_plan_issued"),
    "x-thuong-an": ("work_files", "work_files_electronic", "shared_datasets"),
}


# All other answers are random.


class ThemeShares(NamedTuple):
    """The approximate share of the points that a unit gets in each theme, from 0 to 1."""

    policy: float
    equipment: float
    security: float
    staff: float
    presence: float
    interaction: float
    transaction: float
    transformation: float

    def with_levels(self, readiness: int, achievement: int) -> ThemeShares:
        """The shares that a unit needs to reach these levels; 0: no level."""
        shares = self
        if readiness:
            share = READINESS_SHARE[readiness]
            shares = shares._replace(policy=share, equipment=share, security=share, staff=share)
        if achievement:
            share = ACHIEVEMENT_SHARE[achievement]
            shares = shares._replace(presence=share, interaction=share, transaction=share, transformation=share)
        return shares


TIER_SHARES = {
    # Departments lack security equipment and staff, and receive few online files.
    "department": ThemeShares(0.85, 0.8, 0.2, 0.45, 0.85, 0.85, 0.3, 0.6),
    # Similar to departments. Seven districts stay below 70 % of infrastructure and human resources.
    "district": ThemeShares(0.85, 0.7, 0.15, 0.45, 0.85, 0.85, 0.35, 0.5),
    # Communes do well in documents, e-mail and signatures, but badly in security, one-stop desks and households.
    "commune": ThemeShares(0.75, 0.55, 0.12, 0.5, 0.7, 0.8, 0.2, 0.6),
}

READINESS_SHARE = {2: 0.95, 3: 0.9, 4: 0.8}
ACHIEVEMENT_SHARE = {2: 0.93, 3: 0.9, 4: 0.82}


class Size(NamedTuple):
    """Smallest and largest number of staff, procedures and so on in a tier."""

    staff: tuple[int, int]
    procedures: tuple[int, int]
    files: tuple[int, int]
    documents: tuple[int, int]


SIZES = {
    "department": Size((20, 85), (25, 140), (200, 4000), (800, 4000)),
    "district": Size((85, 120), (210, 290), (3000, 9000), (3000, 7000)),
    "commune": Size((16, 24), (100, 150), (250, 1500), (300, 1200)),
}


class Draws:
    """Random values that depend only on the seed.

    They are all derived from ``random()``, the only method of ``random.Random`` whose values never change between
    versions of Python.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def yes(self, probability: float) -> int:
        """1 with this probability, otherwise 0."""
        return int(self._random.random() < probability)

    def part(self, whole: int, share: float) -> int:
        """About this share of ``whole``."""
        near = share + (self._random.random() - 0.5) * 0.2
        return int(whole * min(max(near, 0.0), 1.0) + 0.5)

    def option(self, probability: float, best: str, middle: str, none: str) -> str:
        """``best`` with this probability, otherwise ``middle`` in two of three cases."""
        if self.yes(probability):
            return best
        return middle if self.yes(2 / 3) else none

    def day(self, probability: float, *periods: tuple[str, str]) -> str:
        """A day of the first period with this probability, otherwise of the second with this probability, and so on."""
        start, end = next((period for period in periods[:-1] if self.yes(probability)), periods[-1])
        first, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
        return (first + datetime.timedelta(days=self.number(0, (last - first).days))).isoformat()


def draw(unit: Unit, attempt: int) -> Answers:
    """The answers of a unit: its fixed answers, and random ones for all other indicators."""
    draws, size = Draws(f"bac-kan-2020 {unit.id} {attempt}"), SIZES[unit.tier]
    shares = TIER_SHARES[unit.tier].with_levels(*LEVELS.get(unit.id, (0, 0)))
    fixed = (EVERY_DISTRICT if unit.tier == "district" else {}) | FIXED.get(unit.id, {})
    staff = int(str(fixed.get("staff", draws.number(*size.staff))))
    procedures, files = draws.number(*size.procedures), draws.number(*size.files)
    answers: Answers = {"staff": staff, "procedures": procedures, "files": files}
    answers |= policy(draws, shares)
    answers |= equipment(draws, shares, staff, unit)
    answers |= security(draws, shares, unit)
    answers |= human_resources(draws, shares, staff)
    answers |= presence(draws, shares, procedures)
    answers |= interaction(draws, shares, staff, draws.number(*size.documents))
    answers |= transaction(draws, shares, procedures, files)
    answers |= transformation(draws, shares, staff, procedures, files)
    answers |= fixed
    for code in NOT_REPORTED.get(unit.id, ()):
        answers.pop(code, None)
    return answers


def policy(draws: Draws, shares: ThemeShares) -> Answers:
    """Answers to the indicators of policy_environment."""
    tasks = draws.number(5, 12)
    return {
        "steering_committee": draws.option(shares.policy, "head", "deputy", "none"),
        "steering_committee_meetings": draws.number(2, 4) if draws.yes(shares.policy) else draws.number(0, 1),
        "regulation_lan": draws.yes(shares.policy),
        "regulation_shared_software": draws.yes(shares.policy),
        "regulation_information_security": draws.yes(shares.policy),
        "it_plan_issued": draws.day(
            shares.policy, ("2020-01-03", "2020-01-31"), ("2020-02-03", "2020-03-31"), ("2020-04-01", "2020-05-15")
        ),
        "it_plan_tasks": tasks,
        "it_plan_tasks_done": draws.part(tasks, shares.policy),
        "steering_documents": draws.part(6, shares.policy),
        "leader_chairs_meetings": draws.yes(shares.policy),
        "conclusions_issued": draws.yes(shares.policy),
        "communication_plan": draws.yes(shares.policy),
    }


def equipment(draws: Draws, shares: ThemeShares, staff: int, unit: Unit) -> Answers:
    """Answers to the indicators of infrastructure except security; also of households, if the tier has them."""
    everything = unit.tier == "district"  # a computer for every official, antivirus on every computer
    computers = staff + draws.number(0, 5) if everything else draws.part(staff, 0.5 + 0.5 * shares.equipment)
    items, town = draws.number(9, 12), 0.15 if unit.id[0] in "pt" or unit.id == "d-bac-kan" else 0.0
    answers: Answers = {
        "computers": computers,
        "computers_antivirus": computers if everything else draws.part(computers, 0.4 + 0.6 * shares.equipment),
        "computers_on_lan": draws.part(computers, 0.4 + 0.6 * shares.equipment),
        "computers_recent": draws.part(computers, shares.equipment),
        "lan": draws.option(shares.equipment, "structured", "simple", "none"),
        "internet_bandwidth": 10 * draws.part(7, shares.equipment),
        "lookup_screen": draws.yes(shares.equipment - (0.3 if unit.tier == "commune" else 0.0)),
        "led_screen": draws.yes(shares.equipment - 0.1),
        "barcode_reader": draws.yes(shares.equipment - (0.4 if unit.tier == "commune" else 0.2)),
        "online_meeting_room": draws.yes(shares.equipment if unit.tier != "commune" else 0.2),
        "one_stop_citizen_computer": draws.yes(shares.equipment),
        "one_stop_scanner": draws.yes(shares.equipment),
        "one_stop_items_required": items,
        "one_stop_items": draws.part(items, shares.equipment),
    }
    if unit.tier != "department":
        households = draws.number(400, 1100)
        if everything:
            households = sum(draws.number(650, 800) for _ in DISTRICTS[unit.name].split(","))
        answers |= {
            "households": households,
            "households_computer": draws.part(households, 0.14 + town),
            "households_television": draws.part(households, 0.38 + town),
            "households_internet": draws.part(households, 0.25 + town),
        }
    return answers


def security(draws: Draws, shares: ThemeShares, unit: Unit) -> Answers:
    """Answers to the indicators of infrastructure that are about protecting information."""
    answers: Answers = {
        "firewall_appliance": draws.yes(shares.security),
        "firewall_software": draws.yes(shares.security + 0.1),
        "cameras": draws.number(4, 9) if draws.yes(shares.security) else draws.number(0, 2) * draws.yes(0.35),
        "lan_lightning_protection": draws.yes(shares.security),
        "security_incidents": draws.number(1, 3) * draws.yes(0.15),
    }
    if unit.tier != "commune":
        answers["data_backup"] = draws.yes(shares.security + 0.3)
    return answers


def human_resources(draws: Draws, shares: ThemeShares, staff: int) -> Answers:
    """Answers to the indicators of human_resources."""
    official = draws.option(shares.staff, "full_time", "part_time", "none")
    answers: Answers = {
        "leader_in_charge": draws.yes(shares.staff + 0.4),
        "it_official": official,
        "it_official_degree": "other"
        if official == "none"
        else draws.option(shares.staff, "university", "college", "other"),
        "leader_trained": draws.yes(shares.staff),
        "staff_trained": draws.part(staff, shares.staff),
        "staff_certified": draws.part(staff, shares.staff),
        "security_training": draws.yes(shares.staff),
    }
    if official != "none":  # otherwise nobody can attend a course, and the criterion does not apply
        answers["it_official_courses"] = draws.part(3, shares.staff)
    return answers


def presence(draws: Draws, shares: ThemeShares, procedures: int) -> Answers:
    """Answers to the indicators of presence."""
    required, documents, questions = draws.number(16, 24), draws.number(15, 120), draws.number(0, 25)
    return {
        "portal": "own" if draws.yes(shares.presence) else "pages",
        "information_items_required": required,
        "information_items": draws.part(required, shares.presence),
        "news_published": draws.part(100, shares.presence - 0.1),
        "public_documents": documents,
        "public_documents_published": draws.part(documents, shares.presence),
        "procedures_published": draws.part(procedures, shares.presence + 0.1),
        "work_schedule_published": draws.yes(shares.presence),
        "questions_received": questions,
        "questions_answered": draws.part(questions, shares.presence),
        "update_days": draws.number(4, 24) / 2 if draws.yes(1 - shares.presence) else draws.number(2, 8) / 2,
        "budget_disclosed": draws.yes(shares.presence),
        "editorial_board": draws.yes(shares.presence),
    }


def interaction(draws: Draws, shares: ThemeShares, staff: int, documents: int) -> Answers:
    """Answers to the indicators of interaction."""
    received, sent = documents, draws.part(documents, 0.4)
    electronic, leaders = draws.part(sent, shares.interaction), draws.number(2, 4)
    accounts, work_files = draws.part(staff, shares.interaction + 0.1), draws.number(20, 300)
    return {
        "document_system_users": draws.part(staff, shares.interaction + 0.1),
        "documents_in": received,
        "documents_in_processed": draws.part(received, shares.interaction),
        "documents_out": sent,
        "documents_out_electronic": electronic,
        "documents_out_signed": draws.part(electronic, shares.interaction),
        "leaders": leaders,
        "leaders_with_signature": draws.part(leaders, shares.interaction),
        "email_accounts": accounts,
        "email_accounts_active": draws.part(accounts, shares.interaction),
        "one_stop_software": draws.option(shares.interaction, "connected", "separate", "none"),
        "online_meetings": draws.part(5, shares.interaction),
        "work_files": work_files,
        "work_files_electronic": draws.part(work_files, shares.interaction - 0.1),
        "hotline": draws.yes(shares.interaction),
        "online_feedback": draws.yes(shares.interaction),
    }


def transaction(draws: Draws, shares: ThemeShares, procedures: int, files: int) -> Answers:
    """Answers to the indicators of transaction."""
    offered, concerned = draws.part(procedures, 0.2 + 0.65 * shares.transaction), draws.part(files, 0.5)
    online = draws.part(concerned, shares.transaction)
    return {
        "procedures_online": offered,
        "procedures_level_4": draws.part(offered, 0.3 * shares.transaction),
        "procedures_online_with_files": draws.part(offered, shares.transaction),
        "files_level_3_4": concerned,
        "online_files": online,
        "online_files_level_4": draws.part(online, 0.1),
        "online_files_on_time": draws.part(online, 0.95),
        "files_on_time": draws.part(files, 0.9),
        "files_in_system": draws.part(files, 0.6 + 0.4 * shares.transaction),
        "files_by_post": draws.part(150, 0.5 * shares.transaction),
        "guidance_sessions": draws.number(0, 2),
        "online_payment": draws.yes(shares.transaction),
    }


def transformation(draws: Draws, shares: ThemeShares, staff: int, procedures: int, files: int) -> Answers:
    """Answers to the indicators of transformation."""
    return {
        "procedures_reviewed": draws.part(procedures, shares.transformation + 0.1),
        "integrated_systems": draws.part(3, shares.transformation),
        "shared_datasets": draws.part(4, shares.transformation),
        "electronic_citizens": draws.part(staff, shares.transformation),
        "directive_03_plan_issued": draws.day(
            shares.transformation,
            ("2020-05-25", "2020-06-10"),
            ("2020-06-11", "2020-06-30"),
            ("2020-07-01", "2020-07-10"),
        ),
        "directive_03_made_known": draws.yes(shares.transformation + 0.3),
        "results_electronic": draws.part(files, shares.transformation),
    }


# Draw until the scorer gives the published results.


class Result(NamedTuple):
    """The scorer's result for one unit."""

    readiness: int
    achievement: int
    total: float
    measures: Mapping[str, float]
    """Percentages of the measures that gates compare, without the totals."""


def load_plan() -> SetPlan:
    """The plan of the criteria set in this checkout."""
    plan, document = load_set(PluginHost.installed(), CRITERIA.name, CRITERIA.read_bytes(), GateCompiler())
    if plan is None:
        sys.exit("\n".join(str(problem) for problem in document.sorted_problems()))
    return plan


def solve(plan: SetPlan) -> dict[str, Answers]:
    """Answers of every unit by id."""
    solved: dict[str, Answers] = {}
    for tier in plan.tiers:
        unsolved = [unit for unit in units() if unit.tier == tier]
        for attempt in itertools.count():
            rows = [draw(unit, attempt) for unit in unsolved]
            results = score(plan, tier, unsolved, rows)
            matches = [matches_published(unit, result) for unit, result in zip(unsolved, results, strict=True)]
            solved |= {unit.id: row for unit, row, match in zip(unsolved, rows, matches, strict=True) if match}
            unsolved = list(itertools.compress(unsolved, (not match for match in matches)))
            if not unsolved:
                break
            if attempt == MAX_ATTEMPTS:
                sys.exit(f"no answers found for {', '.join(unit.id for unit in unsolved)}")
    return solved


MAX_ATTEMPTS = 2000


def matches_published(unit: Unit, result: Result) -> bool:
    """Whether the result agrees with the published facts about the unit and with the assumptions."""
    matches = (result.readiness, result.achievement) == LEVELS.get(unit.id, (0, 0))
    if unit.tier == "district" and unit.id != "d-ba-be":
        matches &= result.measures["infrastructure+human_resources"] < LARGEST_DISTRICT_SHARE
    if unit.tier == "commune" and unit.id != BEST_COMMUNE:
        matches &= result.total < LARGEST_COMMUNE_TOTAL
    return matches


def score(plan: SetPlan, tier: str, tier_units: Sequence[Unit], rows: Sequence[Answers]) -> list[Result]:
    """Scores units of one tier; ``rows`` has the answers of each unit."""
    indicators = plan.criteria_set.indicators
    matrix = np.full((len(plan.rows), len(tier_units)), np.nan)
    for index, row in enumerate(rows):
        for code, answer in row.items():
            matrix[plan.rows[code], index] = as_number(indicators[code], answer)
    excluded = {
        criterion: np.array([criterion in NOT_APPLICABLE.get(unit.id, ()) for unit in tier_units])
        for criterion in sorted({criterion for criteria in NOT_APPLICABLE.values() for criterion in criteria})
    }
    ids = tuple(unit.id for unit in tier_units)
    assessment = assess(plan.tiers[tier], Cohort(tier, ids, indicators, plan.rows, matrix, excluded))
    readiness, achievement = assessment.categories
    measures = [measure for category in assessment.categories for measure in category.measures]
    return [
        Result(
            int(readiness.level[index]),
            int(achievement.level[index]),
            int(assessment.overall.converted[index]) / MICRO,
            {m.plan.name: int(m.percent[index]) / 10_000 for m in measures if m.plan.name != "total"},
        )
        for index in range(len(tier_units))
    ]


def as_number(indicator: Indicator, answer: object) -> float:
    """An answer as the number that a cohort contains."""
    if indicator.kind is IndicatorKind.CHOICE:
        return float(indicator.options.index(str(answer)))
    if indicator.kind is IndicatorKind.DATE:
        return float(days(datetime.date.fromisoformat(str(answer))))
    return float(str(answer))


# The file.


def text(plan: SetPlan) -> str:
    """The content of the file."""
    codes, criteria, solved = list(plan.criteria_set.indicators), plan.criteria_set.criteria, solve(plan)
    output = io.StringIO()
    lines = csv.writer(output, lineterminator="\n")
    lines.writerow([*Unit._fields, "not_applicable", *codes])
    for unit in units():
        row, not_applicable = solved[unit.id], NOT_APPLICABLE.get(unit.id, ())
        for read in itertools.chain.from_iterable(criteria[criterion].formula.reads() for criterion in not_applicable):
            row.pop(read.indicator, None)
        lines.writerow([*unit, ";".join(not_applicable), *(cell(row.get(code)) for code in codes)])
    return output.getvalue()


def cell(answer: object) -> str:
    """An answer as a cell of the file: empty if not reported, without trailing zeros."""
    if answer is None:
        return ""
    return f"{answer:g}" if isinstance(answer, float) else str(answer)


def main() -> int:
    """Writes the file, or with --check compares it. The exit code is 1 if the file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file differs")
    check = parser.parse_args().check
    name, wanted = ANSWERS.relative_to(PLUGINS.parent.parent).as_posix(), text(load_plan())
    if check and (not ANSWERS.exists() or ANSWERS.read_text(encoding="utf-8") != wanted):
        print(f"{name} is out of date; update it with: python tools/bac_kan_2020.py")
        return 1
    if check:
        print(f"{name} is up to date")
        return 0
    ANSWERS.write_text(wanted, encoding="utf-8")
    print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
