"""gunicorn's threads, which a slow or silent client cannot hold: they get whole requests only.

gunicorn gives a connection to a thread once its first byte is there, and the thread then waits for
the rest without a limit. Here the main loop gathers a request until it is whole, or late.
"""

from __future__ import annotations

import functools
import selectors
import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from leadtracker.address import household
from leadtracker.running.whole_request import Arriving
from leadtracker.settings import load_settings

MOST_ARRIVING = 800  # requests; below gunicorn's limit of connections, so that it always accepts
MOST_OF_ONE = 64  # of one client's address
MOST_BYTES = 256 * 1024 * 1024
LOOK_SECONDS = 0.5  # between two looks for what is late
LINGER_SECONDS = 2.0  # to read what we refused, so that its sender gets to read our answer
LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
client_of = functools.lru_cache(maxsize=4096)(household)


class WholeRequests(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    """Where too many requests arrive, the oldest make room for newer ones, which are soon whole."""

    def init_process(self) -> None:
        settings = load_settings()
        self.header_seconds, self.body_seconds = settings.header_seconds, settings.body_seconds
        self.proxied = settings.trusted_proxies > 0
        self.arriving: dict[Any, Arriving] = {}  # by connection, the oldest first
        self.bytes, self.next_look = 0, 0.0
        self.cfg.set("keepalive", 0)
        super().init_process()

    def accept(self, listener: Any) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            sock, client = listener.accept()
            self.nr_conns += 1
            conn = TConn(self.cfg, sock, client, listener.getsockname())
            self.wait(conn, Arriving(), self.header_seconds)
            self.read(conn, sock)
            self.make_room(conn)

    def wait(self, conn: Any, request: Arriving, seconds: float) -> None:
        conn.timeout = time.monotonic() + seconds
        self.arriving[conn] = request
        self.poller.register(conn.sock, selectors.EVENT_READ, functools.partial(self.read, conn))

    def read(self, conn: Any, sock: Any) -> None:
        """Take what there is; hand the request on when it is whole, or gets no longer."""
        request = self.arriving[conn]
        try:
            part = sock.recv(256 * 1024)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if conn.data_ready:  # it is answered
            if not part:
                self.drop(conn)
            return
        self.bytes += len(part)
        in_header = not request.body_at
        if request.add(part) or not part:
            self.forget(conn)
            conn.parser = get_parser(self.cfg, iter([bytes(request.data)]), conn.client)
            conn.initialized = conn.data_ready = True
            conn.cut = request.cut
            self.enqueue_req(conn)
        elif in_header and request.body_at:
            conn.timeout = time.monotonic() + self.body_seconds
            if request.expects:
                sock.send(CONTINUE)

    def make_room(self, newest: Any) -> None:
        if len(self.arriving) > MOST_OF_ONE and newest.client and not self.proxied:
            client = client_of(newest.client[0])
            theirs = [each for each in self.arriving if client_of(each.client[0]) == client]
            if len(theirs) > MOST_OF_ONE:
                self.drop(theirs[0])
        if len(self.arriving) > MOST_ARRIVING or self.bytes > MOST_BYTES:
            self.drop(next(iter(self.arriving)))

    def forget(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.bytes -= len(self.arriving.pop(conn).data)

    def drop(self, conn: Any, last_words: bytes = b"") -> None:
        self.forget(conn)
        with suppress(OSError):
            conn.sock.send(last_words)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """gunicorn's loop calls this at each turn: end what is late."""
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + LOOK_SECONDS
        for conn in list(self.arriving):
            if not self.alive:
                conn.timeout = min(conn.timeout, now + LINGER_SECONDS)
            if conn.timeout <= now:
                self.drop(conn, b"" if conn.data_ready else LATE)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """As gunicorn does, but whoever does not read the answer is given up in time."""
        conn.sock.settimeout(self.body_seconds)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            raise StopIteration from None

    def finish_request(self, conn: Any, _: Any) -> None:
        """Close at once: gunicorn would wait here for the client, and all others with it."""
        with suppress(OSError):
            if conn.cut:
                conn.sock.shutdown(socket.SHUT_WR)
                conn.sock.setblocking(False)
                self.wait(conn, Arriving(), LINGER_SECONDS)
                return
        self.nr_conns -= 1
        conn.close()
