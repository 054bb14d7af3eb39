"""The criterion group ``information_security``: how a unit protects itself from intrusion, loss of data and malware.

Sources: the reports of Điện Biên (2020) and Tây Ninh (2019); Nghị định 85/2016/NĐ-CP on the security of information
systems by level; Chỉ thị 14/CT-TTg of 2019.
"""

from __future__ import annotations

from scorer.plugin_api import CriterionGroup, Indicator, PartOf


class InformationSecurity(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "information_security", 1
    title = {"en": "Information security", "vi": "An toàn, an ninh thông tin"}
    indicators = (
        Indicator(
            "information_security_system",
            kind="flag",
            title={
                "en": "The unit has an information security system of its own",
                "vi": "Cơ quan đã có hệ thống bảo đảm an toàn, an ninh thông tin",
            },
            better="more",
        ),
        Indicator(
            "firewall_prevents_intrusion",
            kind="flag",
            title={
                "en": "Firewall device that prevents intrusions",
                "vi": "Thiết bị tường lửa tích hợp khả năng chống xâm nhập",
            },
            better="more",
        ),
        Indicator(
            "backup_storage",
            kind="choice",
            options=("san", "nas", "none"),
            option_titles={
                "san": {"en": "a storage network (SAN)", "vi": "SAN"},
                "nas": {"en": "a storage device (NAS)", "vi": "NAS"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Storage for backups: a storage network (SAN), a storage device (NAS), none",
                "vi": "Thiết bị lưu trữ, sao lưu dữ liệu dự phòng: SAN, NAS, chưa có",
            },
        ),
        Indicator(
            "information_systems",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={"en": "Information systems that the unit runs", "vi": "Số hệ thống thông tin cơ quan vận hành"},
            maximum=1000,
        ),
        Indicator(
            "information_systems_level_approved",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={
                "en": "Information systems whose security level is approved (Nghị định 85/2016/NĐ-CP)",
                "vi": "Số hệ thống thông tin đã được phê duyệt cấp độ an toàn (Nghị định 85/2016/NĐ-CP)",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "malware_protection",
            kind="flag",
            title={
                "en": "Protected from malware (Chỉ thị 14/CT-TTg)",
                "vi": "Đã trang bị phần mềm phòng, chống mã độc (Chỉ thị 14/CT-TTg)",
            },
            better="more",
        ),
        Indicator(
            "security_drills",
            kind="count",
            unit="drills",
            unit_titles={"vi": "cuộc diễn tập"},
            title={
                "en": "Information security drills held or joined",
                "vi": "Số cuộc diễn tập an toàn thông tin đã tổ chức, tham gia",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "incident_response_plan",
            kind="flag",
            title={
                "en": "A plan for answering security incidents is ready",
                "vi": "Có kế hoạch ứng cứu sự cố an toàn thông tin mạng",
            },
            better="more",
        ),
        Indicator(
            "security_official",
            kind="choice",
            options=("full_time", "part_time", "none"),
            option_titles={
                "full_time": {"en": "full time", "vi": "chuyên trách"},
                "part_time": {"en": "beside other work", "vi": "kiêm nhiệm"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Official for information security: full time, beside other work, none",
                "vi": "Cán bộ an toàn thông tin: chuyên trách, kiêm nhiệm, chưa có",
            },
        ),
        Indicator(
            "head_answers_for_security",
            kind="flag",
            title={
                "en": "The head answers for information security in writing",
                "vi": "Người đứng đầu chịu trách nhiệm về an toàn thông tin bằng văn bản",
            },
            better="more",
        ),
        Indicator(
            "secure_network_points_planned",
            kind="count",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={
                "en": "Fibre points that the network of Party and State bodies is to have in the unit",
                "vi": "Số điểm kết nối cáp quang mạng truyền số liệu chuyên dùng theo kế hoạch",
            },
            maximum=1000,
        ),
        Indicator(
            "secure_network_points",
            kind="count",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={
                "en": "Fibre points that connect the unit to the network of Party and State bodies",
                "vi": "Số điểm kết nối cáp quang vào mạng truyền số liệu chuyên dùng của cơ quan Đảng và Nhà nước",
            },
            maximum=1000,
            better="more",
        ),
    )
    checks = (
        PartOf("information_systems_level_approved", "information_systems"),
        PartOf("secure_network_points", "secure_network_points_planned"),
    )
