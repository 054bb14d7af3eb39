"""Measures a running server that gets several times as many calls as it can answer, and its recovery afterwards.

    python benchmarks/overload.py 127.0.0.1:50051 --method RankProvince --units 1000 --times 5 --seconds 30

There are four steps: one call at a time; as many calls as the server can answer; ``--times`` as many calls per second,
whether it answers or not; and, one second later, one call at a time. If client and server run on the same machine, they
share its cores.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import typer
from load import PATHS, Method
from load_clients import Load, Outcome, run
from load_requests import NotDrawn, Requests

from scorer_client import Client, ScorerError

RECOVERY_SECONDS = 1.0
"""Time between the overload and the last step."""

MAX_IN_FLIGHT = 2_000
"""Largest number of calls at a time during overload."""


def main(
    target: Annotated[str, typer.Argument(help="A running server, such as 127.0.0.1:50051.", metavar="HOST:PORT")],
    method: Annotated[Method, typer.Option(help="Method to call.")] = Method.RANK_PROVINCE,
    criteria_set: Annotated[str, typer.Option(help="Code of the set; by default the server's first set.")] = "",
    units: Annotated[int, typer.Option(min=1, help="Number of drawn units in a RankProvince call.")] = 1_000,
    times: Annotated[
        float, typer.Option(min=1, help="Calls per second during overload, as a multiple of the capacity.")
    ] = 5.0,
    busy: Annotated[int, typer.Option(min=1, help="Calls at a time to measure the capacity.")] = 4,
    processes: Annotated[int, typer.Option(min=1, help="Number of client processes.")] = 1,
    seconds: Annotated[
        float, typer.Option(min=1, help="Duration of the overload; each other step takes a fifth of it.")
    ] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Overload a running server, and print latencies and errors of each step."""
    try:
        with Client(target) as client:
            requests = Requests.of(client, criteria_set)
    except (ScorerError, NotDrawn) as error:
        print(f"overload: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    bodies = [requests.province(units)] if method is Method.RANK_PROVINCE else requests.single()
    steps = list(overload(Load(target, PATHS[method], bodies, processes, 1, seconds), times, busy))
    results = {name: figures(outcome) for name, outcome in steps}
    if as_json:
        print(json.dumps(results, indent=2))
        return
    print(f"{method.value}, {requests.criteria_set}, {sum(map(len, bodies)) / len(bodies):,.0f} bytes")
    for name, step in results.items():
        print(f"{name:<11} " + ", ".join(f"{key.replace('_', ' ')} {value:,.5g}" for key, value in step.items()))


def overload(load: Load, times: float, busy: int) -> Iterator[tuple[str, Outcome]]:
    """Runs the steps; yields name and outcome of each.

    Args:
        load: one call at a time, for the duration of the overload.
        times: calls per second during overload, as a multiple of the capacity.
        busy: calls at a time to measure the capacity.
    """
    short = replace(load, seconds=load.seconds / 5)
    yield "unloaded", run(short)
    full = run(replace(short, in_flight=busy))
    yield "capacity", full
    yield "overloaded", run(replace(load, in_flight=MAX_IN_FLIGHT, rate=times * full.rate))
    time.sleep(RECOVERY_SECONDS)
    yield "afterwards", run(short)


def figures(outcome: Outcome) -> dict[str, Any]:
    """The results of a step as values for JSON."""
    values: dict[str, Any] = {"answered_per_second": outcome.rate}
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        values[f"{name}_ms"] = outcome.latency(share) * 1e3
    if outcome.refused:
        values["refused_per_second"] = len(outcome.refused) / outcome.seconds
        values |= {f"refused_{name}_ms": outcome.refusal(share) * 1e3 for name, share in (("p50", 0.5), ("p99", 0.99))}
        values["refused_with_retry_hint"] = outcome.hinted / len(outcome.refused)
    values |= {code.lower(): calls for code, calls in sorted(outcome.errors.items()) if code != "RESOURCE_EXHAUSTED"}
    return values | {"client_cpu": outcome.client_cpu}


if __name__ == "__main__":
    typer.run(main)
