"""What pytest gains where the scorer is installed: the costs of tested plugins in its summary, and cases on request.

Cases of criteria sets, NAME.cases.yaml, are collected as tests where a project says so, never by themselves:

[tool.pytest.ini_options]
scorer_cases = true
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option ``scorer_cases``."""
    text = "collect the cases of criteria sets (NAME.cases.yaml), as -p scorer.testing.cases.pytest_plugin does"
    parser.addini("scorer_cases", text, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Loads what collects cases where that is asked for."""
    if config.getini("scorer_cases"):
        config.pluginmanager.import_plugin("scorer.testing.cases.pytest_plugin")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tested plugins take a unit."""
    reports = terminalreporter.stats.get("passed", [])
    costs = [value for report in reports for name, value in report.user_properties if name == "scorer cost"]
    if costs:
        terminalreporter.section("scorer: cost of the tested plugins")
        for cost in costs:
            terminalreporter.write_line(str(cost))
