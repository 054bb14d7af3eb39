"""egov-scorer-spark on a cluster of two worker processes, compared with RankProvince of a real server."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import harness
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from pages import blocks, page
from province import installed
from spark_expectations import (
    PERIODS,
    PROVINCES,
    VILLAGES,
    Rankings,
    bits,
    draw_units,
    draw_village_units,
    expected,
    provinces,
)

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import Catalogue
from scorer.engine.gates import GateCompiler
from scorer.plugins.host import PluginHost

pytest.importorskip("pyspark", reason="pyspark is not installed: nox -s spark does it")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Spark needs Java", allow_module_level=True)

from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from scorer_spark import RankError, rank, submit
from scorer_spark.plans import pack

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::FutureWarning:pyspark", "ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable  # otherwise, executors take the first python3 of the path
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("tests")
    quick_start = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    settings = {
        "spark.driver.extraJavaOptions": quick_start,
        "spark.executor.extraJavaOptions": quick_start,
        "spark.sql.shuffle.partitions": "4",
        "spark.task.maxFailures": "2",
        "spark.ui.enabled": "false",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def villages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sets") / "villages-2026.yaml"
    file.write_text(VILLAGES, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    made = Catalogue.load(PluginHost.installed(), [("villages-2026.yaml", VILLAGES)], GateCompiler())
    sets = {**installed().sets, **harness.good(made).sets}
    with harness.serving(replace(installed(), sets=sets)) as running:
        yield running


@pytest.fixture(scope="module")
def units() -> pa.Table:
    return draw_units()


@pytest.fixture(scope="module")
def village_units() -> pa.Table:
    return draw_village_units()


def shuffled(df: DataFrame, seed: int, partitions: int) -> DataFrame:
    return df.repartition(partitions, sf.rand(seed)).sortWithinPartitions(sf.rand(seed + 1))


def answered(ranking: DataFrame) -> Rankings:
    return {key: bits(table) for key, table in provinces(ranking.toArrow()).items()}


def assert_same(ranking: DataFrame, wanted: Rankings) -> None:
    found = answered(ranking)
    assert [*found] == [*wanted]
    for key, columns in wanted.items():
        assert [*found[key]] == [*columns]
        for name, values in columns.items():
            assert found[key][name] == values, (key, name)


def test_results_equal_the_service_for_any_partitioning_and_order(
    spark: SparkSession, service: harness.Service, units: pa.Table
) -> None:
    wanted = expected(service, "bac-kan-2020", units)
    assert len(wanted) == PROVINCES * PERIODS
    df = spark.createDataFrame(units)
    for shape in (df.coalesce(1), shuffled(df, seed=1, partitions=7)):
        assert_same(rank(shape, "bac-kan-2020"), wanted)


def test_full_results_of_a_document_with_cohorts_equal_the_service(
    spark: SparkSession, service: harness.Service, village_units: pa.Table, villages: Path
) -> None:
    df = shuffled(spark.createDataFrame(village_units), 3, 5)
    wanted = expected(service, "villages-2026", village_units, pb.SCORECARD_VIEW_FULL)
    assert_same(rank(df, villages, full=True), wanted)
    assert any(name.startswith("readiness.A.3") for columns in wanted.values() for name in columns)


def test_a_killed_executor_loses_nothing(
    spark: SparkSession, service: harness.Service, units: pa.Table, tmp_path: Path
) -> None:
    wanted, killed = expected(service, "bac-kan-2020", units), tmp_path / "killed"
    ranking = rank(spark.createDataFrame(units).repartition(6), "bac-kan-2020")
    # In the same stage as the ranking: what the executor has ranked, and its part of the shuffle, are lost.
    numbered = ranking.toDF(*(f"c{n}" for n in range(len(ranking.columns))))
    survived = numbered.mapInArrow(_killing_an_executor(killed), numbered.schema)
    assert_same(survived.toDF(*ranking.columns), wanted)
    executor = int(killed.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(executor, 0)


def _killing_an_executor(marker: Path) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function that passes batches on, and once, after the first one, kills the executor that runs it.

    It is local, so that executors receive its code: they cannot import this file.
    """

    def parent(pid: int) -> int:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])

    def kill_once(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield batch
            executor = parent(os.getppid())  # Python's workers are children of a daemon, a child of the executor
            with suppress(FileExistsError), marker.open("x", encoding="utf-8") as file:
                file.write(str(executor))
                file.flush()
                os.kill(executor, signal.SIGKILL)

    return kill_once


WITH_MISTAKES = [("b", "2025"), ("c", "2026")]


@pytest.fixture
def with_mistakes(village_units: pa.Table) -> pa.Table:
    """The villages with mistakes in ``WITH_MISTAKES``."""
    rows = village_units.to_pylist()
    for row in rows:
        if (row["province"], row["period"], row["id"]) == ("b", "2025", "d1-3"):
            row |= {"files": -1, "portal": "half"}
        if (row["province"], row["period"], row["tier"]) == ("c", "2026", "commune"):
            row["parent"] = None
    return pa.Table.from_pylist(rows, village_units.schema)


def test_violations_are_collected_and_other_provinces_ranked(
    spark: SparkSession, service: harness.Service, with_mistakes: pa.Table, villages: Path
) -> None:
    ranked = rank(shuffled(spark.createDataFrame(with_mistakes), 4, 3), villages, errors="collect")
    good = [row for row in with_mistakes.to_pylist() if (row["province"], row["period"]) not in WITH_MISTAKES]
    good = pa.Table.from_pylist(good, with_mistakes.schema)
    assert_same(ranked.ranking, expected(service, "villages-2026", good))
    violations = provinces(ranked.violations.toArrow())
    assert [*violations] == WITH_MISTAKES
    assert [(row["unit"], row["column"], row["reason"]) for row in violations["b", "2025"].to_pylist()] == [
        ("d1-3", "portal", "UNKNOWN_CHOICE"),
        ("d1-3", "files", "OUT_OF_RANGE"),
        ("d1-3", "online", "PART_LARGER_THAN_WHOLE"),
    ]
    parents = violations["c", "2026"]
    assert set(zip(parents["column"].to_pylist(), parents["reason"].to_pylist(), strict=True)) == {
        ("parent", "PARENT_REQUIRED")
    }
    assert sorted(parents["unit"].to_pylist()) == sorted(f"d{d}-{c}" for d in range(4) for c in range(8))


def test_violations_fail_the_job_and_are_named(spark: SparkSession, with_mistakes: pa.Table, villages: Path) -> None:
    df = spark.createDataFrame(with_mistakes)
    with pytest.raises(PythonException) as caught:
        rank(df.where("province = 'c'"), villages).collect()
    text = str(caught.value)
    assert "province='c', period='2026': 32 violations" in text
    assert text.count("PARENT_REQUIRED") == 20
    assert 'and 12 more violations; errors="collect" lists those of all provinces' in text


def test_hostile_names_and_values_are_escaped_and_shortened(
    spark: SparkSession, village_units: pa.Table, villages: Path
) -> None:
    df = spark.createDataFrame(village_units).withColumn("province", sf.lit("x\n" + "y" * 100_000))
    df = df.withColumnRenamed("period", "a\nb").withColumn("files", sf.lit(-1))
    with pytest.raises(PythonException) as caught:
        rank(df, villages, by=["province", "a\nb"]).collect()
    [line] = [line for line in str(caught.value).splitlines() if "province=" in line]
    assert "'x\\ny" in line
    assert r"a\nb=" in line
    assert len(line) < 3_000


@pytest.mark.parametrize(
    ("by", "renamed", "message"),
    [
        ("province", {}, "by='province'; give a list of columns, such as by=\\['province'\\]"),
        (["Rank", "period"], {"province": "Rank"}, "by: the result has a column 'rank' of its own"),
        (["unit", "period"], {"province": "unit"}, "by: the result has a column 'unit' of its own"),
        (["p", "P"], {"province": "p", "period": "P"}, "by: a column is named twice"),
    ],
)
def test_columns_that_would_be_ambiguous_are_refused(
    spark: SparkSession,
    village_units: pa.Table,
    villages: Path,
    by: str | list[str],
    renamed: dict[str, str],
    message: str,
) -> None:
    df = spark.createDataFrame(village_units.rename_columns([renamed.get(n, n) for n in village_units.column_names]))
    with pytest.raises(RankError, match=message):
        rank(df, villages, by, errors="collect")


def test_rows_without_a_province_are_violations(spark: SparkSession, village_units: pa.Table, villages: Path) -> None:
    df = spark.createDataFrame(village_units).where("period = '2026'")
    df = df.withColumn("province", sf.when(sf.col("province") != "b", sf.col("province")))
    ranked = rank(df, villages, errors="collect")
    assert [*answered(ranked.ranking)] == [("a", "2026"), ("c", "2026")]
    [row] = ranked.violations.collect()
    assert (row.province, row.period, row.unit, row.column, row.reason) == (None, "2026", None, "province", "REQUIRED")


def test_all_units_are_ranked_together_without_columns_to_group_by(
    spark: SparkSession, service: harness.Service, village_units: pa.Table, villages: Path
) -> None:
    one = provinces(village_units)["a", "2025"].append_column("province", pa.array(["-"] * 36))
    [(_, wanted)] = expected(service, "villages-2026", one.append_column("period", pa.array(["-"] * 36))).items()
    ranking = rank(spark.createDataFrame(one.drop_columns(["province"])), villages, by=[])
    assert bits(ranking.toArrow()) == wanted


def test_wrong_columns_are_refused_before_any_task(
    spark: SparkSession, village_units: pa.Table, villages: Path, tmp_path: Path
) -> None:
    df = spark.createDataFrame(village_units).withColumnRenamed("online", "on_line")
    with pytest.raises(RankError) as caught:
        rank(df, villages, by=["provinz", "period", "tier"])
    problems = str(caught.value).splitlines()
    assert "by: the data frame has no columns 'provinz'" in problems
    assert any(line.startswith("by: 'tier' is read as") for line in problems)
    assert any(line.startswith("column 'on_line': ") and "did you mean 'online'" in line for line in problems)
    assert any(line.startswith("column 'province': ") for line in problems)
    for criteria_set, message in (
        ("bac-kan", "did you mean 'bac-kan-2020'?"),
        (tmp_path / "none.yaml", "No such file"),
    ):
        with pytest.raises(RankError, match=message):
            rank(df, criteria_set)


def test_other_versions_on_the_executor_are_refused(villages: Path) -> None:
    packed = replace(pack(villages), versions=(("egov-scorer", "0.0.9"), ("scorer-nowhere", "1.0")))
    with pytest.raises(RankError) as caught:
        packed.plan()
    assert "egov-scorer: 0.1.0 is installed, the driver has 0.0.9" in str(caught.value)
    assert "scorer-nowhere: nothing is installed, the driver has 1.0" in str(caught.value)


def test_the_example_of_the_documentation_gives_the_ranking_of_the_service(
    spark: SparkSession, service: harness.Service, units: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(units, tmp_path / "answers")
    [code] = [block.text for block in blocks(page("spark.md")) if block.language == "python"]
    for name in ("answers", "ranking"):
        assert f'"{name}"' in code
        code = code.replace(f'"{name}"', repr(str(tmp_path / name)))
    exec(code, {})
    assert_same(spark.read.parquet(str(tmp_path / "ranking")), expected(service, "bac-kan-2020", units))


def test_the_script_reads_csv_and_collects_violations(
    spark: SparkSession, service: harness.Service, with_mistakes: pa.Table, villages: Path, tmp_path: Path
) -> None:
    text = with_mistakes.set_column(
        with_mistakes.column_names.index("not_applicable"),
        "not_applicable",
        pc.binary_join(with_mistakes["not_applicable"], "; "),
    )
    source, ranking, violations = (str(tmp_path / name) for name in ("answers.csv", "ranking", "violations"))
    pacsv.write_csv(text, source)
    arguments = [source, ranking, "--document", str(villages), "--full", "--violations", violations]
    assert submit.main(arguments) == 1
    good = [row for row in with_mistakes.to_pylist() if (row["province"], row["period"]) not in WITH_MISTAKES]
    good = pa.Table.from_pylist(good, with_mistakes.schema)
    assert_same(spark.read.parquet(ranking), expected(service, "villages-2026", good, pb.SCORECARD_VIEW_FULL))
    assert [*provinces(spark.read.parquet(violations).toArrow())] == WITH_MISTAKES
    assert submit.main([source, ranking, "--document", str(villages), "--by", "province"]) == 2


def test_the_script_names_wrong_paths(
    spark: SparkSession, village_units: pa.Table, villages: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "villages.parquet"
    pq.write_table(village_units, there)
    (tmp_path / "output").mkdir()
    document = ["--document", str(villages)]
    assert submit.main([str(tmp_path / "none.parquet"), str(tmp_path / "new"), *document]) == 2
    assert "[PATH_NOT_FOUND]" in capfd.readouterr().err
    assert submit.main([str(there), str(tmp_path / "output"), *document]) == 2
    assert "[PATH_ALREADY_EXISTS]" in capfd.readouterr().err
