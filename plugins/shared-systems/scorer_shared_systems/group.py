"""The criterion group ``shared_systems``: use of the province's shared systems, and connections between systems.

Sources: the conclusion of Quảng Bình's chairman of May 2020 (responsibility of heads, end of separate software,
opinions on projects) and the report of Tây Ninh for the third quarter of 2019 (documents, certificates, LGSP and NGSP).
"""

from __future__ import annotations

from scorer.plugin_api import CriterionGroup, Indicator, PartOf


class SharedSystems(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "shared_systems", 1
    title = {"en": "Shared systems", "vi": "Hệ thống dùng chung"}
    indicators = (
        Indicator(
            "head_directs_shared_systems",
            kind="flag",
            title={
                "en": "The head directs in person that the shared systems are used",
                "vi": "Người đứng đầu trực tiếp chỉ đạo sử dụng các hệ thống thông tin dùng chung",
            },
            better="more",
        ),
        Indicator(
            "head_answers_for_targets",
            kind="flag",
            title={
                "en": "The head is responsible to the province's chairman for the tasks and targets",
                "vi": "Người đứng đầu chịu trách nhiệm trước Chủ tịch UBND tỉnh về nhiệm vụ, chỉ tiêu",
            },
            better="more",
        ),
        Indicator(
            "shared_systems_used",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={
                "en": "Shared systems of the province that the unit uses",
                "vi": "Số hệ thống thông tin, cơ sở dữ liệu, phần mềm dùng chung của tỉnh đang sử dụng",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "separate_software",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={
                "en": "Software still used apart from the shared and connected systems",
                "vi": "Số phần mềm riêng lẻ, thiếu kết nối còn sử dụng",
            },
            maximum=1000,
            better="less",
        ),
        Indicator(
            "specialised_systems",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={"en": "Specialised systems of the unit's field", "vi": "Số hệ thống thông tin chuyên ngành"},
            maximum=1000,
        ),
        Indicator(
            "specialised_systems_connected",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={
                "en": "Specialised systems connected with systems of the province, the central level or other fields",
                "vi": "Số hệ thống chuyên ngành đã kết nối với hệ thống của tỉnh, Trung ương, ngành khác",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "it_projects",
            kind="count",
            unit="projects",
            unit_titles={"vi": "dự án"},
            title={"en": "IT projects submitted", "vi": "Số đề án, dự án công nghệ thông tin trình phê duyệt"},
            maximum=1000,
        ),
        Indicator(
            "it_projects_consulted",
            kind="count",
            unit="projects",
            unit_titles={"vi": "dự án"},
            title={
                "en": "IT projects on which Sở Thông tin và Truyền thông gave its opinion",
                "vi": "Số đề án, dự án đã lấy ý kiến Sở Thông tin và Truyền thông",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "document_system",
            kind="choice",
            options=("shared", "separate", "none"),
            option_titles={
                "shared": {"en": "in the province's shared system", "vi": "tập trung của tỉnh"},
                "separate": {"en": "in a separate one", "vi": "riêng lẻ"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Document management: in the province's shared system, in a separate one, none",
                "vi": "Phần mềm quản lý văn bản và điều hành: tập trung của tỉnh, riêng lẻ, chưa có",
            },
        ),
        Indicator(
            "documents_exchanged_on_axis",
            kind="flag",
            title={
                "en": "Documents are exchanged over the province's document exchange platform",
                "vi": "Văn bản được gửi, nhận qua trục liên thông văn bản của tỉnh",
            },
            better="more",
        ),
        Indicator(
            "digital_certificate",
            kind="flag",
            title={
                "en": "The unit has a digital certificate of the Government",
                "vi": "Cơ quan được cấp chứng thư số chuyên dùng Chính phủ",
            },
            better="more",
        ),
        Indicator(
            "integration_platform",
            kind="choice",
            options=("ngsp", "lgsp", "none"),
            option_titles={
                "ngsp": {"en": "nationally through the province's platform (NGSP)", "vi": "liên thông quốc gia (NGSP)"},
                "lgsp": {"en": "in the province (LGSP)", "vi": "trong tỉnh (LGSP)"},
                "none": {"en": "not", "vi": "chưa kết nối"},
            },
            title={
                "en": "Data are shared: nationally through the province's platform (NGSP), in the province (LGSP), not",
                "vi": "Kết nối, chia sẻ dữ liệu: liên thông quốc gia (NGSP), trong tỉnh (LGSP), chưa kết nối",
            },
        ),
        Indicator(
            "communes",
            kind="count",
            unit="communes",
            unit_titles={"vi": "xã"},
            title={"en": "Communes of the district", "vi": "Số xã, phường, thị trấn"},
            maximum=1000,
        ),
        Indicator(
            "communes_online",
            kind="count",
            unit="communes",
            unit_titles={"vi": "xã"},
            title={"en": "Communes with Internet", "vi": "Số xã, phường, thị trấn có mạng Internet"},
            maximum=1000,
            better="more",
        ),
    )
    checks = (
        PartOf("specialised_systems_connected", "specialised_systems"),
        PartOf("it_projects_consulted", "it_projects"),
        PartOf("communes_online", "communes"),
    )
