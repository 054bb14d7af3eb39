"""Translates the service's English messages about answers into Vietnamese."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scorer_client import Violation

_VIETNAMESE: Sequence[tuple[str, str]] = (
    (r"must be from (.+) to (.+) in tier '(.+)', not (.+)", "phải từ {0} đến {1} ở cấp '{2}', không phải {3}"),
    (r"a flag is 0 or 1, not (.+)", "cần 1 (có) hoặc 0 (không), không phải {0}"),
    (r"a count is a whole number, not (.+)", "cần số nguyên, không phải {0}"),
    (r"(.+) is more than (.+) = (.+), of which it is a part", "{0} lớn hơn {1} = {2}, tuy chỉ là một phần của số ấy"),
    (r"'(.*)' is already the id at (.+)", "'{0}' đã là mã ở {1}"),
    (r"is empty; every unit needs an id", "trống; đơn vị nào cũng cần có mã"),
    (r"has (\d+) bytes, at most (\d+) are allowed", "có {0} byte, chỉ được tối đa {1}"),
    (r"has a control or format character", "có ký tự điều khiển hoặc định dạng"),
    (r"has an invisible, unassigned or private character", "có ký tự vô hình, chưa được gán hoặc dùng riêng"),
    (r"has a space other than the usual one \(U\+0020\)", "có dấu cách khác dấu cách thường (U+0020)"),
    (r"begins or ends with a space", "bắt đầu hoặc kết thúc bằng dấu cách"),
    (
        r"is the unit itself; give the id of the unit above it, or leave it out",
        "chính là đơn vị ấy; hãy ghi mã của đơn vị cấp trên, hoặc để trống",
    ),
    (
        r"is empty; units of tier '(.+)' are ranked within their parent: give the parent's id",
        "trống; các đơn vị cấp '{0}' được xếp hạng trong đơn vị cấp trên: hãy ghi mã của đơn vị ấy",
    ),
)


def in_language(violation: Violation, language: str) -> Violation:
    """The violation with its description in a language; in English if there is no translation."""
    if language == "vi":
        for pattern, text in _VIETNAMESE:
            if match := re.fullmatch(pattern, violation.description, re.DOTALL):
                return violation._replace(description=text.format(*match.groups()))
    return violation
