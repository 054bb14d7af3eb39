"""The texts of commands in English and Vietnamese."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Language(StrEnum):
    """Languages of reports and messages."""

    EN = "en"
    VI = "vi"


WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "units": "{n:unit}",
        "ranked": "{ranked}/{n} ranked",
        "overall": "Overall",
        "rank": "rank",
        "unit": "unit",
        "points": "points",
        "percent": "percent",
        "converted": "converted",
        "self_reported": "self-reported",
        "level": "level",
        "more": "... and {n} more",
        "causes": "Why units are not ranked",
        "cause": "{units}/{n}: {measure} under {minimum}",
        "cause_strict": "{units}/{n}: {measure} not above {minimum}",
        "cause_other": "{units}/{n}: {measure} does not meet: {needed}",
        "misses": "Criteria that most units do not meet",
        "miss": "{units}/{n} have all points for {criterion}",
        "kept": "next level requires",
        "best_total": "Best total: {unit} {points} of {maximum} ({percent} %)",
        "within": "{tier} of {parent}",
        "commended": "Commended",
        "name": "name",
        "tier": "tier",
        "lacks": "has",
        "none": "none",
        "some": "some",
        "not_reported": "not reported",
        "all_have": "Every unit to which {criterion} applies has all its points",
        "who_lacks": "{n:unit lacks|units lack} points of {criterion}: {counted}",
        "criterion": "criterion",
        "subtotal": "subtotal",
        "of": "of",
        "status": "status",
        "made": "{code}, revision {revision}, {provenance}",
        "assumed": ": 'scorer criteria show {code}' says what is assumed",
        "facts": "Sentences of the report of 2020, with figures counted from these answers",
        "written": "written to {file}",
        "forms_written": "{n:form} and {register} written to {directory}",
        "mistakes": "{n:mistake}",
        "nothing_ranked": "; nothing was ranked or written",
        "found": " found",
        "no_mistakes": "{file}: no mistakes in {n:unit}",
    },
    "vi": {
        "units": "{n} đơn vị",
        "ranked": "{ranked}/{n} đơn vị được xếp hạng",
        "overall": "Xếp hạng chung",
        "rank": "hạng",
        "unit": "đơn vị",
        "points": "điểm",
        "percent": "tỷ lệ",
        "converted": "quy đổi",
        "self_reported": "tự đánh giá",
        "level": "mức",
        "more": "... và {n} đơn vị khác",
        "causes": "Vì sao không được xếp hạng",
        "cause": "{units}/{n}: {measure} dưới {minimum}",
        "cause_strict": "{units}/{n}: {measure} không trên {minimum}",
        "cause_other": "{units}/{n}: {measure} chưa đạt yêu cầu: {needed}",
        "misses": "Tiêu chí nhiều đơn vị chưa đạt",
        "miss": "{units}/{n} đạt trọn điểm: {criterion}",
        "kept": "mức kế tiếp yêu cầu",
        "best_total": "Tổng điểm cao nhất: {unit} {points}/{maximum} ({percent} %)",
        "within": "{tier} thuộc {parent}",
        "commended": "Được biểu dương",
        "name": "tên",
        "tier": "cấp",
        "lacks": "có",
        "none": "không có",
        "some": "một phần",
        "not_reported": "chưa báo cáo",
        "all_have": "Mọi đơn vị áp dụng {criterion} đều đạt trọn điểm",
        "who_lacks": "{n} đơn vị chưa đạt {criterion}: {counted}",
        "criterion": "tiêu chí",
        "subtotal": "điểm thành phần",
        "of": "trên",
        "status": "tình trạng",
        "made": "{code}, bản {revision}, {provenance}",
        "assumed": ": 'scorer criteria show {code}' nêu rõ phần giả định",
        "facts": "Báo cáo năm 2020, tính lại từ số liệu",
        "written": "đã ghi vào {file}",
        "forms_written": "đã ghi {n} biểu mẫu và {register} vào {directory}",
        "mistakes": "{n} lỗi",
        "nothing_ranked": "; chưa xếp hạng và chưa ghi gì",
        "found": "",
        "no_mistakes": "{file}: không có lỗi trong {n} đơn vị",
    },
}


def search_key(text: str) -> str:
    """A text in small letters, without accents and hyphens. Searches compare it, because people leave accents out."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("-", " "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
