"""The conformance kit: whether a plugin keeps what every plugin promises. Public, beside ``scorer.plugin_api``.

# tests/test_water_quality.py of an author's distribution, run by pytest
from scorer.testing import Conformance

class TestWaterQuality(Conformance):
    plugin = "water_quality"

has one test a check (``test_missing_is_not_zero`` and so on), made of the criteria sets that the plugin issues or that
are installed and use it, or else of criteria made from its indicators, and of answers that are drawn, always the same
ones. ``scorer plugins check water_quality`` runs the same checks without pytest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

# This package is loaded into every run of pytest where the scorer is installed, so nothing else is imported up here.
if TYPE_CHECKING:
    from scorer.testing.conformance.checks import Check
    from scorer.testing.conformance.plugin_under_test import PluginUnderTest

__all__ = ["Conformance"]


class Conformance:
    """The checks as tests of one plugin. Subclass it, as ``Test...``, and name the plugin."""

    plugin: ClassVar[object] = ""
    """Name of its entry point in the group ``scorer.plugins``, or its module, which need not be installed."""
    _subject: ClassVar[PluginUnderTest | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Adds the tests; a test that a class defines itself stays."""
        super().__init_subclass__(**kwargs)
        from scorer.testing.conformance.checks import CHECKS

        cls._subject = None
        for check in CHECKS:
            name = f"test_{check.name}"
            if not hasattr(cls, name):
                setattr(cls, name, _test(check))

    @classmethod
    def subject(cls) -> PluginUnderTest:
        """The plugin and what it is tried with, found once for all tests of the class."""
        from scorer.testing.conformance.plugin_under_test import PluginUnderTest

        if cls._subject is None:
            cls._subject = PluginUnderTest.of(cls.plugin)
        return cls._subject


def _test(check: Check) -> Callable[[Conformance, Any], None]:
    def test(self: Conformance, request: Any) -> None:
        import pytest

        result = check.run(self.subject())
        if result.outcome == "failed":
            pytest.fail(result.text, pytrace=False)
        if result.outcome == "skipped":
            pytest.skip(result.text)
        request.node.user_properties.extend(("scorer cost", cost) for cost in result.costs)

    test.__name__ = f"test_{check.name}"
    test.__doc__ = check.title
    return test
