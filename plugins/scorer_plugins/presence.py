"""Presence (hiện diện): what a unit's portal tells the public. A group of achievement."""

from scorer.plugin_api import CriterionGroup, Indicator, PartOf, hookimpl


class Presence(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "presence", 1
    title = {"en": "Presence", "vi": "Hiện diện"}
    indicators = (
        Indicator(
            "portal",
            kind="choice",
            options=("own", "pages", "none"),
            option_titles={
                "own": {"en": "of its own", "vi": "riêng"},
                "pages": {"en": "pages on another unit's portal", "vi": "chuyên trang trên cổng cấp trên"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Portal: of its own, pages on another unit's portal, none",
                "vi": "Trang/cổng thông tin điện tử: riêng, chuyên trang trên cổng cấp trên, chưa có",
            },
        ),
        Indicator(
            "information_items_required",
            kind="count",
            unit="items",
            unit_titles={"vi": "mục"},
            title={
                "en": "Kinds of information that the portal must provide",
                "vi": "Số mục thông tin phải cung cấp trên trang/cổng",
            },
            maximum=1000,
        ),
        Indicator(
            "information_items",
            kind="count",
            unit="items",
            unit_titles={"vi": "mục"},
            title={
                "en": "Kinds of information that the portal provides in full",
                "vi": "Số mục thông tin đã cung cấp đầy đủ",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "news_published",
            kind="count",
            unit="articles",
            unit_titles={"vi": "bài"},
            title={"en": "News articles published", "vi": "Số tin, bài đã đăng"},
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "public_documents",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={
                "en": "Documents issued that are to be made public",
                "vi": "Số văn bản thuộc diện công khai đã ban hành",
            },
            maximum=100_000,
        ),
        Indicator(
            "public_documents_published",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={
                "en": "Documents to be made public that are on the portal",
                "vi": "Số văn bản thuộc diện công khai đã đăng trên trang/cổng",
            },
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "procedures_published",
            kind="count",
            unit="procedures",
            unit_titles={"vi": "thủ tục"},
            title={
                "en": "Administrative procedures published on the portal",
                "vi": "Số thủ tục hành chính đã công khai trên trang/cổng",
            },
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "work_schedule_published",
            kind="flag",
            title={"en": "The leaders' work schedule is published", "vi": "Công khai lịch công tác của lãnh đạo"},
            better="more",
        ),
        Indicator(
            "questions_received",
            kind="count",
            unit="questions",
            unit_titles={"vi": "câu hỏi"},
            title={"en": "Questions received through the portal", "vi": "Số câu hỏi tiếp nhận qua trang/cổng"},
            maximum=100_000,
        ),
        Indicator(
            "questions_answered",
            kind="count",
            unit="questions",
            unit_titles={"vi": "câu hỏi"},
            title={
                "en": "Questions received through the portal that were answered in time",
                "vi": "Số câu hỏi qua trang/cổng trả lời đúng hạn",
            },
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "update_days",
            kind="number",
            unit="days",
            unit_titles={"vi": "ngày"},
            title={
                "en": "Days from an event to its information, on average",
                "vi": "Số ngày trung bình từ sự kiện đến khi cập nhật thông tin",
            },
            minimum=0,
            maximum=366,
            better="less",
        ),
        Indicator(
            "budget_disclosed",
            kind="flag",
            title={"en": "The budget is disclosed on the portal", "vi": "Công khai ngân sách trên trang/cổng"},
            better="more",
        ),
        Indicator(
            "editorial_board",
            kind="flag",
            title={
                "en": "Editorial board of the portal with rules of work",
                "vi": "Ban biên tập trang/cổng và quy chế hoạt động",
            },
            better="more",
        ),
    )
    checks = (
        PartOf("information_items", "information_items_required"),
        PartOf("public_documents_published", "public_documents"),
        PartOf("procedures_published", "procedures"),
        PartOf("questions_answered", "questions_received"),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return Presence()
