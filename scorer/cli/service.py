"""One process that serves: a server, its criteria sets, and what it counts."""

from __future__ import annotations

from scorer.cli.load import load_catalogue
from scorer.cli.output import UserMistake
from scorer.service.metrics import Metrics
from scorer.service.server import Server
from scorer.settings import Settings


class Service:
    """What ``scorer serve`` runs, once or in each worker.

    Args:
        settings: of the service.
        shared: whether it is one of several workers.

    Raises:
        AddressError: it cannot listen there.
        UserMistake: a certificate, key or key set cannot be used.
    """

    def __init__(self, settings: Settings, *, shared: bool = False) -> None:
        self._settings = settings
        self._catalogue = load_catalogue(strict=settings.strict)
        self.metrics = Metrics() if settings.metrics else None
        try:
            self._server = Server(lambda: self._catalogue, settings, shared=shared, metrics=self.metrics)
        except (OSError, ValueError) as error:
            raise UserMistake(str(error)) from error
        self.address = self._server.address

    @property
    def names(self) -> str:
        """What is served."""
        return ", ".join(self._catalogue.sets) or "no criteria sets"

    def start(self) -> None:
        """Serves."""
        if self.metrics:
            self.metrics.show(self._catalogue)
        self._server.start()

    def stop(self) -> None:
        """Takes no new calls, and gives those that have arrived the settings' grace."""
        self._server.stop(self._settings.grace)
