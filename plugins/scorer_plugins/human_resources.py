"""Human resources (nhân lực): leaders in charge, specialised staff, training. A group of readiness."""

from scorer.plugin_api import CriterionGroup, Indicator, PartOf, hookimpl


class HumanResources(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "human_resources", 1
    title = {"en": "Human resources", "vi": "Nhân lực"}
    indicators = (
        Indicator(
            "human_resources_awarded",
            kind="number",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={"en": "Points awarded for human resources", "vi": "Điểm thẩm định nhóm nhân lực"},
            better="more",
        ),
        Indicator(
            "staff",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={"en": "Officials and employees", "vi": "Số cán bộ, công chức, viên chức"},
            maximum=100_000,
        ),
        Indicator(
            "leader_in_charge",
            kind="flag",
            title={
                "en": "A leader is put in charge of IT in writing",
                "vi": "Có văn bản phân công lãnh đạo phụ trách công nghệ thông tin",
            },
            better="more",
        ),
        Indicator(
            "it_official",
            kind="choice",
            options=("full_time", "part_time", "none"),
            option_titles={
                "full_time": {"en": "full time", "vi": "chuyên trách"},
                "part_time": {"en": "beside other work", "vi": "kiêm nhiệm"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Specialised IT official: full time, beside other work, none",
                "vi": "Cán bộ công nghệ thông tin: chuyên trách, kiêm nhiệm, chưa có",
            },
        ),
        Indicator(
            "it_official_degree",
            kind="choice",
            options=("university", "college", "other"),
            option_titles={
                "university": {"en": "university", "vi": "đại học"},
                "college": {"en": "college", "vi": "cao đẳng"},
                "other": {"en": "other", "vi": "khác"},
            },
            title={
                "en": "IT official's degree in IT: university, college, other",
                "vi": "Trình độ công nghệ thông tin của cán bộ: đại học, cao đẳng, khác",
            },
        ),
        Indicator(
            "leader_trained",
            kind="flag",
            title={
                "en": "The leader in charge was trained in e-government",
                "vi": "Lãnh đạo phụ trách đã được bồi dưỡng về chính quyền điện tử",
            },
            better="more",
        ),
        Indicator(
            "staff_trained",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={
                "en": "Officials trained in using the shared software",
                "vi": "Số cán bộ được tập huấn sử dụng phần mềm dùng chung",
            },
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "staff_certified",
            kind="count",
            unit="people",
            unit_titles={"vi": "người"},
            title={
                "en": "Officials with a certificate of IT skills",
                "vi": "Số cán bộ có chứng chỉ kỹ năng công nghệ thông tin",
            },
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "it_official_courses",
            kind="count",
            unit="courses",
            unit_titles={"vi": "khóa"},
            title={
                "en": "Courses that the IT official attended",
                "vi": "Số khóa đào tạo cán bộ công nghệ thông tin đã tham gia",
            },
            maximum=100,
            better="more",
        ),
        Indicator(
            "security_training",
            kind="flag",
            title={"en": "Staff trained in information security", "vi": "Có tập huấn về an toàn thông tin"},
            better="more",
        ),
    )
    checks = (
        PartOf("staff_trained", "staff"),
        PartOf("staff_certified", "staff"),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return HumanResources()
