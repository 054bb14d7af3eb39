"""Messages about files, in English and Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from scorer_client.formatting import Count

Language: TypeAlias = Literal["en", "vi"]

MESSAGES: Mapping[str, tuple[str, str]] = {
    # the file
    "empty": (
        "the file is empty; its first row must be id,name,tier,parent,not_applicable,...",
        "tệp trống; hàng đầu phải là id,name,tier,parent,not_applicable,...",
    ),
    "no_units": ("there are no units below the header", "không có đơn vị nào dưới hàng tiêu đề"),
    "no_sheet": (
        "no sheet has a header with the units' ids and indicators",
        "không có trang tính nào có hàng tiêu đề gồm mã đơn vị và các chỉ tiêu",
    ),
    "not_utf8": ("is not UTF-8; save the file as 'CSV UTF-8'", "không phải UTF-8; hãy lưu tệp dạng 'CSV UTF-8'"),
    "not_utf16": ("is damaged UTF-16; save the file as 'CSV UTF-8'", "UTF-16 bị hỏng; hãy lưu tệp dạng 'CSV UTF-8'"),
    "long_line": (
        "has a line of more than {limit} bytes; is it a CSV file?",
        "có dòng dài hơn {limit} byte; đây có phải tệp CSV không?",
    ),
    "many_rows": (
        "the file has more than {limit} rows; delete empty ones",
        "tệp có hơn {limit} hàng; hãy xóa các hàng trống",
    ),
    "many_columns": (
        "the header has {n} columns, more than {limit}; delete empty ones",
        "hàng tiêu đề có {n} cột, quá {limit}; hãy xóa các cột trống",
    ),
    "unclosed": (
        "is not CSV: a quote is opened and never closed",
        "không phải CSV: dấu nháy mở ra mà không đóng lại",
    ),
    "long_csv_cell": (
        "a cell has more than {limit} characters; was a quote opened and not closed?",
        "có ô dài hơn {limit} ký tự; có dấu nháy nào mở ra mà không đóng lại không?",
    ),
    "not_csv": ("is not CSV: {why}", "không phải CSV: {why}"),
    "html": (
        "is a web page, not a table: open it in the spreadsheet and save it as .xlsx",
        "là trang web, không phải bảng tính: hãy mở bằng bảng tính và lưu dạng .xlsx",
    ),
    "password": (
        "is protected by a password: remove it (File, Info, Protect Workbook) and save the file again",
        "được bảo vệ bằng mật khẩu: hãy bỏ mật khẩu (Tệp, Thông tin, Bảo vệ sổ làm việc) rồi lưu lại",
    ),
    "old_excel": (
        "is in an old or binary format of Excel: save it as .xlsx",
        "có định dạng Excel cũ hoặc nhị phân: hãy lưu dạng .xlsx",
    ),
    "not_a_workbook": (
        "is neither a workbook (.xlsx, .xlsm, .ods) nor another file of answers",
        "không phải sổ làm việc (.xlsx, .xlsm, .ods) cũng không phải tệp số liệu khác",
    ),
    "no_pipe": ("cannot be read from a pipe: give the file itself", "không đọc được từ ống dẫn: hãy chỉ ra tệp"),
    "damaged": (
        "is damaged: {why}; open it in the spreadsheet and save it again",
        "bị hỏng: {why}; hãy mở bằng bảng tính rồi lưu lại",
    ),
    "damaged_table": (
        "is damaged: {why}; write it again with the program that made it",
        "bị hỏng: {why}; hãy tạo lại tệp bằng chương trình đã ghi nó",
    ),
    "bomb": (
        "unpacks to more than {limit} MiB ({part}): is it a file of answers?",
        "giải nén ra hơn {limit} MiB ({part}): đây có phải tệp số liệu không?",
    ),
    "many_parts": (
        "has {n} parts, more than {limit}: is it a file of answers?",
        "có {n} phần, quá {limit}: đây có phải tệp số liệu không?",
    ),
    "many_errors": (
        "has more than {limit} formulas with an error or without a value in one sheet; delete them",
        "có hơn {limit} công thức bị lỗi hoặc chưa có giá trị trong một trang tính; hãy xóa chúng",
    ),
    "long_text": (
        "has a text of more than {limit} bytes: is it a file of answers?",
        "có văn bản dài hơn {limit} byte: đây có phải tệp số liệu không?",
    ),
    "entities": (
        "has XML entities ({part}), which no spreadsheet writes; open it in the spreadsheet and save it again",
        "có thực thể XML ({part}) mà bảng tính không bao giờ ghi; hãy mở bằng bảng tính rồi lưu lại",
    ),
    "far_cells": (
        "spans {rows:row} and {columns:column}, with most of the cells empty; delete the cells far from the table",
        "trải {rows} hàng và {columns} cột, phần lớn là ô trống; hãy xóa những gì nằm xa bảng số liệu",
    ),
    "columnar_type": (
        "column {column!r} holds {type}; give text, numbers, bool or dates",
        "cột {column!r} chứa {type}; cần văn bản, số, bool hoặc ngày",
    ),
    # sheets
    "above_header": (
        "holds a unit, but is above the header: move the header to the top",
        "có đơn vị nhưng nằm trên hàng tiêu đề: hãy đưa hàng tiêu đề lên trên cùng",
    ),
    "hidden_sheet": (
        "is hidden, but holds units: show the sheet, or delete it",
        "bị ẩn nhưng có đơn vị: hãy cho hiện trang tính, hoặc xóa nó",
    ),
    "wrong_sheet_name": (
        "gives no tier: it has no column 'tier', and its name is none of {names}{hint}",
        "không cho biết cấp: không có cột 'tier', và tên trang tính không phải {names}{hint}",
    ),
    "merged": ("the cells {range} are merged: unmerge them", "các ô {range} bị gộp: hãy bỏ gộp ô"),
    "other_second_header": (
        "is a second header with other columns than the first header: delete one of the headers",
        "là hàng tiêu đề thứ hai, khác với hàng thứ nhất: hãy xóa một trong hai",
    ),
    # the header
    "no_header": (
        "is not the header, which is id,name,tier,parent,not_applicable,...; found {found!r}",
        "không phải hàng tiêu đề id,name,tier,parent,not_applicable,...; thấy {found!r}",
    ),
    "duplicate_column": ("column {name!r} appears twice", "cột {name!r} có hai lần"),
    "unknown_column": ("unknown column {name!r}{hint}", "không biết cột {name!r}{hint}"),
    "two_columns": (
        "{name!r} is the title of {codes}: write the code instead",
        "{name!r} là tên của {codes}: hãy ghi mã thay cho tên",
    ),
    "no_column": (
        "{cell!r} is in a column without a header: name the column, or delete the value",
        "{cell!r} không nằm dưới tiêu đề nào: hãy đặt tên cột, hoặc xóa giá trị",
    ),
    "missing_column": ("the column {name!r} is missing", "thiếu cột {name!r}"),
    # rows
    "empty_row": ("is empty: delete it, or fill in the unit", "trống: hãy xóa hàng, hoặc điền đơn vị"),
    "wrong_length": (
        "has {n:cell}, the header has {of}: is a comma missing or a text unquoted?",
        "có {n} ô, hàng tiêu đề có {of}: có thiếu dấu phân cách hoặc dấu nháy không?",
    ),
    "no_id": ("is empty; every unit needs an id", "trống; đơn vị nào cũng cần có mã"),
    "tier": ("expected {tiers}, not {cell!r}{hint}", "cần {tiers}, không phải {cell!r}{hint}"),
    "duplicate_id": ("{id!r} is already the id at {position}", "{id!r} đã là mã ở {position}"),
    "parent": ("no unit of the file has the id {id!r}{hint}", "trong tệp không có đơn vị nào mã {id!r}{hint}"),
    "row_missing": ("; is its row missing?", "; có thiếu hàng của đơn vị ấy không?"),
    "not_excludable": (
        "criterion {criterion!r} cannot be not applicable{hint}",
        "tiêu chí {criterion!r} không được loại khỏi đánh giá{hint}",
    ),
    "by_semicolon": ("; separate criteria by ';'", "; hãy phân cách các tiêu chí bằng ';'"),
    "number_for_criterion": (
        "the cell holds a number, which may mean {criteria}: format it as text, and write the criterion again",
        "ô chứa một số, có thể là {criteria}: hãy định dạng ô là văn bản và ghi lại tiêu chí",
    ),
    "criterion_twice": ("criterion {criterion!r} is listed twice", "tiêu chí {criterion!r} được ghi hai lần"),
    "unknown_criterion": ("criterion {criterion!r} is unknown{hint}", "không biết tiêu chí {criterion!r}{hint}"),
    "nearly": ("; did you mean {name!r}?", "; có phải là {name!r}?"),
    "or": (" or ", " hoặc "),
    # cells
    "long_cell": (
        "has {n} characters; is a quote missing? It begins {start!r}",
        "có {n} ký tự; có thiếu dấu nháy không? Bắt đầu bằng {start!r}",
    ),
    "option": (
        "expected {options} or nothing, not {cell!r}{hint}",
        "cần {options} hoặc để trống, không phải {cell!r}{hint}",
    ),
    "flag": (
        "expected 1 (yes), 0 (no) or nothing, not {cell!r}{hint}",
        "cần 1 (có), 0 (không) hoặc để trống, không phải {cell!r}{hint}",
    ),
    "date": (
        "expected a day such as 2020-06-30, not {cell!r}{hint}",
        "cần một ngày như 30/06/2020, không phải {cell!r}{hint}",
    ),
    "number_for_date": (
        "expected a day such as 2020-06-30; the cell holds the number {cell}: format it as a date",
        "cần một ngày như 30/06/2020; ô chứa số {cell}: hãy định dạng ô kiểu ngày",
    ),
    "day_time": (
        "expected a day without a time of day, not {cell!r}",
        "cần một ngày không kèm giờ, không phải {cell!r}",
    ),
    "date_for_number": (
        "expected a number; the cell holds the date {cell}: did the spreadsheet change a number into a date?",
        "cần một số; ô chứa ngày {cell}: có phải bảng tính đã tự đổi số nhập vào thành ngày không?",
    ),
    "date_for_text": (
        "expected a text; the cell holds the date {cell}: did the spreadsheet change a text into a date?",
        "cần văn bản; ô chứa ngày {cell}: có phải bảng tính đã tự đổi văn bản nhập vào thành ngày không?",
    ),
    "bool_for_number": ("expected a number, not {cell!r}", "cần một số, không phải {cell!r}"),
    "separators": (
        "write numbers without separators: {whole}, not {cell!r}",
        "hãy viết số không có dấu phân cách: {whole}, không phải {cell!r}",
    ),
    "whole_meant": (
        "expected a whole number: write {whole} if you mean that, not {cell!r}",
        "cần số nguyên: hãy viết {whole} nếu đúng ý, không phải {cell!r}",
    ),
    "two_readings": (
        "can be read as {whole} or as {decimal}: write {whole} or {other}, not {cell!r}",
        "có thể đọc là {whole} hoặc {decimal}: hãy viết {whole} hoặc {other}, không phải {cell!r}",
    ),
    "decimal_point": (
        "write decimals with a point: {point}, not {cell!r}",
        "hãy viết phần thập phân sau dấu chấm: {point}, không phải {cell!r}",
    ),
    "number": (
        "expected a number such as {example}, not {cell!r}",
        "cần một số như {example}, không phải {cell!r}",
    ),
    "decimals": (
        "expected at most six decimals, not {cell!r}",
        "chỉ được tối đa sáu chữ số thập phân, không phải {cell!r}",
    ),
    "whole_number": ("expected a whole number, not {cell!r}", "cần số nguyên, không phải {cell!r}"),
    "error_cell": (
        "the formula gives {text}; give the value, or leave the cell empty",
        "công thức cho {text}; hãy ghi giá trị, hoặc để trống ô",
    ),
    "uncalculated": (
        "the formula has no value: open the file in the spreadsheet and save it again",
        "công thức chưa có giá trị: hãy mở tệp bằng bảng tính rồi lưu lại",
    ),
    "time_cell": ("holds a time of day or a duration: {text}", "chứa giờ hoặc khoảng thời gian: {text}"),
    # folders
    "no_files": (
        "has no files of answers (.xlsx, .xlsm, .ods, .csv, .parquet, .arrow)",
        "không có tệp số liệu nào (.xlsx, .xlsm, .ods, .csv, .parquet, .arrow)",
    ),
    "missing_unit": (
        "no file has the unit {id!r} ({name}), which is in {register}",
        "không tệp nào có đơn vị {id!r} ({name}), vốn có trong {register}",
    ),
    # what was read differently from how it was written
    "note": (
        "{what}; the first is {position}, {cell!r} read as {value}",
        "{what}; đầu tiên là {position}, {cell!r} đọc là {value}",
    ),
    "note_encoding": ("read as {encoding}", "đọc theo bảng mã {encoding}"),
    "note_separator": ("columns are separated by {separator}", "các cột phân cách bằng {separator}"),
    "tab": ("tabs", "dấu tab"),
    "note_composed": (
        "accents in separate characters were joined with their letters",
        "các dấu viết tách khỏi chữ đã được ghép lại",
    ),
    "note_title": ("columns named by title: {n}", "cột ghi bằng tên: {n}"),
    "note_tier": ("tiers written in words: {n}", "ô cấp ghi bằng chữ: {n}"),
    "note_file_tier": ("tiers named by files, not cells: {n}", "cấp lấy theo tên tệp, không theo ô: {n}"),
    "note_other_tier": (
        "tiers in cells that are not the tier of the sheet or file {sheet!r}, and were read: {n}",
        "cấp ghi trong ô khác với cấp theo tên trang tính hoặc tệp {sheet!r}, đã đọc theo ô: {n}",
    ),
    "note_comma": ("numbers with a decimal comma: {n}", "số có dấu phẩy thập phân: {n}"),
    "note_number_text": ("numbers where texts are expected: {n}", "số nằm ở chỗ cần văn bản: {n}"),
    "note_flag": ("flags written in words: {n}", "ô có/không ghi bằng chữ: {n}"),
    "note_date": ("days written as day/month/year: {n}", "ngày ghi dạng ngày/tháng/năm: {n}"),
    "note_option": ("options written with other capital letters: {n}", "lựa chọn ghi khác kiểu chữ: {n}"),
    "note_above": ("rows above the header were skipped", "những gì nằm trên hàng tiêu đề đã được bỏ qua"),
    "note_second_header": ("a second header was skipped", "hàng tiêu đề thứ hai đã được bỏ qua"),
    "note_sheet": ("a sheet without a header was skipped", "trang tính không có hàng tiêu đề đã được bỏ qua"),
    "note_hidden_rows": ("hidden rows or columns were read too", "hàng hoặc cột bị ẩn cũng đã được đọc"),
    "note_percent": (
        "cells shown as percentages were read as they are stored, 50 % as 0.5",
        "ô hiển thị dạng phần trăm được đọc theo giá trị lưu, 50 % là 0,5",
    ),
    "note_spaces": ("no-break spaces read as spaces: {n}", "dấu cách không ngắt được đọc như dấu cách thường: {n}"),
    "note_lost_letters": (
        "names that have probably lost letters: {n}; save the file as 'CSV UTF-8'",
        "tên có lẽ đã mất chữ: {n}; hãy lưu tệp dạng 'CSV UTF-8'",
    ),
    "note_other_set": (
        "is a form of the criteria set {code}, but was read for {wanted}",
        "là biểu mẫu của bộ tiêu chí {code}, nhưng được đọc cho {wanted}",
    ),
    "note_macros": ("the macros were ignored", "các macro đã được bỏ qua"),
    "note_unread": ("entries of the folder that were not read: {n}", "tệp và thư mục con không được đọc: {n}"),
    "note_unanswered": ("units without any answer: {n}", "đơn vị không có số liệu nào: {n}"),
    "note_position": ("{what}; the first is {position}", "{what}; đầu tiên là {position}"),
}


def say(language: Language, key: str, **values: object) -> str:
    """A message in one language. Numbers may be formatted as those of ``Count``."""
    shown = {name: Count(value) if type(value) is int else value for name, value in values.items()}
    return MESSAGES[key][language == "vi"].format(**shown)
