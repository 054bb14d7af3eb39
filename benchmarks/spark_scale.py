"""egov-scorer-spark on two worker processes: equality with RankProvince, CPU time, memory and growth.

    python benchmarks/spark_scale.py                # 252,000 units in 1,260 provinces and periods; a group of 1,000,000
    python benchmarks/spark_scale.py --units 20 --large 10000 --growth 10000

CPU time is that of all processes of the cluster, so that other work on the machine matters little. Each line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from typing import Any

import grpc
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import result_columns
from peers.spark_sql import SparkSql
from province import Province, installed
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from egov.scorer.v1 import scorer_pb2 as pb
from egov.scorer.v1 import scorer_pb2_grpc
from scorer.service.background_server import serving
from scorer.service.runtime.settings import Limits, Settings
from scorer_spark import rank

SET, TIER, BY = "bac-kan-2020", "commune", ["province", "period"]
LIMITS = Limits(units=1_000_000, request_bytes=2**30)
ROWS_PER_FILE = 100_000
SHAPES = ("as written", "shuffled, killed executor", "one partition")


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--provinces", type=int, default=63)
    parser.add_argument("--periods", type=int, default=20)
    parser.add_argument("--units", type=int, default=200, help="of one province in one period")
    parser.add_argument("--large", type=int, default=1_000_000, help="units of a single group")
    parser.add_argument("--growth", default="100000,1000000", help="numbers of units, in groups of --units")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="spark-scale-"))
    spark = start()
    try:
        run = Run(spark, folder)
        run.equality("many", options.provinces * options.periods * options.units, options.periods, options.units)
        run.beside(options.rounds)
        run.equality("one group", options.large, 1, options.large)
        for units in map(int, options.growth.split(",")):
            run.growth(units, options.units)
    finally:
        spark.stop()
        shutil.rmtree(folder)


def start() -> SparkSession:
    """Starts a cluster of two worker processes with one core each, which use the Python of this process."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.sql.shuffle.partitions": "16",
        "spark.ui.port": "0",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("scale")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def shaped(df: DataFrame, shape: str) -> DataFrame:
    """The rows, partitioned and ordered as ``shape`` says."""
    if "shuffled" in shape:
        return df.repartition(37, sf.rand(1)).sortWithinPartitions(sf.rand(2))
    return df.coalesce(1) if "one partition" in shape else df


