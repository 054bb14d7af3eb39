"""scorer plugins check: runs the conformance kit without pytest."""

from __future__ import annotations

import typer
from rich.markup import escape

from scorer.cli.loading import quiet_host
from scorer.cli.output import UserError, err, out
from scorer.testing.conformance.checks import CHECKS
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

_LABELS = {"ok": "[green]ok     [/]", "failed": "[red]failed [/]", "skipped": "skipped"}


def check_plugin(name: str = typer.Argument(help="Name of the plugin, as `scorer plugins list` shows it.")) -> None:
    """Check that a plugin follows the rules for all plugins, such as: a missing answer is not zero.

    scorer.testing has the same checks as tests for pytest. If several plugins have this name, all of them are checked.
    Exit code 1 if a check fails.
    """
    with err.status(f"trying out {name}"):
        host = quiet_host()
    subjects = PluginUnderTest.named(name, host)
    failed = [_check(subject, name if len(subjects) == 1 else str(subject.plugin)) for subject in subjects]
    if any(failed):
        raise typer.Exit(1)


def _check(subject: PluginUnderTest, label: str) -> bool:
    """Checks one plugin and prints the results. Returns whether a check failed.

    Raises:
        UserError: there is no plugin of this name.
    """
    if subject.plugin not in subject.host.plugins:
        raise UserError(subject.plugin.failure)
    counts = dict.fromkeys(_LABELS, 0)
    for check in CHECKS:
        result = check.run(subject)
        counts[result.outcome] += 1
        out.print(f"{_LABELS[result.outcome]} {check.name}: {escape(check.title)}", soft_wrap=True)
        for line in (*result.text.splitlines(), *result.costs):
            out.print(f"          {escape(line)}", soft_wrap=True)
    out.print(f"{escape(label)}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return bool(counts["failed"])
