"""Transformation (chuyển đổi): procedures reviewed, shared data, electronic citizens. A group of achievement."""

from scorer.plugin_api import CriterionGroup, Indicator, PartOf, hookimpl


class Transformation(CriterionGroup):
    """Criteria of this group are scored by formulas. The criteria set says which."""

    name, api_version = "transformation", 1
    title = {"en": "Transformation", "vi": "Chuyển đổi"}
    indicators = (
        Indicator(
            "procedures_reviewed",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={
                "en": "Procedures reviewed for level 3 and 4",
                "vi": "Số thủ tục đã rà soát để cung cấp mức độ 3, 4",
            },
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "integrated_systems",
            kind="count",
            unit="systems",
            unit_titles={"vi": "hệ thống"},
            title={
                "en": "Systems integrated with the province's shared systems",
                "vi": "Số hệ thống đã tích hợp với hệ thống dùng chung của tỉnh",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "shared_datasets",
            kind="count",
            unit="data sets",
            unit_titles={"vi": "bộ dữ liệu"},
            title={"en": "Data sets shared with other units", "vi": "Số cơ sở dữ liệu đã chia sẻ với cơ quan khác"},
            maximum=1000,
            better="more",
        ),
        Indicator(
            "electronic_citizens",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={
                "en": "Officials who are electronic citizens",
                "vi": "Số cán bộ, công chức đạt tiêu chí “Công dân điện tử”",
            },
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "directive_03_plan_issued",
            kind="date",
            title={
                "en": "Day on which the plan for Chỉ thị 03/CT-UBND was issued",
                "vi": "Ngày ban hành kế hoạch thực hiện Chỉ thị 03/CT-UBND",
            },
            better="less",
        ),
        Indicator(
            "directive_03_made_known",
            kind="flag",
            title={
                "en": "Chỉ thị 03/CT-UBND was made known to all staff",
                "vi": "Đã quán triệt Chỉ thị 03/CT-UBND đến toàn thể cán bộ",
            },
            better="more",
        ),
        Indicator(
            "results_electronic",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Files whose result was returned electronically", "vi": "Số hồ sơ trả kết quả điện tử"},
            maximum=10_000_000,
            better="more",
        ),
    )
    checks = (
        PartOf("procedures_reviewed", "procedures"),
        PartOf("electronic_citizens", "staff"),
        PartOf("results_electronic", "files"),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return Transformation()