class Run:
    """The measurements, one after the other.

    Args:
        spark: the cluster.
        folder: for inputs and results.
    """

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark, self._folder = spark, folder
        self._plan = installed().sets[SET]
        self._drawn: pa.Table | None = None

    def equality(self, name: str, units: int, periods: int, per_group: int, shapes: Sequence[str] = SHAPES) -> None:
        """Checks that the results equal those of a real server: for several partitionings and orders, once with an
        executor that is killed.
        """
        table = keyed(plain(Province.draw(self._plan, units, TIER).arrow), periods, per_group)
        source = self._folder / "in"
        write(table, source)
        df = self._spark.read.parquet(str(source))
        wanted = service_rankings(table)
        for shape in shapes:
            ranking = rank(shaped(df, shape), SET, BY, tier=TIER)
            marker = self._folder / "killed"
            if "killed" in shape:
                ranking = killing(ranking, marker)
            figures = self._measured(lambda ranking=ranking: self._write(ranking))
            differences = compare(pq.read_table(self._folder / "out"), wanted)
            killed = marker.exists()
            marker.unlink(missing_ok=True)
            report(f"equality, {name}", shape=shape, units=units, differences=differences, killed=killed, **figures)
            assert differences == 0

    def beside(self, rounds: int) -> None:
        """Compares CPU time alternately with Spark SQL, and with the same work in one process without Spark."""
        table = pq.read_table(self._folder / "in")
        units = len(table)
        df = self._spark.read.parquet(str(self._folder / "in"))
        sql = SparkSql(self._plan, TIER, BY)
        province = Province.draw(self._plan, units, TIER)
        variants: dict[str, Callable[[], dict[str, Any]]] = {
            "scorer on Spark": lambda: self._measured(lambda: self._write(rank(df, SET, BY, tier=TIER))),
            "Spark SQL": lambda: self._measured(lambda: self._write(sql.rank(df), "sql")),
            "kernel alone, one cohort": lambda: own_cpu(lambda: result_columns.score(province)),
        }
        taken: dict[str, list[float]] = {variant: [] for variant in variants}
        for _ in range(rounds):
            for variant, measure in variants.items():
                taken[variant].append(measure()["cpu_seconds"])
        for variant, seconds in taken.items():
            cpu = statistics.median(seconds)
            report(
                "beside",
                variant=variant,
                units=units,
                cpu_us_per_unit=cpu / units * 1e6,
                units_per_core_second=units / cpu,
            )
        own, peer = (
            pq.read_table(self._folder / out).sort_by([(n, "ascending") for n in [*BY, "id"]]) for out in ("out", "sql")
        )
        shared = [name for name in peer.column_names if name in own.column_names]
        differing = {n: d for n in shared if (d := differences_of(own[n], peer[n]))}
        report("Spark SQL agrees", columns=len(shared), differing=differing)

    def growth(self, units: int, per_group: int) -> None:
        """Ranks ``units`` units, in groups of ``per_group``."""
        block = min(units, ROWS_PER_FILE * 5)
        drawn = plain(Province.draw(self._plan, block, TIER).arrow)
        source = self._folder / "in"
        for part in range(-(-units // block)):  # the same units in other provinces
            write(keyed(drawn.slice(0, units - part * block), 20, per_group, f"{part}-"), source, part)
        df = self._spark.read.parquet(str(source))
        figures = self._measured(lambda: self._write(rank(df, SET, BY, tier=TIER)))
        written = sum(pq.read_metadata(file).num_rows for file in (self._folder / "out").glob("*.parquet"))
        assert written == units
        report("growth", units=units, cpu_us_per_unit=figures["cpu_seconds"] / units * 1e6, **figures)

    def _write(self, ranking: DataFrame, name: str = "out") -> None:
        ranking.write.mode("overwrite").parquet(str(self._folder / name))

    def _measured(self, work: Callable[[], None]) -> dict[str, Any]:
        """Seconds, CPU seconds of the cluster, bytes that were shuffled, and the largest Python process."""
        before, started, shuffled = self._cpu_seconds(), time.perf_counter(), self._shuffled()
        work()
        return {
            "seconds": round(time.perf_counter() - started, 1),
            "cpu_seconds": round(self._cpu_seconds() - before, 2),
            "shuffle_bytes": self._shuffled() - shuffled,
            "python_peak_bytes": max(peaks(), default=0),
        }

    def _cpu_seconds(self) -> float:
        """CPU seconds of all processes of the cluster, including those that have ended."""
        return sum(sum(process.cpu_times()[:4]) for process in cluster())

    def _shuffled(self) -> int:
        context = self._spark.sparkContext
        url = f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/stages"
        with urllib.request.urlopen(url) as reply:
            return sum(stage["shuffleWriteBytes"] for stage in json.load(reply))


def plain(table: pa.Table) -> pa.Table:
    """The table with plain texts instead of dictionary columns, as Spark reads it."""
    arrays = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(arrays, table.column_names)


def keyed(table: pa.Table, periods: int, per_group: int, prefix: str = "") -> pa.Table:
    """The units with provinces and periods."""
    group = np.arange(len(table)) // per_group
    province = pc.binary_join_element_wise(prefix + "p", pa.array(group // periods).cast(pa.string()), "")
    return table.append_column("province", province).append_column("period", pa.array(2015 + group % periods))


def write(table: pa.Table, folder: Path, part: int = 0) -> None:
    """Adds files of ROWS_PER_FILE rows to a folder. Part 0 empties the folder first."""
    if not part:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for index, first in enumerate(range(0, len(table), ROWS_PER_FILE)):
        pq.write_table(table.slice(first, ROWS_PER_FILE), folder / f"{part:04}-{index:04}.parquet")


def groups(table: pa.Table) -> Iterator[tuple[tuple[object, ...], pa.Table]]:
    """The rows of each province and period, in their order."""
    codes = pc.binary_join_element_wise(table["province"], table["period"].cast(pa.string()), "|")
    order = pa.array(np.argsort(codes.combine_chunks().dictionary_encode().indices.to_numpy(), kind="stable"))
    table = table.take(order)
    ends = pc.run_end_encode(codes.take(order).combine_chunks()).run_ends.to_pylist()
    for first, end in zip([0, *ends], ends, strict=False):
        rows = table.slice(first, end - first)
        yield (rows["province"][0].as_py(), rows["period"][0].as_py()), rows.drop_columns(BY)


def service_rankings(table: pa.Table) -> dict[tuple[object, ...], pa.Table]:
    """The tables of RankProvince of a real server."""
    rankings, unlimited = {}, [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with (
        serving(installed, Settings(address="127.0.0.1:0", limits=LIMITS)) as server,
        grpc.insecure_channel(server.address, unlimited) as channel,
    ):
        service = scorer_pb2_grpc.ScorerServiceStub(channel)
        for key, units in groups(table):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, units.schema) as writer:
                writer.write_table(units.combine_chunks())
            request = pb.RankProvinceRequest(criteria_set=SET, tier=TIER)
            request.table.arrow_stream = sink.getvalue().to_pybytes()
            [ranking] = service.RankProvince(request, timeout=600).rankings
            rankings[key] = plain(pa.ipc.open_stream(ranking.table.arrow_stream).read_all())
    return rankings


def compare(actual: pa.Table, expected: dict[tuple[object, ...], pa.Table]) -> int:
    """The number of values that differ in any bit, in ranking order; missing and further rows count as well."""
    answered = dict(groups(actual))
    differences = sum(len(table) for key, table in answered.items() if key not in expected)
    for key, table in expected.items():
        if key not in answered or len(answered[key]) != len(table) or answered[key].column_names != table.column_names:
            differences += len(table)
            continue
        differences += sum(differences_of(answered[key][name], table[name]) for name in table.column_names)
    return differences


def differences_of(one: pa.ChunkedArray, other: pa.ChunkedArray) -> int:
    """The number of rows in which two columns differ in any bit."""
    nulls = pc.not_equal(one.is_null(), other.is_null())
    if pa.types.is_floating(one.type):
        one, other = (_bits(values) for values in (one, other.cast(one.type)))
    return pc.sum(pc.or_(nulls, pc.fill_null(pc.not_equal(one, other), False))).as_py() or 0


def _bits(values: pa.ChunkedArray) -> pa.Array:
    return pa.array(values.fill_null(0).to_numpy().view(np.int64))


def killing(ranking: DataFrame, marker: Path) -> DataFrame:
    """The ranking. After its first batch, one executor is killed once, so that its results and its shuffled data are
    lost.
    """

    def kill_once(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import psutil

        for batch in batches:
            yield batch
            executor = psutil.Process(os.getppid()).ppid()
            with suppress(FileExistsError), marker.open("x"):
                os.kill(executor, SIGKILL)

    numbered = ranking.toDF(*(f"c{n}" for n in range(len(ranking.columns))))
    return numbered.mapInArrow(kill_once, numbered.schema).toDF(*ranking.columns)


def cluster() -> list[psutil.Process]:
    """The processes of the cluster: the JVM of the driver, and the processes that it started."""
    return [process for process in psutil.Process().children(recursive=True) if process.is_running()]


def peaks() -> Iterator[int]:
    """Yields the peak resident memory of each Python process of the executors, in bytes."""
    for process in cluster():
        with suppress(OSError, psutil.Error):
            if "pyspark" in " ".join(process.cmdline()) and "python" in process.name():
                lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
                yield next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def own_cpu(work: Callable[[], object]) -> dict[str, Any]:
    """CPU seconds of this process."""
    started = time.process_time()
    work()
    return {"cpu_seconds": time.process_time() - started}


def report(what: str, **figures: object) -> None:
    """Prints one line."""
    print(json.dumps({"what": what, **figures}), flush=True)


if __name__ == "__main__":
    main()
