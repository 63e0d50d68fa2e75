"""gunicorn's threads, which a slow or silent client cannot hold: they get whole requests only.

gunicorn gives a connection to a thread once its first byte is there, and the thread then waits for
the rest without a limit. Here the main loop gathers a request until it is whole, or late.
"""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http import get_parser
from gunicorn.http.errors import InvalidHeader, UnsupportedTransferCoding
from gunicorn.workers.gthread import TConn, ThreadWorker

from leadtracker.running.arrivals import Arrivals
from leadtracker.running.whole_request import Arriving
from leadtracker.settings import load_settings

LINGER_SECONDS = 2.0  # to read what we refused, so that its sender gets to read our answer
LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class WholeRequests(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    def init_process(self) -> None:
        self.arrivals: Arrivals[Any] = Arrivals(load_settings())
        self.cfg.set("keepalive", 0)
        super().init_process()

    def accept(self, listener: Any) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            sock, client = listener.accept()
            self.nr_conns += 1
            conn = TConn(self.cfg, sock, client, listener.getsockname())
            self.wait(conn)
            self.read(conn, sock)
            for old in self.arrivals.too_many(conn):
                self.drop(old)

    def wait(self, conn: Any, seconds: float | None = None) -> None:
        self.arrivals.begin(conn, conn.client, seconds)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.read, conn))

    def read(self, conn: Any, sock: Any) -> None:
        part = received(sock)
        if conn.data_ready:  # it is answered, and lingers
            if part == b"":
                self.drop(conn)
        elif part == b"" or (part and self.arrivals.add(conn, part)):
            self.poller.unregister(sock)
            hand_on(conn, self.arrivals.end(conn))
            self.enqueue_req(conn)
        elif part and self.arrivals.awaits_word(conn):
            say(sock, CONTINUE)

    def drop(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.arrivals.end(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        for conn in self.arrivals.late(None if self.alive else LINGER_SECONDS):
            if not conn.data_ready:
                say(conn.sock, LATE)
            self.drop(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """As gunicorn does, but whoever does not read the answer is given up in time."""
        conn.sock.settimeout(self.arrivals.body_seconds)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            raise StopIteration from None

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """A coding that nobody knows is the client's fault, so no alarm of ours: 400, not 501."""
        if isinstance(exc, UnsupportedTransferCoding):
            exc = InvalidHeader("TRANSFER-ENCODING")
        super().handle_error(req, client, addr, exc)

    def finish_request(self, conn: Any, _: Any) -> None:
        """Close at once: gunicorn would wait here for the client, and all others with it."""
        self.nr_conns -= 1
        if conn.cut and shut(conn.sock):
            self.nr_conns += 1
            self.wait(conn, LINGER_SECONDS)
        else:
            conn.close()


def received(sock: Any) -> bytes | None:
    """What has come; nothing when that was all, None when there is nothing yet."""
    try:
        return bytes(sock.recv(256 * 1024))
    except BlockingIOError:
        return None
    except OSError:
        return b""


def say(sock: Any, words: bytes) -> None:
    with suppress(OSError):  # the client is gone, or does not read
        sock.send(words)


def hand_on(conn: Any, request: Arriving) -> None:
    """Let gunicorn read the request from what has come, and never from the connection."""
    conn.parser = get_parser(conn.cfg, iter([bytes(request.data)]), conn.client)
    conn.initialized = conn.data_ready = True
    conn.cut = request.cut


def shut(sock: Any) -> bool:
    """Say that no more comes from us; False when the client is gone."""
    try:
        sock.shutdown(socket.SHUT_WR)
        sock.setblocking(False)
    except OSError:
        return False
    return True
