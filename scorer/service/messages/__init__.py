"""Conversion of messages and Arrow tables: requests into submissions, results into replies."""
