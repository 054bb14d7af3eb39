"""Answers from files: workbooks (XLSX, XLSM, ODS), CSV, Parquet and Arrow, or a folder of them.

Every kind of file becomes sheets of cells (``cells``), and one reader makes units and answers of them (``reader``).
"""
