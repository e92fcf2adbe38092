"""How many connections there are: in all, and from each address (of IPv6: each /64, which one host has whole).

A client that wants in when all places are taken gets that of a connection that does nothing: first of those that have
not sent a whole request yet, the one that has been at it the longest; then of those that wait between two requests.
So thousands of half-open connections keep nobody out; what is answered right now is never ended for another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from theia_sf.proxy.config.addresses import network
from theia_sf.proxy.metrics import Metrics

REFUSED: Final = "refused"
REPLACED: Final = "replaced"


class Crowd:
    """Connections that are counted together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.count = 0
        self.half_open: dict[Place, None] = {}  # a dict keeps the order of arrival, and forgets in no time
        self.idle: dict[Place, None] = {}

    def spare(self) -> Place | None:
        """Return the connection that is given up first; None if all of them are busy."""
        return next(iter(self.half_open), None) or next(iter(self.idle), None)


class Place:
    """The place of one connection.

    Attributes:
        end: breaks the connection off; set anew as the connection goes from one hand to the next.
        left: whether the place has been given back.
    """

    def __init__(self, address: str, crowds: tuple[Crowd, ...], end: Callable[[], None]) -> None:
        self.address = address
        self.end = end
        self._crowds = crowds
        self.left = False
        for crowd in crowds:
            crowd.count += 1
            crowd.half_open[self] = None

    def half_open(self) -> None:
        """A request begins."""
        self._move(True, False)

    def busy(self) -> None:
        """A whole request is there."""
        self._move(False, False)

    def idle(self) -> None:
        """The request has been answered."""
        self._move(False, True)

    def leave(self) -> bool:
        """The connection has ended; tell whether this is news."""
        if self.left:
            return False
        self._move(False, False)
        self.left = True
        for crowd in self._crowds:
            crowd.count -= 1
        return True

    def _move(self, half_open: bool, idle: bool) -> None:
        if self.left:
            return
        for crowd in self._crowds:
            crowd.half_open.pop(self, None)
            crowd.idle.pop(self, None)
            if half_open:
                crowd.half_open[self] = None
            elif idle:
                crowd.idle[self] = None


class Gate:
    """Gives out places.

    Args:
        total: places in all; `per_address` those of one address.
        metrics: where connections are counted; None counts nothing.
    """

    def __init__(self, total: int, per_address: int, metrics: Metrics | None = None) -> None:
        self._all = Crowd(total)
        self._per_address = per_address
        self._addresses: dict[str, Crowd] = {}
        self._metrics = metrics

    @property
    def count(self) -> int:
        """Connections that have a place."""
        return self._all.count

    def enter(self, address: str, end: Callable[[], None]) -> Place | None:
        """Return a place for a connection; None if there is none, and none to be had.

        Args:
            address: of the client.
            end: breaks the connection off, if another one needs the place.
        """
        address = network(address)
        near = self._addresses.setdefault(address, Crowd(self._per_address))
        for crowd in (near, self._all):
            if crowd.count >= crowd.most and not self._make_room(crowd):
                self._forget(address)
                self.ended(REFUSED)
                return None
        near = self._addresses.setdefault(address, near)  # making room may have taken its last connection
        place = Place(address, (near, self._all), end)
        self._count()
        return place

    def leave(self, place: Place) -> bool:
        """Take a place back, and tell whether that is news; a second time does nothing."""
        news = place.leave()
        if news:
            self._forget(place.address)
            self._count()
        return news

    def ended(self, reason: str) -> None:
        """Count a connection that the proxy ended."""
        if self._metrics is not None:
            self._metrics.connections_ended.labels(reason).inc()

    def _make_room(self, crowd: Crowd) -> bool:
        spare = crowd.spare()
        if spare is None:
            return False
        self.leave(spare)
        spare.end()
        self.ended(REPLACED)
        return True

    def _forget(self, address: str) -> None:
        if address in self._addresses and self._addresses[address].count == 0:
            del self._addresses[address]

    def _count(self) -> None:
        if self._metrics is not None:
            self._metrics.connections.set(self._all.count)
