"""Helm's own linter and renderer, in a process of their own because they bring Go's runtime.

python helm.py CHART < values.json: a list of values, one per rendering. Prints the messages of the linter, and per
rendering the objects by kind, or the reason why Helm refuses the values.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

HELM = importlib.util.find_spec("helm_python")


def lint_and_render(chart: Path, values: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, Any] | str]]:
    """The warnings and errors of the linter, and one result per values."""
    done = subprocess.run(
        [sys.executable, __file__, chart], input=json.dumps(values), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    messages, rendered = json.loads(done.stdout)
    return messages, rendered


def _objects(manifests: dict[str, str]) -> dict[str, Any]:
    objects: dict[str, Any] = {}
    for name, text in manifests.items():
        for found in yaml.safe_load_all(text) if name.endswith(".yaml") else ():
            if found:
                key = found["kind"] + ("/criteria" if found["metadata"]["name"].endswith("-criteria") else "")
                assert key not in objects, name
                objects[key] = found
    return objects


def _main() -> None:
    import helm_python as helm

    messages = [found["error"] for found in helm.lint(sys.argv[1])["messages"] if found["severity"] >= 1]
    results: list[dict[str, Any] | str] = []
    for values in json.load(sys.stdin):
        with helm.Chart.load(sys.argv[1]) as chart:
            try:
                # Names of digits, which YAML reads as numbers where a template lacks quotation marks.
                results.append(_objects(chart.render(values, name="123", namespace="456")))
            except helm.HelmError as error:
                results.append(str(error))
    json.dump([messages, results], sys.stdout)


if __name__ == "__main__":
    _main()
