"""What becomes of a running server that is asked for several times as much as it can do, and how soon it is well again.

    python benchmarks/overload.py 127.0.0.1:50051 --method RankProvince --units 1000 --times 5 --seconds 30

One call at a time first, then as many as it can answer, then so many times as many a second whether it answers or not,
and a second later one at a time again. Client and server share the machine's cores, if they share the machine.
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

REST = 1.0
"""Seconds in which it has to be well again."""

MOST = 2_000
"""Calls under way at once, at most, while more are begun than are answered."""


def main(
    target: Annotated[str, typer.Argument(help="A running server, such as 127.0.0.1:50051.", metavar="HOST:PORT")],
    method: Annotated[Method, typer.Option(help="What to call.")] = Method.RANK_PROVINCE,
    criteria_set: Annotated[str, typer.Option(help="Code of the set; the server's first one if not given.")] = "",
    units: Annotated[int, typer.Option(min=1, help="Drawn units of a RankProvince call, a table.")] = 1_000,
    times: Annotated[float, typer.Option(min=1, help="How many times its capacity is asked for.")] = 5.0,
    busy: Annotated[int, typer.Option(min=1, help="Calls in flight by which its capacity is found.")] = 4,
    processes: Annotated[int, typer.Option(min=1, help="Client processes.")] = 1,
    seconds: Annotated[float, typer.Option(min=1, help="How long it is overloaded; the rest takes a fifth each.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Overload a running server, and say what became of the calls."""
    try:
        with Client(target) as client:
            requests = Requests.of(client, criteria_set)
    except (ScorerError, NotDrawn) as error:
        print(f"overload: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    bodies = [requests.province(units)] if method is Method.RANK_PROVINCE else requests.single()
    steps = list(overload(Load(target, PATHS[method], bodies, processes, 1, seconds), times, busy))
    found = {name: figures(outcome) for name, outcome in steps}
    if as_json:
        print(json.dumps(found, indent=2))
        return
    print(f"{method.value}, {requests.criteria_set}, {sum(map(len, bodies)) / len(bodies):,.0f} bytes")
    for name, step in found.items():
        print(f"{name:<11} " + ", ".join(f"{what.replace('_', ' ')} {value:,.5g}" for what, value in step.items()))


def overload(load: Load, times: float, busy: int) -> Iterator[tuple[str, Outcome]]:
    """The steps, by name.

    Args:
        load: how it is put on the server, one call at a time, and how long.
        times: how many times its capacity is asked for.
        busy: calls in flight by which its capacity is found.
    """
    short = replace(load, seconds=load.seconds / 5)
    yield "unloaded", run(short)
    full = run(replace(short, in_flight=busy))
    yield "capacity", full
    yield "overloaded", run(replace(load, in_flight=MOST, rate=times * full.rate))
    time.sleep(REST)
    yield "afterwards", run(short)


def figures(outcome: Outcome) -> dict[str, Any]:
    """What came of a step, for machines."""
    found: dict[str, Any] = {"answered_per_second": outcome.rate}
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        found[f"{name}_ms"] = outcome.latency(share) * 1e3
    if outcome.refused:
        found["refused_per_second"] = len(outcome.refused) / outcome.seconds
        found |= {f"refused_{name}_ms": outcome.refusal(share) * 1e3 for name, share in (("p50", 0.5), ("p99", 0.99))}
    found |= {code.lower(): calls for code, calls in sorted(outcome.errors.items()) if code != "RESOURCE_EXHAUSTED"}
    return found | {"client_cpu": outcome.client_cpu}


if __name__ == "__main__":
    typer.run(main)
