"""A fault of a plugin, or of the service itself, fails only its call, and is named."""

from __future__ import annotations

import decimal
import logging
import math
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.rpc import status_pb2
from harness import catalogue, good, group, host, refusal, serving
from small_set import (
    INFRASTRUCTURE,
    LONG_WORDS,
    OTHER_SET,
    WATER,
    WELLS,
    calls_with,
    logged,
    rank,
    row,
    score,
    still_answers,
)

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.catalogue.catalogue import Catalogue
from scorer.plugin_api import Cohort, Criterion, CriterionFault, GroupPoints


def gives(change: Callable[[np.ndarray, np.ndarray], object]) -> Callable[..., object]:
    """A ``score`` that calls ``change`` and returns its result, or no points if that is None."""

    def score(_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> object:
        points = np.zeros((len(criteria), len(cohort)))
        status = np.ones(points.shape, dtype=np.uint8)
        given = change(points, status)
        return GroupPoints(points, status) if given is None else given

    return score


def set_value(array: int, value: float) -> Callable[..., object]:
    """Sets a value of the second criterion of the last unit, in points (0) or status (1)."""

    def change(*arrays: np.ndarray) -> None:
        arrays[array][1, -1] = value

    return gives(change)


def raising(error: BaseException) -> Callable[..., object]:
    def score(*_: object) -> object:
        raise error

    return score


def recursing(*given: object) -> object:
    return recursing(*given)


def changing(field: str) -> Callable[..., object]:
    """A ``score`` that changes something of the cohort."""

    def score(_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> object:
        getattr(cohort, field)[0 if field == "matrix" else "W.1"] = 1
        return None

    return score


class Unspeakable(Exception):
    def __repr__(self) -> str:
        raise SystemExit("no words")


def disturbing(disturb: Callable[[], object]) -> Callable[..., object]:
    """A ``score`` that changes something of the process, and gives no points."""
    return gives(lambda *_: disturb() and None)


BAD_SCORES: dict[str, tuple[Callable[..., object], str, str]] = {
    "an exception": (raising(RuntimeError("hết nước")), "", "score() raised RuntimeError('hết nước')"),
    "the end of the process": (raising(SystemExit(1)), "", "score() raised SystemExit(1)"),
    "nothing": (lambda *_: None, "", "score() returned None, not GroupPoints"),
    "a generator": (lambda *_: (n for n in range(2)), "", "score() returned <generator object "),
    "a thing that cannot be shown": (lambda *_: Unspeakable(), "", "score() returned a Unspeakable, not GroupPoints"),
    "an interrupt": (raising(KeyboardInterrupt()), "", "score() raised KeyboardInterrupt()"),
    "too deep a recursion": (recursing, "", "score() raised RecursionError("),
    "no memory": (raising(MemoryError()), "", "score() raised MemoryError()"),
    "an exception that cannot be shown": (raising(Unspeakable()), "", "score() raised a Unspeakable"),
    "a changed cohort": (changing("matrix"), "", "score() raised ValueError('assignment destination is read-only')"),
    "other units left out": (changing("excluded"), "", "score() raised TypeError("),
    "other rows": (changing("rows"), "", "score() raised TypeError("),
    "other indicators": (changing("indicators"), "", "score() raised TypeError("),
    "NaN": (
        set_value(0, math.nan), "W.2", "returned nan with status 1; allowed are whole micropoints from 0 to 2000000",
    ),
    "infinity": (
        set_value(0, math.inf), "W.2", "returned inf with status 1; allowed are whole micropoints from 0 to 2000000",
    ),
    "half a micropoint": (
        set_value(0, 0.5), "W.2", "returned 0.5 with status 1; allowed are whole micropoints from 0 to 2000000",
    ),
    "points over the maximum": (
        set_value(0, 2_000_001), "W.2",
        "returned 2000001.0 with status 1; allowed are whole micropoints from 0 to 2000000",
    ),
    "points below nothing": (
        set_value(0, -1), "W.2", "returned -1.0 with status 1; allowed are whole micropoints from 0 to 2000000",
    ),
    "points beyond 64 bits": (
        set_value(0, 1e300), "W.2", "returned 1e+300 with status 1; allowed are whole micropoints from 0 to 2000000",
    ),
    "status 0": (
        set_value(1, 0), "W.2", "returned 0.0 with status 0; allowed are whole micropoints from 0 to 2000000",
    ),
    "status 4": (
        set_value(1, 4), "W.2", "returned 0.0 with status 4; allowed are whole micropoints from 0 to 2000000",
    ),
    "points lying down": (
        gives(lambda points, status: GroupPoints(points.T, status.T)),
        "", "points have shape (3, 2) and status (3, 2), not (2, 3)",
    ),
    "a criterion too few": (
        gives(lambda points, status: GroupPoints(points[:1], status[:1])),
        "", "points have shape (1, 3) and status (1, 3), not (2, 3)",
    ),
    "status of another shape": (
        gives(lambda points, status: GroupPoints(points, status[:, :1])),
        "", "points have shape (2, 3) and status (2, 1), not (2, 3)",
    ),
    "points in 32 bits": (
        gives(lambda points, status: GroupPoints(points.astype(np.float32), status)),
        "", "points are float32 and status uint8, not int64 and uint8",
    ),
    "status as words": (
        gives(lambda points, status: GroupPoints(points, status.astype(np.int64))),
        "", "points are float64 and status int64, not int64 and uint8",
    ),
    "points as text": (
        gives(lambda points, status: GroupPoints(points.astype(str), status)), "", "points are <U32 and status uint8",
    ),
    "a fault of a criterion without its cause": (
        raising(CriterionFault("W.2", ValueError("salty"))), "W.2", "raised ValueError('salty')",
    ),
    "another working directory": (
        disturbing(lambda: os.chdir("/")), "", "changes the working directory, which the whole service uses",
    ),
    "NumPy's errors raised": (
        disturbing(lambda: np.seterr(all="raise")), "", "changes NumPy's handling of errors (seterr), which the whole",
    ),
    "less precise decimals": (
        disturbing(lambda: decimal.setcontext(decimal.Context(prec=3))), "", "changes the decimal context, which the",
    ),
    "a timer": (
        disturbing(lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 3600)), "", "changes timers, which the whole",
    ),
    "no function for the exceptions of threads": (
        disturbing(lambda: setattr(threading, "excepthook", None)), "", "changes threading.excepthook, which the whole",
    ),
    "masked points": (
        gives(lambda points, status: GroupPoints(np.ma.masked_equal(points, 0), status)),
        "", "returned a masked array as points; its mask would be ignored",
    ),
    "masked status": (
        gives(lambda points, status: GroupPoints(points, np.ma.masked_equal(status, 1))),
        "", "returned a masked array as status; its mask would be ignored",
    ),
    "ragged points": (
        gives(lambda points, status: GroupPoints([[1.0], [1.0, 2.0, 3.0]], status)),  # type: ignore[arg-type]
        "", "score() raised ValueError(",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SCORES.values(), ids=BAD_SCORES)
def test_a_plugin_with_invalid_results_fails_only_its_call_and_is_named(
    caplog: pytest.LogCaptureFixture, case: tuple[Callable[..., object], str, str]
) -> None:
    score_of_plugin, criterion, what = case
    here = Path.cwd()
    caplog.set_level(logging.INFO)
    water = group("water", *WELLS, score=score_of_plugin)
    with serving(good(catalogue(host(water, INFRASTRUCTURE), WATER, OTHER_SET))) as service:
        with refusal() as caught:
            service.scorer.RankProvince(
                scorer_pb2.RankProvinceRequest(
                    criteria_set="water-2020", rows=scorer_pb2.UnitRows(units=[row(code) for code in "abc"])
                ),
                metadata=[("x-request-id", "tinh-46")],
                timeout=5,
            )
        refused = caught[0]
        assert refused.code is grpc.StatusCode.INTERNAL
        where = f"group 'water' of plugin 'water'{f', criterion {criterion}' if criterion else ''}: "
        assert refused.details.startswith(where + what)
        assert (refused.info.reason, refused.info.domain) == ("PLUGIN_FAULT", "scorer.egov.vn")
        assert dict(refused.info.metadata) == {
            "group": "water", "criterion": criterion, "plugin": "water", "distribution": "", "request_id": "tinh-46",
        }  # fmt: skip
        assert Path.cwd() == here
        assert "Traceback" not in refused.details
        assert ".py" not in refused.details
        (call,) = logged(caplog, f"call: {refused.details}")
        assert (call["request_id"], call["code"], call["reason"]) == ("tinh-46", "INTERNAL", "PLUGIN_FAULT")
        assert still_answers(service, "beside-2020")


def test_a_long_error_message_of_a_plugin_is_shortened() -> None:
    water = group("water", *WELLS, score=raising(RuntimeError(LONG_WORDS * 30)))
    with serving(good(catalogue(host(water), WATER))) as service:
        with pytest.raises(grpc.RpcError) as caught:
            score(service, row("hue"), "water-2020")
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        said = f"group 'water' of plugin 'water': score() raised RuntimeError('{LONG_WORDS[:20]}"
        assert caught.value.details().startswith(said)
        assert dict(caught.value.trailing_metadata())["grpc-status-details-bin"]


def test_a_plugin_that_failed_once_is_called_again() -> None:
    def moody(group_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> GroupPoints:
        if "poison" in cohort.unit_ids:
            raise RuntimeError("poisoned")
        return GroupPoints(
            np.zeros((len(criteria), len(cohort))), np.ones((len(criteria), len(cohort)), dtype=np.uint8)
        )

    with serving(good(catalogue(host(group("water", *WELLS, score=moody)), WATER))) as service:
        with refusal() as caught:
            rank(service, row("hue"), row("poison"), criteria_set="water-2020")
        assert caught[0].code is grpc.StatusCode.INTERNAL
        assert rank(service, row("hue"), criteria_set="water-2020").rankings[0].unit_count == 1


TWO_GROUPS = (
    WATER.replace("water-2020", "two-2020")
    + """\
      roads:
        criteria:
          - {id: R.1, formula: awarded, indicator: wells, points: 2}
"""
)


def test_arrays_that_a_plugin_changes_later_change_no_result() -> None:
    kept: list[np.ndarray] = []

    def score_of_plugin(_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> GroupPoints:
        for array in kept:
            array[:] = 3
        shape = len(criteria), len(cohort)
        kept.extend((np.full(shape, 1_000_000), np.ones(shape, dtype=np.uint8)))
        return GroupPoints(*kept[-2:])

    two = [group(name, *WELLS, score=score_of_plugin) for name in ("water", "roads")]
    with serving(good(catalogue(host(*two), TWO_GROUPS))) as service:
        for _ in range(2):
            assert score(service, row("hue"), "two-2020").scorecard.overall.score.points == 3


def test_a_plugin_cannot_write_to_answers_that_other_groups_read_too() -> None:
    refused: list[str] = []

    def score_of_plugin(_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> GroupPoints:
        for array in (cohort.matrix, *cohort.excluded.values()):
            with pytest.raises(ValueError, match="read-only"):
                array.base[...] = 1  # type: ignore[index]
            with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
                array.setflags(write=True)
            refused.append(cohort.tier)
        shape = len(criteria), len(cohort)
        return GroupPoints(np.zeros(shape), np.ones(shape, dtype=np.uint8))

    water = group("water", *WELLS, score=score_of_plugin)
    document = WATER.replace("tiers: [district]", "tiers: [commune, district]").replace(
        "wells, points: 2", "wells, points: 2, may_be_not_applicable: true"
    )
    with serving(good(catalogue(host(water), document))) as service:
        out = row("out", not_applicable=("W.2",))
        score(service, out, "water-2020")
        rank(service, row("hue"), out, row("xa", tier="commune"), criteria_set="water-2020")
    assert sorted(refused) == ["commune"] * 2 + ["district"] * 4


class BrokenCatalogue(Catalogue):
    """A catalogue that fails: a fault of the service."""

    @property
    def sets(self) -> object:  # type: ignore[override]
        raise KeyError("s3cret of the house")


def test_an_internal_error_reveals_only_the_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = object.__new__(BrokenCatalogue)
    with serving(broken) as service:
        calls = calls_with(service, "tested-2020")
        calls["ListCriteriaSets"] = lambda: service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest())
        for method, call in calls.items():
            caplog.clear()
            with refusal() as caught:
                call()
            refused = caught[0]
            request_id = refused.info.metadata["request_id"]
            assert refused.code is grpc.StatusCode.INTERNAL
            assert refused.details == f"the service failed; its log has request id {request_id}"
            assert (refused.info.reason, refused.info.domain) == ("INTERNAL", "scorer.egov.vn")
            status = str(status_pb2.Status.FromString(refused.trailers["grpc-status-details-bin"]))
            assert "s3cret" not in status
            (record,) = (record for record in caplog.records if record.name == "scorer.calls")
            assert (record.request_id, record.method) == (request_id, method)
            assert record.exc_info is not None
            assert "s3cret of the house" in str(record.exc_info[1])
