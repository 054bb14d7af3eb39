"""Tests of criteria sets as data: what units answer, and what has to come out."""
