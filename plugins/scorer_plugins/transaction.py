"""Transaction (giao dịch): online procedures at level 3 and 4 and their files. A group of achievement."""

from scorer.plugin_api import CriterionGroup, Indicator, PartOf, hookimpl


class Transaction(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "transaction", 1
    title = {"en": "Transaction", "vi": "Giao dịch"}
    indicators = (
        Indicator(
            "procedures",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={"en": "Administrative procedures of the unit", "vi": "Số thủ tục hành chính thuộc thẩm quyền"},
            maximum=10_000,
        ),
        Indicator(
            "procedures_online",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={"en": "Procedures offered online at level 3 or 4", "vi": "Số thủ tục trực tuyến mức độ 3, 4"},
            maximum=10_000,
        ),
        Indicator(
            "procedures_level_4",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={"en": "Procedures offered online at level 4", "vi": "Số thủ tục trực tuyến mức độ 4"},
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "procedures_online_with_files",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={
                "en": "Procedures at level 3 or 4 for which online files were received",
                "vi": "Số thủ tục mức độ 3, 4 có phát sinh hồ sơ trực tuyến",
            },
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "files",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Files received", "vi": "Tổng số hồ sơ tiếp nhận"},
            maximum=10_000_000,
        ),
        Indicator(
            "files_level_3_4",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Files of procedures at level 3 or 4", "vi": "Số hồ sơ của các thủ tục mức độ 3, 4"},
            maximum=10_000_000,
        ),
        Indicator(
            "online_files",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Files handed in online", "vi": "Số hồ sơ nộp trực tuyến"},
            maximum=10_000_000,
        ),
        Indicator(
            "online_files_level_4",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Online files of procedures at service level 4", "vi": "Số hồ sơ trực tuyến mức độ 4"},
            maximum=10_000_000,
            better="more",
        ),
        Indicator(
            "online_files_on_time",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Online files settled in time", "vi": "Số hồ sơ trực tuyến giải quyết đúng hạn"},
            maximum=10_000_000,
            better="more",
        ),
        Indicator(
            "files_on_time",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Files settled in time", "vi": "Số hồ sơ giải quyết đúng hạn"},
            maximum=10_000_000,
            better="more",
        ),
        Indicator(
            "files_in_system",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={
                "en": "Files entered in the one-stop software",
                "vi": "Số hồ sơ cập nhật trên phần mềm một cửa điện tử",
            },
            maximum=10_000_000,
            better="more",
        ),
        Indicator(
            "files_by_post",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={
                "en": "Files handed in or returned by the public postal service",
                "vi": "Số hồ sơ qua dịch vụ bưu chính công ích",
            },
            maximum=10_000_000,
            better="more",
        ),
        Indicator(
            "guidance_sessions",
            kind="count",
            unit="sessions",
            unit_titles={"vi": "buổi"},
            title={
                "en": "Sessions that show the public how to use online services",
                "vi": "Số buổi hướng dẫn người dân sử dụng dịch vụ công trực tuyến",
            },
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "online_payment",
            kind="flag",
            title={"en": "Fees can be paid online", "vi": "Cho phép thanh toán phí, lệ phí trực tuyến"},
            better="more",
        ),
    )
    checks = (
        PartOf("procedures_online", "procedures"),
        PartOf("procedures_level_4", "procedures_online"),
        PartOf("procedures_online_with_files", "procedures_online"),
        PartOf("files_level_3_4", "files"),
        PartOf("online_files", "files_level_3_4"),
        # Follows from the two checks above, but also holds for units that do not report files_level_3_4.
        PartOf("online_files", "files"),
        PartOf("online_files_level_4", "online_files"),
        PartOf("online_files_on_time", "online_files"),
        PartOf("files_on_time", "files"),
        PartOf("files_in_system", "files"),
        PartOf("files_by_post", "files"),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return Transaction()
