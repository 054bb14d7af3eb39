"""The criterion group ``citizen_rating``: how the people whom a unit served rate its staff and the unit.

Source: the report of Hà Giang for 2019. Citizens there rate the officials who receive and return files, and, through
social networks, the agencies.
"""

from __future__ import annotations

from scorer.plugin_api import CriterionGroup, Indicator, PartOf


class CitizenRating(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "citizen_rating", 1
    title = {"en": "Rating by citizens", "vi": "Người dân đánh giá"}
    indicators = (
        Indicator(
            "staff_rating_tool",
            kind="flag",
            title={
                "en": "Citizens can rate the officials who receive files and return results",
                "vi": "Đã triển khai công cụ đánh giá cán bộ tiếp nhận và trả kết quả",
            },
        ),
        Indicator(
            "agency_rating_tool",
            kind="flag",
            title={
                "en": "Citizens can rate the agency through social networks",
                "vi": "Đã triển khai đánh giá cơ quan, đơn vị qua mạng xã hội",
            },
        ),
        Indicator(
            "citizens_served",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={
                "en": "People and organisations served in the period",
                "vi": "Số cá nhân, tổ chức đã được phục vụ trong kỳ",
            },
            maximum=100_000_000,
        ),
        Indicator(
            "staff_ratings",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={"en": "People who rated the officials", "vi": "Trong đó, số người đã đánh giá cán bộ"},
            maximum=100_000_000,
        ),
        Indicator(
            "staff_ratings_satisfied",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={
                "en": "People who rated the officials and are satisfied",
                "vi": "Số người hài lòng trong số người đã đánh giá cán bộ",
            },
            maximum=100_000_000,
        ),
        Indicator(
            "agency_ratings",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={"en": "People who rated the agency", "vi": "Trong đó, số người đã đánh giá cơ quan, đơn vị"},
            maximum=100_000_000,
        ),
        Indicator(
            "agency_ratings_satisfied",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={
                "en": "People who rated the agency and are satisfied",
                "vi": "Số người hài lòng trong số người đã đánh giá cơ quan, đơn vị",
            },
            maximum=100_000_000,
        ),
    )
    checks = (
        PartOf("staff_ratings", "citizens_served"),
        PartOf("staff_ratings_satisfied", "staff_ratings"),
        PartOf("agency_ratings", "citizens_served"),
        PartOf("agency_ratings_satisfied", "agency_ratings"),
    )
