"""Index sets whose points come from outside: sub-indices or totals that another body has worked out and published."""
