"""A check of a plugin that raises is reported as a fault of the plugin, and its messages are escaped."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import grpc
import numpy as np
import pytest
from harness import catalogue, good, group, host, refusal, serving
from small_set import INFRASTRUCTURE, OTHER_SET, WATER, WELLS, rank, row, still_answers

from scorer.plugin_api import Check, Cohort


@dataclass(frozen=True)
class Made(Check):
    """A check made from functions."""

    reason: ClassVar[str] = "TOO_DRY"
    violating: Callable[[Cohort], object]
    describing: Callable[[], object]

    def reads(self) -> tuple[str, ...]:
        return ("wells",)

    def violated(self, cohort: Cohort) -> np.ndarray:
        return self.violating(cohort)  # type: ignore[return-value]

    def describe(self, cohort: Cohort, unit: int) -> str:
        return self.describing()  # type: ignore[return-value]


def raising() -> str:
    raise SystemExit("no\nwater")


def changing(change: Callable[[Cohort], object]) -> Callable[[Cohort], object]:
    """Changes something, and finds no violation."""

    def violating(cohort: Cohort) -> np.ndarray:
        change(cohort)
        return np.zeros(len(cohort), dtype=np.bool_)

    return violating


def violated_by_all(cohort: Cohort) -> np.ndarray:
    return np.ones(len(cohort), dtype=np.bool_)


Case = tuple[Callable[[Cohort], object], Callable[[], object], str]

BAD_CHECKS: dict[str, Case] = {
    "violated raises": (lambda _: raising(), str, "violated() of check TOO_DRY raised SystemExit('no\\nwater')"),
    "one value for all units": (
        lambda _: np.zeros(1, dtype=np.bool_),
        str,
        "violated() of check TOO_DRY returned bool of shape (1,), not bool of shape (2,)",
    ),
    "nothing": (lambda _: None, str, "violated() of check TOO_DRY returned object of shape ()"),
    "numbers": (
        lambda cohort: violated_by_all(cohort) * 1.0,
        str,
        "violated() of check TOO_DRY returned float64 of shape",
    ),
    "a masked array": (
        lambda cohort: np.ma.array(violated_by_all(cohort), mask=True),
        str,
        "violated() of check TOO_DRY returned a masked array; its mask would be ignored",
    ),
    "describe raises": (violated_by_all, raising, "describe() of check TOO_DRY raised SystemExit('no\\nwater')"),
    "another working directory": (
        changing(lambda _: os.chdir("/")),
        str,
        "changes the working directory, which the whole service uses",
    ),
    "changed answers": (
        changing(lambda cohort: cohort.matrix.fill(1)),
        str,
        "violated() of check TOO_DRY raised ValueError('assignment destination is read-only')",
    ),
    "changed rows": (
        changing(lambda cohort: cohort.rows.clear()),  # type: ignore[attr-defined]
        str,
        "violated() of check TOO_DRY raised AttributeError(",
    ),
    "other units left out": (
        changing(lambda cohort: cohort.excluded.update({})),  # type: ignore[attr-defined]
        str,
        "violated() of check TOO_DRY raised AttributeError(",
    ),
    "no description": (violated_by_all, lambda: None, "describe() of check TOO_DRY returned None, not a text"),
}


@pytest.mark.parametrize("case", BAD_CHECKS.values(), ids=BAD_CHECKS)
def test_a_check_that_raises_names_its_plugin(
    case: tuple[Callable[[Cohort], object], Callable[[], object], str],
) -> None:
    violating, describing, what = case
    water = group("water", *WELLS, checks=[Made(violating, describing)])
    with serving(good(catalogue(host(water, INFRASTRUCTURE), WATER, OTHER_SET))) as service:
        with refusal() as caught:
            rank(service, row("a"), row("b"), criteria_set="water-2020")
        refused = caught[0]
        assert (refused.code, refused.info.reason) == (grpc.StatusCode.INTERNAL, "PLUGIN_FAULT")
        assert refused.details.startswith(f"group 'water' of plugin 'water': {what}")
        assert (refused.info.metadata["group"], refused.info.metadata["plugin"]) == ("water", "water")
        assert still_answers(service, "beside-2020")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\u202e\nserving on 1.2.3.4", "\\x1b[31mred\\u202e serving on 1.2.3.4"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_messages_of_checks_are_one_printable_line(text: str, shown: str) -> None:
    water = group("water", *WELLS, checks=[Made(violated_by_all, lambda: text)])
    with serving(good(catalogue(host(water), WATER))) as service:
        with refusal() as caught:
            rank(service, row("a"), criteria_set="water-2020")
        assert caught[0].code is grpc.StatusCode.INVALID_ARGUMENT
        assert caught[0].details.endswith(f": {shown}")
