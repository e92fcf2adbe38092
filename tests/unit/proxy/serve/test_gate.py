"""Places for connections: who gets one, and whose it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.metrics import PREFIX, Metrics
from theia_sf.proxy.serve.gate import Gate, Place


class Client:
    """Somebody with a place, perhaps."""

    def __init__(self, gate: Gate, address: str = "192.0.2.1") -> None:
        self.ended = False
        self.place = gate.enter(address, self._end)

    def _end(self) -> None:
        self.ended = True


def placed(client: Client) -> Place:
    assert client.place is not None
    return client.place


def test_the_longest_half_open_connection_makes_room() -> None:
    gate = Gate(2, 2)
    first, second = Client(gate), Client(gate)
    third = Client(gate)
    assert (first.ended, second.ended, third.ended) == (True, False, False)
    assert placed(first).left
    assert gate.count == 2


def test_a_half_open_connection_makes_room_before_one_that_is_idle() -> None:
    gate = Gate(2, 2)
    idle, half_open = Client(gate), Client(gate)
    placed(idle).busy()
    placed(idle).idle()
    Client(gate)
    assert (idle.ended, half_open.ended) == (False, True)


def test_an_idle_connection_makes_room_before_anybody_is_refused() -> None:
    gate = Gate(2, 2)
    idle, busy = Client(gate), Client(gate)
    placed(idle).busy()
    placed(busy).busy()
    placed(idle).idle()
    assert Client(gate).place is not None
    assert (idle.ended, busy.ended) == (True, False)


def test_what_is_busy_is_never_ended() -> None:
    metrics = Metrics()
    gate = Gate(2, 2, metrics)
    busy = [Client(gate), Client(gate)]
    for client in busy:
        placed(client).busy()
    assert Client(gate).place is None
    assert not any(client.ended for client in busy)
    assert metrics.registry.get_sample_value(PREFIX + "connections_ended_total", {"reason": "refused"}) == 1
    assert metrics.registry.get_sample_value(PREFIX + "connections") == 2


def test_an_address_that_has_its_share_takes_nothing_from_others() -> None:
    gate = Gate(10, 2)
    other = Client(gate, "192.0.2.2")
    crowd = [Client(gate) for _ in range(5)]
    assert not other.ended
    assert [client.ended for client in crowd] == [True, True, True, False, False]
    assert gate.count == 3


def test_a_host_with_many_ipv6_addresses_has_one_share() -> None:
    gate = Gate(10, 2)
    crowd = [Client(gate, f"2001:db8::{number:x}") for number in range(5)]
    assert [client.ended for client in crowd] == [True, True, True, False, False]
    assert not Client(gate, "2001:db8:0:1::1").ended
    for client in crowd[3:]:
        gate.leave(placed(client))
    assert gate.count == 1


def test_a_place_is_given_back_once() -> None:
    gate = Gate(10, 2)
    client = Client(gate)
    gate.leave(placed(client))
    gate.leave(placed(client))
    placed(client).busy()
    assert gate.count == 0


steps = st.lists(st.tuples(st.sampled_from(["enter", "busy", "idle", "half_open", "leave"]), st.integers(0, 30)))


@given(steps=steps)
def test_the_counts_hold_whatever_happens(steps: list[tuple[str, int]]) -> None:
    gate = Gate(6, 3)
    clients = list[Client]()
    busy = set[Client]()
    for step, number in steps:
        if step == "enter":
            clients.append(Client(gate, f"192.0.2.{number % 4}"))
        elif clients:
            client = clients[number % len(clients)]
            if client.place is None or client.place.left:
                continue
            busy.discard(client)
            if step == "leave":
                gate.leave(client.place)
            else:
                getattr(client.place, step)()
                busy |= {client} if step == "busy" else set()
        there = [client for client in clients if client.place is not None and not client.place.left]
        assert gate.count == len(there) <= 6
        for address in range(4):
            assert sum(placed(client).address == f"192.0.2.{address}" for client in there) <= 3
        assert not any(client.ended for client in busy)
        assert all(client.ended is False for client in there)
