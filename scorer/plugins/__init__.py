"""Plugins: found by their entry points, tried out when a stranger's, checked, and quarantined one by one."""

from scorer.plugins.declaration import CASES, take_in
from scorer.plugins.host import ENTRY_POINTS, PluginHost
from scorer.plugins.plugin import Plugin, PluginError, label
from scorer.plugins.probation import TIME_LIMIT

__all__ = ["CASES", "ENTRY_POINTS", "TIME_LIMIT", "Plugin", "PluginError", "PluginHost", "label", "take_in"]
