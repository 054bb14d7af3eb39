"""Libraries that only some users need, imported when they are first used."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def pyarrow() -> Any:
    """pyarrow with pyarrow.compute, for tables and CSV files.

    Raises:
        ImportError: it is not installed.
    """
    library = _library("pyarrow", "tables and files need", "'egov-scorer-client[arrow]'")
    if "pyarrow.compute" not in sys.modules:
        importlib.import_module("pyarrow.compute")
    return library


def calamine() -> Any:
    """python-calamine, for workbooks.

    Raises:
        ImportError: it is not installed.
    """
    return _library("python_calamine", "workbooks need", "'egov-scorer-client[files]'")


def pandas() -> Any:
    """pandas, for results as a data frame.

    Raises:
        ImportError: it is not installed.
    """
    return _library("pandas", "to_pandas needs", "pandas")


def polars() -> Any:
    """polars, for results as a data frame.

    Raises:
        ImportError: it is not installed.
    """
    return _library("polars", "to_polars needs", "polars")


def for_reports(name: str) -> Any:
    """A library that writes reports.

    Raises:
        ImportError: it is not installed.
    """
    return _library(name, "this report needs", "'egov-scorer-client[report]'")


def _library(name: str, purpose: str, requirement: str) -> Any:
    try:
        return sys.modules.get(name) or importlib.import_module(name)  # import_module alone takes twenty times as long
    except ImportError as error:
        raise ImportError(f"{purpose} {name}: pip install {requirement}", name=name) from error
