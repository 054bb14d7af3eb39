"""The environment of processes that the scorer starts."""

from __future__ import annotations

import os


def child_environment(**more: str) -> dict[str, str]:
    """The environment of this process with UTF-8 as the encoding of standard streams, and with ``more`` variables.

    A user may have chosen another encoding for the terminal, such as UTF-16. The processes would then not
    understand each other.
    """
    return {**os.environ, "PYTHONIOENCODING": "utf-8", **more}
