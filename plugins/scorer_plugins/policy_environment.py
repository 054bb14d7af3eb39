"""Policy environment (môi trường chính sách): steering, regulations, plans. A group of readiness."""

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl


class PolicyEnvironment(CriterionGroup):
    """Scores by the formulas that the criteria set names."""

    name, api_version = "policy_environment", 1
    title = {"en": "Policy environment", "vi": "Môi trường chính sách"}
    indicators = (
        Indicator(
            "policy_environment_awarded",
            kind="number",
            unit="points",
            title={
                "en": "Points awarded for the policy environment",
                "vi": "Điểm thẩm định nhóm môi trường chính sách",
            },
        ),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The group."""
    return PolicyEnvironment()
