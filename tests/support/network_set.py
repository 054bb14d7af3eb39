"""A criteria set that ranks communes within their districts, and a file of answers: for the commands and reports."""

from __future__ import annotations

from harness import group

from scorer.plugin_api import Indicator

NETWORK_GROUP = group("network", Indicator("firewall", kind="flag"), Indicator("computers", kind="count"))

NETWORK = """
criteria_set: network-2020
effective: {from: 2020-01-01, to: 2020-12-31}
title: {en: Network}
tiers: [district, commune]
provenance: published
commend: {best: {commune: 1}}
ranking: {cohort: {commune: parent}}
categories:
  readiness:
    groups:
      network:
        criteria:
          - {id: NW.01, title: {en: Firewall, vi: Tường lửa}, formula: flag, indicator: firewall, points: 2}
          - {id: NW.02, formula: count, indicator: computers, each: 1, points: 4}
"""

NETWORK_ANSWERS = """\
id,tier,name,parent,firewall,computers
na-ri,district,Na Rì,,1,3
ba-be,district,Ba Bể,,1,4
kim-lu,commune,Kim Lư,na-ri,1,2
hao-nghia,commune,Hảo Nghĩa,na-ri,,2
dia-linh,commune,Địa Linh,ba-be,0,0
"""
