"""The criterion group ``digital_transformation``: the eight sub-indices of the digital transformation index (DTI).

Source: Quyết định 922/QĐ-BTTTT of 20 May 2022, which names them, and dti.gov.vn, which publishes them by province.
"""

from __future__ import annotations

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl


class DigitalTransformation(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names. A sub-index is a share from 0 to
    1.
    """

    name, api_version = "digital_transformation", 1
    title = {"en": "Digital transformation", "vi": "Chuyển đổi số"}
    indicators = (
        Indicator(
            "digital_awareness",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Digital awareness", "vi": "Nhận thức số"},
            minimum=0,
            maximum=1,
        ),
        Indicator(
            "digital_institutions",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Digital institutions", "vi": "Thể chế số"},
            minimum=0,
            maximum=1,
        ),
        Indicator(
            "digital_infrastructure",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Digital infrastructure", "vi": "Hạ tầng số"},
            minimum=0,
            maximum=1,
        ),
        Indicator(
            "digital_human_resources",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Digital human resources", "vi": "Nhân lực số"},
            minimum=0,
            maximum=1,
        ),
        Indicator(
            "network_information_security",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Network information security", "vi": "An toàn thông tin mạng"},
            minimum=0,
            maximum=1,
        ),
        Indicator(
            "digital_government",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Digital government activity", "vi": "Hoạt động chính quyền số"},
            minimum=0,
            maximum=1,
        ),
        Indicator(
            "digital_economy",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Digital economy activity", "vi": "Hoạt động kinh tế số"},
            minimum=0,
            maximum=1,
        ),
        Indicator(
            "digital_society",
            kind="number",
            unit="share",
            unit_titles={"vi": "tỷ lệ"},
            title={"en": "Digital society activity", "vi": "Hoạt động xã hội số"},
            minimum=0,
            maximum=1,
        ),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return DigitalTransformation()
