"""Words that files of answers use, in English and Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping

YES = ("có", "co", "x", "đúng", "dung", "yes", "true", "1", "✓", "✔")
NO = ("không", "khong", "sai", "no", "false", "0")
"""Words for the two values of a flag, in small letters."""

COLUMN_TITLES: Mapping[str, tuple[str, str]] = {
    "id": ("Unit code", "Mã đơn vị"),
    "name": ("Unit name", "Tên đơn vị"),
    "tier": ("Tier of the unit", "Cấp của đơn vị"),
    "parent": ("Code of the parent unit", "Mã đơn vị cấp trên"),
    "not_applicable": ("Criteria that do not apply", "Tiêu chí không áp dụng"),
}
"""Titles, in English and Vietnamese, of the columns that are not indicators."""

INSTRUCTIONS = ("instructions", "hướng dẫn")
"""Names of sheets without units, in the form that ``names.plain`` returns."""
CRITERIA_SET = ("criteria set", "bộ tiêu chí")
"""Labels of the criteria set's code on these sheets, in the form that ``names.plain`` returns."""

NOT_APPLICABLE = ("Not applicable: {criterion}", "Không áp dụng: {criterion}")
"""English and Vietnamese title of a column of ticks for one criterion."""

TIERS: Mapping[str, tuple[str, ...]] = {
    "province": ("Tỉnh", "province", "cấp tỉnh", "tỉnh, thành phố"),
    "department": ("Sở, ban, ngành", "department", "sở", "cấp sở", "cấp sở, ban, ngành", "sở ban ngành"),
    "district": ("Huyện", "district", "cấp huyện", "huyện, thị xã, thành phố"),
    "commune": ("Xã", "commune", "cấp xã", "xã, phường, thị trấn", "xã phường thị trấn"),
}
"""Further words for tiers in sheet names and cells, besides their codes and titles."""

RESERVED_SHEET_NAMES = ("history",)
"""Names that Excel refuses for sheets, in the form that ``names.plain`` returns."""

MAX_SHEET_NAME = 31
"""Characters that spreadsheets allow in the name of a sheet."""
