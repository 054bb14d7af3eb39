"""The directory of broken documents, and the groups that they need."""

from __future__ import annotations

from pathlib import Path

from harness import group

from scorer.plugin_api import Indicator

BROKEN = Path(__file__).parent / "broken"
GROUPS = {
    "drill": group(
        "drill",
        Indicator("computers", kind="count"),
        Indicator("staff", kind="count"),
        Indicator("meetings", kind="count"),
        Indicator("bandwidth", kind="number"),
        Indicator("firewall", kind="flag"),
        Indicator("chair", kind="choice", options=("chairman", "deputy", "none")),
        Indicator("founded", kind="date"),
    ),
    "odd": group("odd", Indicator("computers", kind="number"), Indicator("lamp", kind="flag")),
    "policy_environment": group("policy_environment", Indicator("policy_environment_awarded", kind="number")),
    "infrastructure": group(
        "infrastructure",
        Indicator("infrastructure_awarded", kind="number"),
        Indicator("infrastructure_conditional_awarded", kind="number"),
    ),
    "human_resources": group("human_resources", Indicator("human_resources_awarded", kind="number")),
}
"""Groups that documents can ask for: one of every kind of indicator, one at odds with it, and three like the bundled
ones, which may come to know more."""
