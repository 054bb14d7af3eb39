"""Infrastructure (hạ tầng): equipment, networks, security equipment. A group of readiness."""

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl


class Infrastructure(CriterionGroup):
    """Scores by the formulas that the criteria set names."""

    name, api_version = "infrastructure", 1
    title = {"en": "Infrastructure", "vi": "Hạ tầng"}
    indicators = (
        Indicator(
            "infrastructure_awarded",
            kind="number",
            unit="points",
            title={"en": "Points awarded for infrastructure", "vi": "Điểm thẩm định nhóm hạ tầng"},
        ),
        Indicator(
            "infrastructure_conditional_awarded",
            kind="number",
            unit="points",
            title={
                "en": "Points awarded for infrastructure that is not asked of every unit",
                "vi": "Điểm thẩm định hạ tầng không áp dụng cho mọi đơn vị",
            },
        ),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The group."""
    return Infrastructure()
