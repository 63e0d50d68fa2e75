"""Clients that send slowly, never end, or do not read: all others are served meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import requests

from tests.conftest import SITE
from tests.patience import PATIENCE, until
from tests.served import Served, answers, serving

CHUNKS = b"POST /tracker.js HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
STALLED = {
    "the first byte is missing": b"",
    "half of the request line": b"GET /heal",
    "half of the header": b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
    "half of the body": b"POST /tracker.js HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "half of a chunk": CHUNKS + b"5\r\nhel",
    "no last chunk": CHUNKS + b"5\r\nhello\r\n",
    "it waits for our word": b"POST /tracker.js HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
    b"Content-Length: 100\r\n\r\n",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("slow")
    short = {"workers": "1", "threads": "4", "header_seconds": "1", "body_seconds": "2"}
    with serving(folder, SITE, **short) as (served, engine):
        engine.dispose()
        served.until(lambda: answers(f"{served.url}/readyz"))
        yield served


def connect(served: Served) -> socket.socket:
    host, port = served.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), PATIENCE)


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while part := connection.recv(65536):
            answer += part
    except ConnectionResetError:
        return answer
    return answer


@pytest.mark.parametrize("sent", STALLED.values(), ids=STALLED)
def test_many_that_stall_hold_nobody_up_and_are_ended(served: Served, sent: bytes) -> None:
    with ExitStack() as open_ones:
        stalled = [open_ones.enter_context(connect(served)) for _ in range(48)]
        for connection in stalled:
            connection.sendall(sent)
        assert requests.get(f"{served.url}/healthz", timeout=PATIENCE).ok
        stalled[-1].setblocking(False)
        with suppress(BlockingIOError):  # it was answered before these were ended
            assert stalled[-1].recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (
            read_all(stalled[0])
            .removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
            .startswith(b"HTTP/1.1 408 ")
        )


def test_dripping_bytes_win_no_time(served: Served) -> None:
    header = iter(b"GET /healthz HTTP/1.1\r\nX-A: " + b"a" * 10**6)
    with connect(served) as connection:
        connection.settimeout(0.05)
        answer = b""
        deadline = time.monotonic() + PATIENCE
        while not answer:
            assert time.monotonic() < deadline
            try:
                connection.send(bytes([next(header)]))
                answer = connection.recv(1024)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_one_address_has_so_many_and_the_newest_stay(served: Served) -> None:
    with ExitStack() as open_ones:
        many = [open_ones.enter_context(connect(served)) for _ in range(80)]
        for connection in many:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        until(lambda: read_all(many[0]) == b"")
        many[-1].sendall(b"\r\n")
        assert read_all(many[-1]).startswith(b"HTTP/1.1 200 ")


def test_who_keeps_the_connection_open_after_the_answer_delays_nobody(served: Served) -> None:
    with ExitStack() as open_ones:
        for _ in range(48):
            connection = open_ones.enter_context(connect(served))
            connection.sendall(b"POST /pbx/a/b/c HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n")
            assert connection.recv(1024).startswith(b"HTTP/1.1 4")
        assert requests.get(f"{served.url}/healthz", timeout=PATIENCE).ok


@pytest.mark.parametrize("pause", [0, 0.01])
def test_a_whole_request_is_answered_in_whatever_parts_it_comes(
    served: Served, pause: float
) -> None:
    """A body that is no JSON shows by its answer that it was read."""
    body = CHUNKS + b"5\r\nhello\r\n3;x=y\r\n, x\r\n0\r\nX-Trailer: x\r\n\r\n"
    with connect(served) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(body), 7):
            connection.sendall(body[at : at + 7])
            time.sleep(pause)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"the body is not JSON" in answer


def test_whoever_asks_first_gets_our_word_and_then_the_answer(served: Served) -> None:
    with connect(served) as connection:
        connection.sendall(STALLED["it waits for our word"])
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"x" * 100)
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("coding", ["bogus", "xchunked", "gzip", "chunked, chunked", ""])
def test_a_coding_that_nobody_knows_is_no_fault_of_ours(served: Served, coding: str) -> None:
    with connect(served) as connection:
        head = f"POST /tracker.js HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {coding}\r\n\r\n"
        connection.sendall(f"{head}0\r\n\r\n".encode())
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")
