"""The pytest plugin of the scorer: shows the costs of tested plugins, and collects cases of criteria sets on request.

A project turns on the collection of cases (NAME.cases.yaml) with

    [tool.pytest.ini_options]
    scorer_cases = true
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the setting ``scorer_cases``."""
    help_text = "collect the cases of criteria sets (NAME.cases.yaml), as -p scorer.testing.cases.pytest_plugin does"
    parser.addini("scorer_cases", help_text, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Loads the plugin that collects cases if ``scorer_cases`` is true."""
    if config.getini("scorer_cases"):
        config.pluginmanager.import_plugin("scorer.testing.cases.pytest_plugin")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows the time per unit of each tested plugin."""
    reports = terminalreporter.stats.get("passed", [])
    costs = [value for report in reports for name, value in report.user_properties if name == "scorer cost"]
    if costs:
        terminalreporter.section("scorer: cost of the tested plugins")
        for cost in costs:
            terminalreporter.write_line(str(cost))
