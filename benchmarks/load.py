"""Load on a running server: throughput, latencies and errors of calls that are kept in flight.

    python benchmarks/load.py 127.0.0.1:50051 --criteria-set hue-2020 --in-flight 50 --seconds 10

Requests are drawn for any criteria set from what the server says of it, or read from a CSV file. Clients send and take
bytes: what they would do with a reply is not timed.
"""

from __future__ import annotations

import json
import struct
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from load_clients import LARGE, Load, Outcome, run
from load_requests import NotDrawn, Requests
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from scorer_client import Client, ScorerError

BUSY = 0.9
"""A client process that computes for this share of the time may be what limits the throughput."""


class Method(StrEnum):
    """What is called."""

    SCORE_UNIT = "ScoreUnit"
    RANK_PROVINCE = "RankProvince"
    NOOP = "noop"


PATHS = {
    Method.SCORE_UNIT: "/egov.scorer.v1.ScorerService/ScoreUnit",
    Method.RANK_PROVINCE: "/egov.scorer.v1.ScorerService/RankProvince",
    Method.NOOP: "/benchmark.Nothing/Noop",
}


def main(
    target: Annotated[str, typer.Argument(help="A running server, such as 127.0.0.1:50051.", metavar="HOST:PORT")],
    method: Annotated[
        Method, typer.Option(help="What to call; noop sends what ScoreUnit sends to a server of benchmarks/noop.py.")
    ] = Method.SCORE_UNIT,
    criteria_set: Annotated[str, typer.Option(help="Code of the set; the server's first one if not given.")] = "",
    tier: Annotated[str, typer.Option(help="Tier of the drawn units; the set's first one if not given.")] = "",
    units: Annotated[int, typer.Option(min=1, help="Drawn units of a RankProvince call, a table.")] = 1_000,
    data: Annotated[
        Path | None, typer.Option(help="Send the units of this file instead of drawn ones.", metavar="FILE.csv")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Client processes.")] = 2,
    in_flight: Annotated[int, typer.Option(min=1, help="Calls under way at once, over all processes.")] = 50,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long.")] = 10.0,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that a call may take.")] = 60.0,
    record: Annotated[
        Path | None, typer.Option(help="Only write one request, framed as h2load posts it.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Keep calls in flight on a running server. Exit code 1: some calls failed; 2: nothing could be sent."""
    whole = method is Method.RANK_PROVINCE
    try:
        with Client(target, timeout=timeout) as client:
            requests = Requests.of(client, criteria_set, tier, data)
        bodies = [requests.province(units)] if whole else requests.single()
        reply = call_once(target, PATHS[method], bodies[0], timeout)
    except (ScorerError, NotDrawn, OSError) as error:
        print(f"load: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    if record is not None:
        record.write_bytes(frame(bodies[0]))
        print(f"{record}: post it to {PATHS[method]}; a right reply has {len(frame(reply))} bytes of data")
        return
    asked = {
        "target": target,
        "method": method.value,
        "criteria_set": requests.criteria_set,
        "units": (units if requests.repeats else len(requests.rows)) if whole else 1,
        "request_bytes": sum(map(len, bodies)) / len(bodies),
        "processes": processes,
        "in_flight": in_flight,
        "seconds": seconds,
    }
    load = Load(target, PATHS[method], bodies, processes, in_flight, seconds, timeout)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        live = Live(progress, progress.add_task("starting", total=seconds, rate=""))
        outcome = run(load, live.show)
    found = asked | figures(outcome)
    print(json.dumps(found, indent=2) if as_json else text(found))
    raise typer.Exit(1 if outcome.errors else 0)


def call_once(target: str, path: str, body: bytes, timeout: float) -> bytes:
    """The reply to a request.

    Raises:
        ScorerError: there is none.
    """
    with grpc.insecure_channel(target, LARGE) as channel:
        try:
            reply: bytes = channel.unary_unary(path)(body, timeout=timeout)
        except grpc.RpcError as error:
            raise ScorerError.of_call(error, "") from error
    return reply


def frame(message: bytes) -> bytes:
    """A message as it stands in an HTTP/2 body: 0 for not compressed, its length in four bytes, itself."""
    return struct.pack(">BI", 0, len(message)) + message


def figures(outcome: Outcome) -> dict[str, Any]:
    """What came of a load, for machines."""
    calls = len(outcome.latencies)
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {
        "calls": calls,
        "calls_per_second": outcome.rate,
        "latency_ms": {name: outcome.latency(share) * 1e3 for name, share in shares.items()} if calls else None,
        "errors": dict(sorted(outcome.errors.items())),
        "measured_seconds": outcome.seconds,
        "reply_bytes": outcome.reply_bytes / calls if calls else None,
        "client_cpu": outcome.client_cpu,
    }


def text(found: dict[str, Any]) -> str:
    """The same for people."""
    many = f" of {found['units']:,} units" if found["method"] == Method.RANK_PROVINCE else ""
    lines = [
        f"{found['method']}{many}, {found['criteria_set']}, {found['request_bytes']:,.0f} bytes: "
        f"{found['in_flight']} in flight from {found['processes']} processes",
        f"throughput   {found['calls_per_second']:,.1f} calls/s",
    ]
    if found["units"] > 1:
        lines.append(f"             {found['calls_per_second'] * found['units']:,.0f} units/s")
    if found["latency_ms"]:
        latency = ", ".join(f"{name} {value:,.2f} ms" for name, value in found["latency_ms"].items())
        lines += [f"latency      {latency}", f"reply        {found['reply_bytes']:,.0f} bytes"]
    errors = ", ".join(f"{code} {calls:,}" for code, calls in found["errors"].items())
    lines.append(f"errors       {errors or 'none'}")
    busy = "; perhaps the clients are the limit, not the server" if found["client_cpu"] > BUSY else ""
    lines.append(f"client CPU   {found['client_cpu']:.0%} of a core for a process{busy}")
    return "\n".join(lines)


class Live:
    """Progress while calls are made: time from the first call on, and calls a second."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._seen: list[tuple[float, int]] = []

    def show(self, calls: int) -> None:
        """So many calls have ended."""
        if calls:
            self._seen.append((time.perf_counter(), calls))
            (start, _), (before, fewer), (now, _) = self._seen[0], self._seen[-2:][0], self._seen[-1]
            rate = f"{(calls - fewer) / (now - before):,.0f} calls/s" if now > before else ""
            self._progress.update(self._task, description="calling", completed=now - start, rate=rate)


if __name__ == "__main__":
    typer.run(main)
