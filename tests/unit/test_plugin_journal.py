"""The record of the plugins that score in a worker, by which a crash is attributed."""

from __future__ import annotations

from scorer.plugins.journal import PluginJournal


def test_the_newest_calls_are_recorded_if_not_all_fit() -> None:
    journal = PluginJournal.create()
    try:
        journal.write([(1, ["ended"])])
        journal.write([(thread, [f"{thread:04}" * 500]) for thread in range(40)])
        plugins = journal.read_death().plugins
        assert "ended" not in plugins
        assert plugins[-1] == "0039" * 500
    finally:
        journal.close()
