"""One process that serves: a server, its criteria sets, and what it counts."""

from __future__ import annotations

import sys

from scorer.catalogue import Catalogue
from scorer.cli.load import load_catalogue, load_living
from scorer.cli.output import UserMistake
from scorer.cli.renewals import Renewals
from scorer.service.memory import settle
from scorer.service.metrics import Metrics
from scorer.service.server import Server
from scorer.settings import Settings

TURN = 0.0005
"""Seconds after which a thread that computes gives way to another. Python's own 5 ms, several times in one call, made
calls wait for each other, for their refusals, and for criteria sets that are loaded."""


class Service:
    """What ``scorer serve`` runs, once or in each worker.

    Args:
        settings: of the service.
        shared: whether it is one of several workers.

    Raises:
        AddressError: it cannot listen there.
        UserMistake: a directory, certificate, key or key set cannot be used.
    """

    def __init__(self, settings: Settings, *, shared: bool = False) -> None:
        self._settings = settings
        self._renewals: Renewals | None = None
        if settings.criteria:
            living = load_living(settings.criteria, strict=settings.strict, plugin_seconds=settings.plugin_seconds)
            self.catalogue = living.current
            self._renewals = Renewals(living, self._renewed)
        else:
            fixed = load_catalogue(strict=settings.strict, plugin_seconds=settings.plugin_seconds)
            self.catalogue = lambda: fixed
        if missing := [code for code in settings.required if code not in self.catalogue().sets]:
            raise UserMistake(
                f"required criteria sets cannot be used: {', '.join(missing)}; what is wrong with them is said "
                "above, or they are not installed: see 'scorer criteria list'"
            )
        self.metrics = Metrics() if settings.metrics else None
        try:
            self._server = Server(
                self.catalogue,
                settings,
                shared=shared,
                metrics=self.metrics,
                reload=self._renewals.renew_now if self._renewals else None,
            )
        except (OSError, ValueError) as error:
            raise UserMistake(str(error)) from error
        self.address = self._server.address

    @property
    def names(self) -> str:
        """What is served."""
        return ", ".join(self.catalogue().sets) or "no criteria sets"

    def start(self) -> None:
        """Serves; to be called by the main thread, which alone can be told of signals."""
        if self.metrics:
            self.metrics.show(self.catalogue())
        sys.setswitchinterval(TURN)
        self._server.start()
        if self._renewals:
            self._renewals.start()

    def stop(self) -> None:
        """Takes no new calls, and gives those that have arrived the settings' grace."""
        self._server.stop(self._settings.grace)

    def _renewed(self, catalogue: Catalogue) -> None:
        settle()
        if self.metrics:
            self.metrics.reloads.inc()
            self.metrics.show(catalogue)
