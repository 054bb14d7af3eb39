"""Policy environment (môi trường chính sách): steering, regulations, plans. A group of readiness."""

from scorer.plugin_api import CriterionGroup, Indicator, PartOf, hookimpl


class PolicyEnvironment(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "policy_environment", 1
    title = {"en": "Policy environment", "vi": "Môi trường chính sách"}
    indicators = (
        Indicator(
            "policy_environment_awarded",
            kind="number",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={
                "en": "Points awarded for the policy environment",
                "vi": "Điểm thẩm định nhóm môi trường chính sách",
            },
            better="more",
        ),
        Indicator(
            "steering_committee",
            kind="choice",
            options=("head", "deputy", "none"),
            option_titles={
                "head": {"en": "the unit's head", "vi": "thủ trưởng"},
                "deputy": {"en": "a deputy", "vi": "cấp phó"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Steering committee for e-government, by who heads it: the unit's head, a deputy, none",
                "vi": "Ban Chỉ đạo xây dựng chính quyền điện tử, theo người đứng đầu: thủ trưởng, cấp phó, chưa có",
            },
        ),
        Indicator(
            "steering_committee_meetings",
            kind="count",
            unit="meetings",
            unit_titles={"vi": "cuộc họp"},
            title={"en": "Meetings of the steering committee", "vi": "Số cuộc họp của Ban Chỉ đạo"},
            maximum=200,
            better="more",
        ),
        Indicator(
            "regulation_lan",
            kind="flag",
            title={
                "en": "Regulation on managing and running the local network (LAN)",
                "vi": "Quy chế quản lý, vận hành mạng nội bộ (LAN)",
            },
            better="more",
        ),
        Indicator(
            "regulation_shared_software",
            kind="flag",
            title={
                "en": "Regulation on using the shared software",
                "vi": "Quy chế quản lý, sử dụng các phần mềm dùng chung",
            },
            better="more",
        ),
        Indicator(
            "regulation_information_security",
            kind="flag",
            title={
                "en": "Regulation on information security within the unit",
                "vi": "Quy định bảo đảm an toàn, an ninh thông tin nội bộ",
            },
            better="more",
        ),
        Indicator(
            "it_plan_issued",
            kind="date",
            title={
                "en": "Day on which the year's IT plan was issued",
                "vi": "Ngày ban hành kế hoạch công nghệ thông tin hằng năm",
            },
            better="less",
        ),
        Indicator(
            "it_plan_tasks",
            kind="count",
            unit="tasks",
            unit_titles={"vi": "nhiệm vụ"},
            title={
                "en": "Tasks of the IT plan that were due",
                "vi": "Số nhiệm vụ đến hạn của kế hoạch công nghệ thông tin",
            },
            maximum=1000,
        ),
        Indicator(
            "it_plan_tasks_done",
            kind="count",
            unit="tasks",
            unit_titles={"vi": "nhiệm vụ"},
            title={"en": "Tasks of the IT plan that were done", "vi": "Số nhiệm vụ của kế hoạch đã hoàn thành"},
            maximum=1000,
            better="more",
        ),
        Indicator(
            "steering_documents",
            kind="count",
            unit="documents",
            unit_titles={"vi": "văn bản"},
            title={
                "en": "Documents that steer the use of IT",
                "vi": "Số văn bản chỉ đạo, đôn đốc ứng dụng công nghệ thông tin",
            },
            maximum=10_000,
            better="more",
        ),
        Indicator(
            "leader_chairs_meetings",
            kind="flag",
            title={
                "en": "The head chairs the meetings on e-government",
                "vi": "Thủ trưởng trực tiếp chủ trì họp về chính quyền điện tử",
            },
            better="more",
        ),
        Indicator(
            "conclusions_issued",
            kind="flag",
            title={
                "en": "Conclusions of these meetings are issued in writing",
                "vi": "Ban hành thông báo kết luận sau họp",
            },
            better="more",
        ),
        Indicator(
            "communication_plan",
            kind="flag",
            title={
                "en": "Plan for making online services known to the public",
                "vi": "Kế hoạch tuyên truyền về dịch vụ công trực tuyến",
            },
            better="more",
        ),
    )
    checks = (PartOf("it_plan_tasks_done", "it_plan_tasks"),)


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return PolicyEnvironment()
