"""A criteria set that declares its own group, with answers. It needs no plugin."""

from __future__ import annotations

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
