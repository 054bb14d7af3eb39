"""The units of Bắc Kạn, and the published facts about single units; bac_kan_2020.py describes both."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

Answers = dict[str, object]
"""Answers of a unit by indicator code; an indicator without an entry was not reported."""


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
