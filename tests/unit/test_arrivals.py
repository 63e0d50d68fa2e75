"""How many requests may arrive at once, and for how long."""

from __future__ import annotations

import pytest

from leadtracker.running import arrivals
from leadtracker.running.arrivals import Arrivals
from leadtracker.settings import Settings


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST", 6)
    monkeypatch.setattr(arrivals, "MOST_OF_ONE", 2)
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", 0.0)


def arriving(*peers: str, proxies: int = 0) -> Arrivals[int]:
    """Connections 0, 1, … of these peers; '' is one on a socket file."""
    found: Arrivals[int] = Arrivals(Settings(trusted_proxies=proxies))
    for number, peer in enumerate(peers):
        found.begin(number, (peer, 4711) if peer else "")
    return found


@pytest.mark.parametrize(
    ("peers", "dropped"),
    [
        (("10.0.0.1",) * 2, []),
        (("10.0.0.1",) * 3, [0]),
        (("10.0.0.2", "10.0.0.1", "10.0.0.1", "10.0.0.1"), [1]),
        (("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2"), []),  # whoever comes drops their own
        (("2001:db8::1", "2001:db8::2", "2001:db8::3"), [0]),  # one customer's network
        (("2001:db8::1", "2001:db8:0:1::2", "2001:db8:0:2::3"), []),
        (("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1"), [0]),
        (("",) * 6, []),
        (("",) * 7, [0]),
        (tuple(f"10.0.0.{number}" for number in range(7)), [0]),
    ],
)
def test_the_oldest_make_room(peers: tuple[str, ...], dropped: list[int]) -> None:
    assert arriving(*peers).too_many(len(peers) - 1) == dropped


def test_a_trusted_proxy_has_as_many_as_all() -> None:
    assert arriving(*["10.0.0.1"] * 6, proxies=1).too_many(5) == []
    assert arriving(*["10.0.0.1"] * 7, proxies=1).too_many(6) == [0]


def test_their_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST_BYTES", 10)
    two = arriving("10.0.0.1", "10.0.0.2")
    assert not two.add(0, b"GET /")
    assert not two.add(1, b"POST ")
    assert two.too_many(1) == []
    assert not two.add(1, b"/")
    assert two.too_many(1) == [0]
    two.end(0)
    assert two.too_many(1) == []


def test_a_header_has_its_time_and_then_the_body_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("leadtracker.running.arrivals.time.monotonic", lambda: now)
    one = arriving("10.0.0.1")
    now = 109.9
    assert not one.add(0, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n")
    assert one.late() == []
    assert not one.add(0, b"\r\n")
    now = 139.8
    assert not one.add(0, b"drip")
    assert one.late() == []
    now = 139.9
    assert one.late() == [0]


def test_when_all_must_end_they_have_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("leadtracker.running.arrivals.time.monotonic", lambda: now)
    one = arriving("10.0.0.1")
    assert one.late(2.0) == []
    now = 102.0
    assert one.late() == [0]


def test_our_word_is_given_once() -> None:
    one = arriving("10.0.0.1")
    assert not one.awaits_word(0)
    one.add(0, b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
    assert one.awaits_word(0)
    assert not one.awaits_word(0)
