"""A criteria set that declares its own group, with answers. It needs no plugin."""

from __future__ import annotations

from harness import COMPILER, group, host

from scorer.catalogue.catalogue import load_set
from scorer.plugin_api import Indicator

INSTALLED = host(group("water", Indicator("wells", kind="count")))
"""A host with one installed group, besides the group of the document."""

WARDS = """\
criteria_set: wards-2026
title: {en: Digital wards, vi: Phường số}
provenance: reconstructed
notes: {en: Made up.}
effective: {from: 2026-01-01, to: 2026-12-31}
series: wards
tiers: [ward]
categories:
  readiness:
    title: {en: Readiness, vi: Sẵn sàng}
    groups:
      digital_office:
        title: {en: Digital office, vi: Văn phòng số}
        points: 10
        indicators:
          files: {kind: count, unit: files, title: {en: Files received, vi: Hồ sơ tiếp nhận}, maximum: 100000}
          online_files:
            kind: count
            unit: files
            title: {en: Files handed in online, vi: Hồ sơ nộp trực tuyến}
            meaning: {en: Only files that came through the national portal., vi: Hồ sơ qua Cổng dịch vụ công.}
          portal: {kind: choice, options: [full, part, none], title: {en: Portal, vi: Cổng thông tin}}
          opened: {kind: date, title: {en: Opened, vi: Ngày mở}, minimum: 2000-01-01, maximum: 2026-12-31}
        checks:
          - {part: online_files, of: files}
        criteria:
          - {id: "1.1", title: {en: Online, vi: Trực tuyến}, formula: ratio, numerator: online_files,
             denominator: files, when_zero: zero, points: 5}
          - {id: "1.2", formula: choice, indicator: portal, options: {full: 3, part: 1, none: 0}, points: 3}
          - {id: 1.3.1, formula: steps, indicator: opened, steps: [{at_most: 2020-01-01, points: 2}], points: 2}
    levels:
      - {level: 1, gates: [{measure: total, at_least: 80%}]}
      - {level: 2, gates: [{measure: total, at_least: 30%}]}
"""

CASES = """\
criteria_set: wards-2026
provenance: reconstructed
cases:
  - name: half online
    tier: ward
    answers: {files: 10, online_files: 5, portal: full, opened: 2020-01-01}
    expect: {points: {"1.1": 2.5, 1.3.1: 2, digital_office: 7.5}, level: {readiness: 2}}
"""

ANSWERS = """\
id,name,tier,parent,not_applicable,files,online_files,portal,opened
one,Một,ward,,,10,9,full,2019-05-01
two,Hai,ward,,,10,5,part,2024-05-01
three,Ba,ward,,,10,1,none,2026-01-01
"""

NEXT = """\
criteria_set: wards-2027
extends: wards-2026
title: {en: "Digital wards, 2027"}
effective: {from: 2027-01-01}
categories:
  readiness:
    groups:
      digital_office:
        title: {en: Office}
        points: 13
        indicators:
          opened: ~
          staff: {kind: count, unit: people, title: {en: Staff}}
        criteria:
          - {id: 1.3.1, remove: true}
          - {id: "1.2", formula: count, indicator: staff, each: 1, points: 4}
          - {id: "1.4", formula: flag, indicator: open_data, points: 3, may_be_not_applicable: true}
          - {id: "1.1", points: 6}
      more:
        indicators: {open_data: {kind: flag, title: {en: Open data}}}
        criteria: [{id: "2", formula: flag, indicator: open_data, points: 1}]
    levels:
      - {level: 3, gates: [{measure: total, at_least: 10%}]}
      - {level: 2, remove: true}
      - {level: 1, provenance: reconstructed}
"""
"""A set that extends ``WARDS``."""


def problems(text: str) -> list[str]:
    """The problems of a document, as the loader lists them."""
    plan, document = load_set(INSTALLED, "wards.yaml", text, COMPILER)
    assert (plan is None) == bool(document.problems)
    return [str(problem).removeprefix("wards.yaml:") for problem in document.sorted_problems()]


def changed(*changes: tuple[str, str]) -> str:
    """``WARDS`` with texts replaced, each of which it has once."""
    text = WARDS
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
