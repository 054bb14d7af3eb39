"""Ranks the units of Parquet or CSV files and writes the ranking as Parquet. For spark-submit; also a command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.types import DataType, DateType, DoubleType, StringType, StructField, StructType

from scorer.model.indicators import IndicatorKind
from scorer_spark.plans import RankError, pack
from scorer_spark.ranking import rank

CSV_TYPES: Mapping[str, DataType] = {
    IndicatorKind.COUNT: DoubleType(),  # so that a count with decimals is a violation, and the file can be read
    IndicatorKind.NUMBER: DoubleType(),
    IndicatorKind.FLAG: DoubleType(),
    IndicatorKind.CHOICE: StringType(),
    IndicatorKind.DATE: DateType(),
}
"""The types of columns in CSV files; all others are texts."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script.

    Args:
        arguments: of the command line; None: those of this process.

    Returns:
        The exit code: 0; 1 if ``--violations`` has collected violations; 2 if arguments, paths or columns are wrong.
    """
    options = _parser().parse_args(arguments)
    spark = SparkSession.builder.appName("egov-scorer").getOrCreate()
    mode = "overwrite" if options.overwrite else "errorifexists"
    try:
        criteria_set = options.document or options.set
        df = _read(spark, options.input, criteria_set)
        by, tier, full = [name for name in options.by.split(",") if name], options.tier, options.full
        if not options.violations:
            rank(df, criteria_set, by, tier=tier, full=full).write.mode(mode).parquet(options.output)
            return 0
        ranked = rank(df, criteria_set, by, tier=tier, full=full, errors="collect")
        ranked.violations.write.mode(mode).parquet(options.violations)
        ranked.ranking.write.mode(mode).parquet(options.output)
    except (RankError, AnalysisException) as error:  # Spark's error is about a path, or columns of the file
        print(error, file=sys.stderr)
        return 2
    violations = spark.read.parquet(options.violations).count()
    if violations:
        print(f"{violations} violations are in {options.violations}; their provinces are not ranked", file=sys.stderr)
    return 1 if violations else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scorer-spark-rank", description=__doc__)
    parser.add_argument("input", help="Parquet, or CSV if the name ends in .csv: one row per unit and period")
    parser.add_argument("output", help="folder for the ranking, as Parquet")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--set", help="code of an installed criteria set")
    which.add_argument("--document", type=Path, help="document of a criteria set, a file of the driver")
    parser.add_argument(
        "--by",
        default="province,period",
        help="columns that say which units are ranked together (default: %(default)s)",
    )
    parser.add_argument("--tier", default="", help="tier of all units, if there is no column tier")
    parser.add_argument("--full", action="store_true", help="also write points of groups and criteria")
    parser.add_argument(
        "--violations", help="folder for violations, as Parquet; without it, the job ends with an error at violations"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the folders if they exist")
    return parser


def _read(spark: SparkSession, path: str, criteria_set: str | Path) -> DataFrame:
    """Reads the units. In CSV files, a cell that cannot be read ends the job."""
    if not path.lower().endswith(".csv"):
        return spark.read.parquet(path)
    indicators = pack(criteria_set).plan().criteria_set.indicators
    text, fields = StringType(), []
    for name in spark.read.csv(path, header=True).columns:
        code = name.partition("@")[0].removeprefix("previous.")
        kind = CSV_TYPES[indicators[code].kind] if code in indicators else text
        fields.append(StructField(name, kind))
    df = spark.read.csv(path, StructType(fields), header=True, mode="FAILFAST", enforceSchema=False)
    if "not_applicable" in df.columns:
        df = df.withColumn("not_applicable", sf.split("not_applicable", r"\s*;\s*"))
    return df


if __name__ == "__main__":
    sys.exit(main())
