"""Human resources (nhân lực): leaders in charge, specialised staff, training. A group of readiness."""

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl


class HumanResources(CriterionGroup):
    """Scores by the formulas that the criteria set names."""

    name, api_version = "human_resources", 1
    title = {"en": "Human resources", "vi": "Nhân lực"}
    indicators = (
        Indicator(
            "human_resources_awarded",
            kind="number",
            unit="points",
            title={"en": "Points awarded for human resources", "vi": "Điểm thẩm định nhóm nhân lực"},
        ),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The group."""
    return HumanResources()
