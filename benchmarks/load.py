"""Measures a running server under load: throughput, latencies and errors.

    python benchmarks/load.py 127.0.0.1:50051 --criteria-set hue-2020 --in-flight 50 --seconds 10

Requests are drawn for any criteria set that the server has, or read from a CSV file. Clients do not parse replies.
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
from load_clients import MESSAGE_LIMITS, Load, Outcome, run
from load_requests import NotDrawn, Requests
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from scorer_client import Client, ScorerError

BUSY = 0.9
"""CPU load of a client process, in cores, above which the clients may limit the throughput."""


class Method(StrEnum):
    """The method that is called."""

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
        Method, typer.Option(help="Method to call; noop sends ScoreUnit requests to benchmarks/noop.py.")
    ] = Method.SCORE_UNIT,
    criteria_set: Annotated[str, typer.Option(help="Code of the set; by default the server's first set.")] = "",
    tier: Annotated[str, typer.Option(help="Tier of the drawn units; by default the set's first tier.")] = "",
    units: Annotated[int, typer.Option(min=1, help="Number of drawn units in a RankProvince call.")] = 1_000,
    data: Annotated[
        Path | None, typer.Option(help="Send the units of this file instead of drawn ones.", metavar="FILE.csv")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Number of client processes.")] = 2,
    in_flight: Annotated[int, typer.Option(min=1, help="Calls at a time, over all processes.")] = 50,
    seconds: Annotated[float, typer.Option(min=0.1, help="Duration in seconds.")] = 10.0,
    timeout: Annotated[float, typer.Option(min=0.001, help="Time limit of a call in seconds.")] = 60.0,
    record: Annotated[
        Path | None, typer.Option(help="Only write one request to a file, for h2load.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Call a running server continuously. Exit code 1: a call failed; 2: nothing could be sent."""
    is_ranking = method is Method.RANK_PROVINCE
    try:
        with Client(target, timeout=timeout) as client:
            requests = Requests.of(client, criteria_set, tier, data)
        bodies = [requests.province(units)] if is_ranking else requests.single()
        reply = call_once(target, PATHS[method], bodies[0], timeout)
    except (ScorerError, NotDrawn, OSError) as error:
        print(f"load: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    if record is not None:
        record.write_bytes(frame(bodies[0]))
        print(f"{record}: post it to {PATHS[method]}; a correct reply has {len(frame(reply))} bytes of data")
        return
    parameters = {
        "target": target,
        "method": method.value,
        "criteria_set": requests.criteria_set,
        "units": (units if requests.repeats else len(requests.rows)) if is_ranking else 1,
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
    result = parameters | figures(outcome)
    print(json.dumps(result, indent=2) if as_json else text(result))
    raise typer.Exit(1 if outcome.errors else 0)


def call_once(target: str, path: str, body: bytes, timeout: float) -> bytes:
    """Sends one request and returns the reply.

    Raises:
        ScorerError: the call failed.
    """
    with grpc.insecure_channel(target, MESSAGE_LIMITS) as channel:
        try:
            reply: bytes = channel.unary_unary(path)(body, timeout=timeout)
        except grpc.RpcError as error:
            raise ScorerError.of_call(error, "") from error
    return reply


def frame(message: bytes) -> bytes:
    """A message in the format of gRPC: 0 for not compressed, the length in four bytes, the message."""
    return struct.pack(">BI", 0, len(message)) + message


def figures(outcome: Outcome) -> dict[str, Any]:
    """The results as values for JSON."""
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


def text(result: dict[str, Any]) -> str:
    """The results as text."""
    size = f" of {result['units']:,} units" if result["method"] == Method.RANK_PROVINCE else ""
    lines = [
        f"{result['method']}{size}, {result['criteria_set']}, {result['request_bytes']:,.0f} bytes: "
        f"{result['in_flight']} in flight from {result['processes']} processes",
        f"throughput   {result['calls_per_second']:,.1f} calls/s",
    ]
    if result["units"] > 1:
        lines.append(f"             {result['calls_per_second'] * result['units']:,.0f} units/s")
    if result["latency_ms"]:
        latency = ", ".join(f"{name} {value:,.2f} ms" for name, value in result["latency_ms"].items())
        lines += [f"latency      {latency}", f"reply        {result['reply_bytes']:,.0f} bytes"]
    errors = ", ".join(f"{code} {calls:,}" for code, calls in result["errors"].items())
    lines.append(f"errors       {errors or 'none'}")
    busy = "; perhaps the clients are the limit, not the server" if result["client_cpu"] > BUSY else ""
    lines.append(f"client CPU   {result['client_cpu']:.0%} of a core per process{busy}")
    return "\n".join(lines)


class Live:
    """Shows progress: time since the first call, and calls per second."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._seen: list[tuple[float, int]] = []

    def show(self, calls: int) -> None:
        """Updates the number of calls that have ended."""
        if calls:
            self._seen.append((time.perf_counter(), calls))
            (start, _), (before, fewer), (now, _) = self._seen[0], self._seen[-2:][0], self._seen[-1]
            rate = f"{(calls - fewer) / (now - before):,.0f} calls/s" if now > before else ""
            self._progress.update(self._task, description="calling", completed=now - start, rate=rate)


if __name__ == "__main__":
    typer.run(main)
