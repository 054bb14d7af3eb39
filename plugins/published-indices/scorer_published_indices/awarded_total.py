"""The criterion group ``awarded_total``: one total of points that another body has computed and published."""

from __future__ import annotations

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl


class AwardedTotal(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "awarded_total", 1
    title = {"en": "Total awarded", "vi": "Tổng điểm đã công bố"}
    indicators = (
        Indicator(
            "total_awarded",
            kind="number",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={"en": "Points awarded in all", "vi": "Tổng điểm thẩm định đã công bố"},
            minimum=0,
        ),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return AwardedTotal()
