"""Interaction (tương tác): shared software, e-mail, digital signatures. A group of achievement."""

from scorer.plugin_api import CriterionGroup, Indicator, PartOf, hookimpl


class Interaction(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "interaction", 1
    title = {"en": "Interaction", "vi": "Tương tác"}
    indicators = (
        Indicator(
            "document_system_users",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={
                "en": "Officials working in the document system",
                "vi": "Số cán bộ sử dụng phần mềm quản lý văn bản và hồ sơ công việc",
            },
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "documents_in",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={"en": "Documents received", "vi": "Số văn bản đến"},
            maximum=1_000_000,
        ),
        Indicator(
            "documents_in_processed",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={
                "en": "Documents received that were processed in the document system",
                "vi": "Số văn bản đến xử lý trên phần mềm",
            },
            maximum=1_000_000,
            better="more",
        ),
        Indicator(
            "documents_out",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={"en": "Documents sent", "vi": "Số văn bản đi"},
            maximum=1_000_000,
        ),
        Indicator(
            "documents_out_electronic",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={"en": "Documents sent electronically", "vi": "Số văn bản đi gửi điện tử"},
            maximum=1_000_000,
            better="more",
        ),
        Indicator(
            "documents_out_signed",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={
                "en": "Documents sent with the unit's digital signature",
                "vi": "Số văn bản đi có chữ ký số của cơ quan",
            },
            maximum=1_000_000,
            better="more",
        ),
        Indicator(
            "leaders",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={"en": "Leaders who sign documents", "vi": "Số lãnh đạo có thẩm quyền ký văn bản"},
            maximum=10_000,
        ),
        Indicator(
            "leaders_with_signature",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={"en": "Leaders who sign documents digitally", "vi": "Số lãnh đạo sử dụng chữ ký số"},
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "email_accounts",
            kind="count",
            unit="accounts",
            unit_titles={"vi": "tài khoản"},
            title={"en": "Official e-mail accounts", "vi": "Số hộp thư điện tử công vụ"},
            maximum=100_000,
        ),
        Indicator(
            "email_accounts_active",
            kind="count",
            unit="accounts",
            unit_titles={"vi": "tài khoản"},
            title={"en": "Official e-mail accounts in regular use", "vi": "Số hộp thư công vụ sử dụng thường xuyên"},
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "one_stop_software",
            kind="choice",
            options=("connected", "separate", "none"),
            option_titles={
                "connected": {"en": "connected to the province's portal", "vi": "liên thông cổng dịch vụ công tỉnh"},
                "separate": {"en": "separate", "vi": "riêng lẻ"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Electronic one-stop software: connected to the province's portal, separate, none",
                "vi": "Phần mềm một cửa điện tử: liên thông cổng dịch vụ công tỉnh, riêng lẻ, chưa có",
            },
        ),
        Indicator(
            "online_meetings",
            kind="count",
            unit="meetings",
            unit_titles={"vi": "cuộc họp"},
            title={"en": "Online meetings held or joined", "vi": "Số cuộc họp trực tuyến đã tổ chức, tham gia"},
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "work_files",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Work files opened", "vi": "Số hồ sơ công việc đã lập"},
            maximum=1_000_000,
        ),
        Indicator(
            "work_files_electronic",
            kind="count",
            unit="files",
            unit_titles={"vi": "hồ sơ"},
            title={"en": "Work files kept in the document system", "vi": "Số hồ sơ công việc lập trên phần mềm"},
            maximum=1_000_000,
            better="more",
        ),
        Indicator(
            "hotline",
            kind="flag",
            title={"en": "A hotline for the public is published", "vi": "Công khai đường dây nóng"},
            better="more",
        ),
        Indicator(
            "online_feedback",
            kind="flag",
            title={"en": "The public can give feedback online", "vi": "Tiếp nhận phản ánh, kiến nghị trực tuyến"},
            better="more",
        ),
    )
    checks = (
        PartOf("document_system_users", "staff"),
        PartOf("documents_in_processed", "documents_in"),
        PartOf("documents_out_electronic", "documents_out"),
        PartOf("documents_out_signed", "documents_out_electronic"),
        PartOf("leaders", "staff"),
        PartOf("leaders_with_signature", "leaders"),
        PartOf("email_accounts_active", "email_accounts"),
        PartOf("work_files_electronic", "work_files"),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return Interaction()
