"""Reads answers from workbooks (XLSX, XLSM, ODS), CSV, Parquet and Arrow files, or from a folder of files.

Every kind of file becomes sheets of cells (``sheets``). ``table_reader`` makes units and answers from them.
"""
