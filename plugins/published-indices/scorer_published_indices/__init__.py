"""Criteria sets whose points another body has computed and published, as sub-indices or as totals."""
