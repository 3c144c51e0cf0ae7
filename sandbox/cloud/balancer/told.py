"""What became of requests, for whoever counts."""

from typing import Protocol


class Told(Protocol):
    """Who is told what became of requests; names are ARNs. Called for every request."""

    def chosen(self, balancer: str, group: str) -> None:
        """There was a target for it."""

    def answered(self, balancer: str, group: str, status: int, seconds: float) -> None:
        """The target began its answer so long after it had the request."""

    def unanswered(self, balancer: str, group: str) -> None:
        """The target could not be connected."""

    def own(self, balancer: str, status: int) -> None:
        """The load balancer answered with an error of its own."""

    def redirected(self, balancer: str) -> None:
        """It was sent elsewhere."""


class Nobody:
    """Nobody is told."""

    def chosen(self, balancer: str, group: str) -> None:
        """See ``Told``."""

    def answered(self, balancer: str, group: str, status: int, seconds: float) -> None:
        """See ``Told``."""

    def unanswered(self, balancer: str, group: str) -> None:
        """See ``Told``."""

    def own(self, balancer: str, status: int) -> None:
        """See ``Told``."""

    def redirected(self, balancer: str) -> None:
        """See ``Told``."""
