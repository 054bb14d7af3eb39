"""The criterion group ``one_stop``: the electronic one-stop system, online services, and tools of officials.

Source: the report of Hà Giang for 2019. A province reports the sums over its units.
"""

from __future__ import annotations

from scorer.plugin_api import CriterionGroup, Indicator, PartOf


class OneStop(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "one_stop", 1
    title = {"en": "Electronic one-stop service", "vi": "Một cửa điện tử"}
    indicators = (
        Indicator(
            "units_provincial",
            kind="count",
            unit="units",
            unit_titles={"vi": "đơn vị"},
            title={"en": "Provincial units that receive files", "vi": "Số đơn vị cấp tỉnh tiếp nhận hồ sơ"},
            maximum=1_000,
        ),
        Indicator(
            "one_stop_provincial",
            kind="count",
            unit="units",
            unit_titles={"vi": "đơn vị"},
            title={
                "en": "Provincial units with the electronic one-stop system",
                "vi": "Số đơn vị cấp tỉnh đã triển khai hệ thống một cửa điện tử",
            },
            maximum=1_000,
        ),
        Indicator(
            "units_district",
            kind="count",
            unit="units",
            unit_titles={"vi": "đơn vị"},
            title={"en": "Districts", "vi": "Số đơn vị cấp huyện"},
            maximum=1_000,
        ),
        Indicator(
            "one_stop_district",
            kind="count",
            unit="units",
            unit_titles={"vi": "đơn vị"},
            title={
                "en": "Districts with the electronic one-stop system",
                "vi": "Số đơn vị cấp huyện đã triển khai hệ thống một cửa điện tử",
            },
            maximum=1_000,
        ),
        Indicator(
            "units_commune",
            kind="count",
            unit="units",
            unit_titles={"vi": "đơn vị"},
            title={"en": "Communes", "vi": "Số đơn vị cấp xã"},
            maximum=10_000,
        ),
        Indicator(
            "one_stop_commune",
            kind="count",
            unit="units",
            unit_titles={"vi": "đơn vị"},
            title={
                "en": "Communes with the electronic one-stop system",
                "vi": "Số đơn vị cấp xã đã triển khai hệ thống một cửa điện tử",
            },
            maximum=10_000,
        ),
        Indicator(
            "one_stop_in_use",
            kind="flag",
            title={
                "en": "The unit uses the electronic one-stop system",
                "vi": "Đơn vị đã triển khai hệ thống một cửa điện tử",
            },
        ),
        Indicator(
            "online_procedures",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={
                "en": "Procedures offered as online services, of any level",
                "vi": "Số thủ tục hành chính cung cấp dịch vụ công trực tuyến (mọi mức độ)",
            },
            maximum=100_000,
        ),
        Indicator(
            "online_procedures_level_3",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={"en": "Procedures offered online at level 3", "vi": "Trong đó, số thủ tục mức độ 3"},
            maximum=100_000,
        ),
        Indicator(
            "online_procedures_level_4",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={"en": "Procedures offered online at level 4", "vi": "Trong đó, số thủ tục mức độ 4"},
            maximum=100_000,
        ),
        Indicator(
            "online_procedures_interlinked",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={
                "en": "Online procedures interlinked between departments and the office of the People's Committee",
                "vi": "Trong đó, số thủ tục cấu hình liên thông giữa các sở, ngành với Văn phòng UBND tỉnh",
            },
            maximum=100_000,
        ),
        Indicator(
            "one_stop_systems",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={"en": "Electronic one-stop systems", "vi": "Số hệ thống một cửa điện tử"},
            maximum=100_000,
        ),
        Indicator(
            "one_stop_systems_sharing",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={
                "en": "One-stop systems that share their data with the province's page of public services",
                "vi": "Trong đó, số hệ thống chia sẻ dữ liệu với trang thông tin dịch vụ công của tỉnh",
            },
            maximum=100_000,
        ),
        Indicator(
            "video_conference_points_planned",
            kind="count",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={"en": "Video-conference points planned", "vi": "Số điểm cầu truyền hình trực tuyến cần có"},
            maximum=100_000,
        ),
        Indicator(
            "video_conference_points",
            kind="count",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={"en": "Video-conference points connected", "vi": "Số điểm cầu truyền hình trực tuyến đã kết nối"},
            maximum=100_000,
        ),
        Indicator(
            "signing_officials",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={"en": "Officials with authority to sign", "vi": "Số cán bộ, công chức, viên chức có thẩm quyền ký"},
            maximum=1_000_000,
        ),
        Indicator(
            "digital_certificates",
            kind="count",
            unit="certificates",
            unit_titles={"vi": "chứng thư"},
            title={
                "en": "Digital certificates issued to officials with authority to sign (USB token, SIM PKI)",
                "vi": "Số chứng thư số đã cấp (USB Token và SIM PKI)",
            },
            maximum=1_000_000,
        ),
        Indicator(
            "mailboxes_needed",
            kind="count",
            unit="mailboxes",
            unit_titles={"vi": "hộp thư"},
            title={"en": "Official mailboxes that are needed", "vi": "Số hộp thư điện tử công vụ cần cấp"},
            maximum=1_000_000,
        ),
        Indicator(
            "mailboxes",
            kind="count",
            unit="mailboxes",
            unit_titles={"vi": "hộp thư"},
            title={"en": "Official mailboxes in use", "vi": "Số hộp thư điện tử công vụ đang sử dụng"},
            maximum=1_000_000,
        ),
        Indicator(
            "documents_a_day",
            kind="number",
            unit="documents a day",
            unit_titles={"vi": "văn bản/ngày"},
            title={"en": "Documents exchanged per day", "vi": "Số văn bản trao đổi trong ngày"},
            minimum=0,
            maximum=10_000_000,
        ),
        Indicator(
            "electronic_documents_a_day",
            kind="number",
            unit="documents a day",
            unit_titles={"vi": "văn bản/ngày"},
            title={
                "en": "Electronic documents exchanged per day",
                "vi": "Trong đó, số văn bản điện tử trao đổi trong ngày",
            },
            minimum=0,
            maximum=10_000_000,
        ),
        Indicator(
            "file_status_online",
            kind="flag",
            title={
                "en": "Citizens can follow the state of their files on the Internet",
                "vi": "Người dân kiểm tra, giám sát được tình trạng hồ sơ qua mạng Internet",
            },
        ),
        Indicator(
            "results_published",
            kind="flag",
            title={
                "en": "Results of files are published on the one-stop system and the portal",
                "vi": "Công khai kết quả giải quyết trên hệ thống một cửa và Cổng dịch vụ công",
            },
        ),
    )
    checks = (
        PartOf("one_stop_provincial", "units_provincial"),
        PartOf("one_stop_district", "units_district"),
        PartOf("one_stop_commune", "units_commune"),
        PartOf("online_procedures_level_3", "online_procedures"),
        PartOf("online_procedures_level_4", "online_procedures"),
        PartOf("online_procedures_interlinked", "online_procedures"),
        PartOf("one_stop_systems_sharing", "one_stop_systems"),
        PartOf("electronic_documents_a_day", "documents_a_day"),
    )
