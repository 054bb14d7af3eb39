"""The conformance kit: pytest tests that every plugin has to pass. Public, like ``scorer.plugin_api``.

    # tests/test_water_quality.py in the plugin's distribution
    from scorer.testing import Conformance

    class TestWaterQuality(Conformance):
        plugin = "water_quality"

The class has one test for each check, such as ``test_missing_is_not_zero``. The tests score generated answers, the
same in every run. They use the plugin's criteria sets and other installed sets that use the plugin, or, if there are
none, criteria generated from its indicators. ``scorer plugins check water_quality`` runs the same checks without
pytest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

# Every run of pytest imports this package if the scorer is installed. So other modules are imported only when needed.
if TYPE_CHECKING:
    from scorer.testing.conformance.checks import Check
    from scorer.testing.conformance.plugin_under_test import PluginUnderTest

__all__ = ["Conformance"]


class Conformance:
    """The checks of one plugin, as tests. Subclass it with a name that starts with ``Test``, and set ``plugin``."""

    plugin: ClassVar[object] = ""
    """Name of the plugin's entry point in the group ``scorer.plugins``, or its module, which need not be installed."""
    _subject: ClassVar[PluginUnderTest | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Adds a test for each check, unless the class itself defines a test of this name."""
        super().__init_subclass__(**kwargs)
        from scorer.testing.conformance.checks import CHECKS

        cls._subject = None
        for check in CHECKS:
            name = f"test_{check.name}"
            if not hasattr(cls, name):
                setattr(cls, name, _test(check))

    @classmethod
    def subject(cls) -> PluginUnderTest:
        """The plugin under test; it is loaded once for all tests of the class."""
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
