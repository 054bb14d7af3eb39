"""scorer criteria schema: prints a JSON Schema of criteria sets for editors."""

from __future__ import annotations

from scorer.cli.loading import quiet_host
from scorer.cli.output import err, json_text, out
from scorer.criteria.json_schema import json_schema


def schema() -> None:
    """Print a JSON Schema of criteria sets, with installed formula kinds. Editors use it to complete and check keys."""
    with err.status("trying out plugins"):
        host = quiet_host()
    out.write_text(json_text(json_schema(host.formulas.values())))
