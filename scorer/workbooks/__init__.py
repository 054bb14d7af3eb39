"""Writes workbooks: forms to fill in, and copies with marked mistakes. ``scorer_client.files`` reads workbooks."""
