"""The texts of forms in English and Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping

from scorer.model.indicators import IndicatorKind

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "instructions": "Instructions",
        "criteria_set": "Criteria set",
        "title": "Title",
        "in_force": "In force",
        "tiers": "Sheets",
        "how": "How to fill in",
        "yes": "yes",
        "no": "no",
        "code": "Code: {code}",
        "unit": "Unit: {unit}",
        "read_by": "Criteria: {criteria}",
        "gated": "A level or a limit requires it.",
        "range": "From {low} to {high}",
        "options": "One of: {options}",
        "required": "Required.",
        "wrong": "This value is not allowed",
        "id": "Code that identifies the unit, at most 128 bytes.",
        "name": "The unit's name.",
        "parent": "Code of the unit above, such as a commune's district.",
        "tick": "Put x where this criterion does not apply to the unit: {title}",
        "sentences": (
            "Fill in the yellow cells, one row per unit.\n"
            "An empty cell means: not reported. This is not zero.\n"
            "Columns marked * are required.\n"
            "Yes and no: choose yes or no. Days: write them as 31/12/2020. Numbers: without thousands separators.\n"
            "Do not rename the sheets, and do not merge cells.\n"
            "The comment of each header says what to write into the column.\n"
            "'scorer check FILE --out marked.xlsx' marks what is wrong; 'scorer rank FILE' ranks the units."
        ),
    },
    "vi": {
        "instructions": "Hướng dẫn",
        "criteria_set": "Bộ tiêu chí",
        "title": "Tên",
        "in_force": "Hiệu lực",
        "tiers": "Các trang tính",
        "how": "Cách điền",
        "yes": "có",
        "no": "không",
        "code": "Mã: {code}",
        "unit": "Đơn vị tính: {unit}",
        "read_by": "Tiêu chí: {criteria}",
        "gated": "Dùng để xét mức hoặc giới hạn.",
        "range": "Từ {low} đến {high}",
        "options": "Một trong: {options}",
        "required": "Bắt buộc.",
        "wrong": "Giá trị này không hợp lệ",
        "id": "Mã định danh đơn vị, không quá 128 byte.",
        "name": "Tên đơn vị.",
        "parent": "Mã của đơn vị cấp trên, ví dụ huyện của một xã.",
        "tick": "Đánh dấu x nếu tiêu chí này không áp dụng cho đơn vị: {title}",
        "sentences": (
            "Điền vào các ô màu vàng, mỗi đơn vị một hàng.\n"
            "Ô trống nghĩa là chưa báo cáo, không phải bằng không.\n"
            "Các cột có dấu * là bắt buộc.\n"
            "Có hoặc không: chọn có hoặc không. Ngày: như 31/12/2020. Số: không có dấu phân cách hàng nghìn.\n"
            "Không đổi tên trang tính, không gộp ô.\n"
            "Ghi chú ở mỗi tiêu đề cho biết nội dung của cột.\n"
            "'scorer check TỆP --out marked.xlsx' đánh dấu chỗ sai; 'scorer rank TỆP' xếp hạng các đơn vị."
        ),
    },
}

KINDS: Mapping[str, Mapping[IndicatorKind, str]] = {
    "en": {
        IndicatorKind.COUNT: "A whole number.",
        IndicatorKind.NUMBER: "A number, with at most six decimals.",
        IndicatorKind.FLAG: "Yes or no.",
        IndicatorKind.CHOICE: "A choice.",
        IndicatorKind.DATE: "A day.",
    },
    "vi": {
        IndicatorKind.COUNT: "Số nguyên.",
        IndicatorKind.NUMBER: "Số, không quá sáu chữ số thập phân.",
        IndicatorKind.FLAG: "Có hoặc không.",
        IndicatorKind.CHOICE: "Chọn một.",
        IndicatorKind.DATE: "Ngày.",
    },
}
