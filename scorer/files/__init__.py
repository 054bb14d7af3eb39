"""Workbooks for people: forms to fill in, and copies with mistakes marked. ``scorer_client.files`` reads them."""
