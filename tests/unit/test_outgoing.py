"""A request of ours is sent once, ends in time, and what cannot be known of it is not guessed."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from leadtracker.outgoing import LONGEST_REPLY, Fate, Sender
from tests.patience import PATIENCE, until
from tests.unit.receiver import Receiver

SECRET = "SECRET-CODE"
Answering = Callable[[socket.socket, threading.Event], object]


@contextmanager
def answering(answer: Answering) -> Iterator[str]:
    """A server whose one connection is given to `answer`,
    and what says that the test needs it no more."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    answer(connection, over)
                except OSError:
                    return  # the other side has gone

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/path"
        finally:
            over.set()
        thread.join()


def post(url: str) -> requests.Request:
    return requests.Request("POST", url, data=b"{}", params={"code": SECRET})


def test_an_answer_is_whole(receiver: Receiver) -> None:
    receiver.answers = [(403, b'{"ERRORCODE":1}')]
    reply = Sender(PATIENCE, 2).send(post(receiver.url))
    assert (reply.fate, reply.status, reply.content) == (Fate.ANSWERED, 403, b'{"ERRORCODE":1}')
    assert [one.headers["Connection"] for one in receiver.got] == ["close"]
    assert b"ERRORCODE" not in repr(reply).encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"http://127.0.0.1:{free_port()}/", id="a port where nobody listens"),
        "http://nobody.invalid/",
        "http://",
        "//127.0.0.1/",
        "gopher://127.0.0.1/",
        "http://127.0.0.1:port/",
        "",
    ],
)
def test_what_finds_nobody_is_not_sent(url: str) -> None:
    reply = Sender(PATIENCE, 1).send(post(url))
    assert reply.fate is Fate.NOT_SENT
    assert reply.fault
    assert SECRET not in repr(reply)


def test_a_host_that_proves_to_be_another_is_told_nothing(tmp_path: object) -> None:
    """The handshake with a server without a certificate we trust ends before the request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(str(tmp_path)))
    heard = []

    def serve(connection: socket.socket, _: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            heard.append(secured.recv(1))

    with answering(serve) as url:
        reply = Sender(PATIENCE, 1).send(post(url.replace("http:", "https:")))
    assert (reply.fate, reply.fault) == (Fate.NOT_SENT, "SSLError")
    assert heard in ([], [b""])


def self_signed(folder: str) -> str:
    path = f"{folder}/one.pem"
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run(
        [*making, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True
    )
    with open(path, "a") as both, open(f"{path}.crt") as certificate:
        both.write(certificate.read())
    return path


def dripping(begin: bytes) -> Answering:
    """It never ends by itself."""

    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(begin)
        while not over.wait(0.03):
            connection.sendall(b" ")

    return drip


def flood(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (LONGEST_REPLY + 65536))


def reset(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def saying(words: bytes) -> Answering:
    def say(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(words)

    return say


NO_ANSWERS: dict[str, Answering] = {
    "silent": lambda connection, over: (connection.recv(4096), over.wait()),
    "drips its headers": dripping(b"HTTP/1.1 200 OK\r\nContent-Length:"),
    "drips its body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "floods": flood,
    "hangs up": lambda connection, _: connection.recv(4096),
    "resets": reset,
    "speaks no HTTP": saying(b"220 mail\r\n\r\n"),
    "stops in the middle": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
}


@pytest.mark.parametrize("case", NO_ANSWERS)
def test_what_was_sent_and_not_answered_is_uncertain(case: str) -> None:
    with answering(NO_ANSWERS[case]) as url:
        reply = Sender(2, 1).send(post(url))
    assert reply.fate is Fate.NO_ANSWER
    assert reply.fault
    assert SECRET not in repr(reply)


def test_nothing_is_sent_twice(receiver: Receiver) -> None:
    receiver.answers = [(503, b"")]
    sender = Sender(PATIENCE, 1)
    assert sender.send(post(receiver.url)).status == 503
    assert len(receiver.got) == 1


def test_a_redirect_is_not_followed() -> None:
    def elsewhere(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(
            b"HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"
        )

    with answering(elsewhere) as url:
        reply = Sender(PATIENCE, 1).send(post(url))
    assert (reply.fate, reply.status) == (Fate.ANSWERED, 307)


def test_no_proxy_and_no_login_of_the_environment(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    with open(f"{tmp_path}/netrc", "w") as file:
        file.write("machine 127.0.0.1 login somebody password hidden\n")
    monkeypatch.setenv("NETRC", f"{tmp_path}/netrc")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert Sender(PATIENCE, 1).send(post(receiver.url)).fate is Fate.ANSWERED
    assert "Authorization" not in receiver.got[0].headers


def test_places_are_bounded(receiver: Receiver) -> None:
    held = threading.Event()
    sender = Sender(PATIENCE, 1)

    def hold(_: socket.socket, over: threading.Event) -> None:
        held.set()
        over.wait()

    with answering(hold) as url:
        thread = threading.Thread(target=sender.send, args=(post(url),))
        thread.start()
        assert held.wait(PATIENCE)
        reply = sender.send(post(receiver.url))
        assert (reply.fate, reply.fault) == (Fate.NOT_SENT, "too many requests are open")
    thread.join()
    assert not receiver.got
    until(lambda: sender.send(post(receiver.url)).fate is Fate.ANSWERED)  # the place is free again
    assert len(receiver.got) == 1


def test_no_secret_is_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sender = Sender(PATIENCE, 1)
        sender.send(post(receiver.url))
        sender.send(post(f"http://127.0.0.1:{free_port()}/"))
    assert receiver.got[0].query == {"code": SECRET}
    assert SECRET not in caplog.text
