"""No secret stands in a log, and no file of ours can be read by others."""

from __future__ import annotations

import base64
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import SITE
from tests.patience import PATIENCE
from tests.served import Served, answers, serving

WEBHOOK = "the-secret-in-an-address-of-the-pbx"
CODE = "the-code-of-click-to-call-4711"
PASSWORD = "a-password-that-was-typed-wrong"
BEARER = "lt_a-key-of-a-program"
PLANTED = (WEBHOOK, CODE, PASSWORD, BEARER, "a-token-in-a-query", "a-cookie-of-a-login")
SITES = SITE.replace("secret-of-the-pbx-account", WEBHOOK)
# What a client that is broken, or an attacker, writes into the socket.
MALFORMED = [
    f"GET /pbx/pbx/{WEBHOOK}/cdr HTTP/9.9\r\n\r\n",
    f"GET /pbx/pbx/{WEBHOOK}/cdr more words HTTP/1.1\r\n\r\n",
    f"/pbx/pbx/{WEBHOOK}/cdr\r\n\r\n",
    f"{WEBHOOK} / HTTP/1.1\r\n\r\n",
    f"G\0T /pbx/pbx/{WEBHOOK}/cdr HTTP/1.1\r\n\r\n",
    f"GET / HTTP/1.1\r\n{WEBHOOK}\r\n\r\n",
    f"GET / HTTP/1.1\r\nX-A{{{WEBHOOK}: 1\r\n\r\n",
    f"GET / HTTP/1.1\r\nAuthorization: Bearer {BEARER}\0\r\n\r\n",
    f"GET / HTTP/1.1\r\n folded {WEBHOOK}\r\n\r\n",
    f"GET / HTTP/1.1\r\nContent-Length: {WEBHOOK}\r\n\r\n",
    f"POST / HTTP/1.1\r\nTransfer-Encoding: {WEBHOOK}\r\n\r\n",
    f"POST /pbx/pbx/{WEBHOOK}/cdr HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{CODE}\r\n",
    f"GET /pbx/pbx/{WEBHOOK}/{'x' * 9000} HTTP/1.1\r\n\r\n",
    f"POST /pbx/pbx/{WEBHOOK}/cdr HTTP/1.1\r\nContent-Length: 999\r\n\r\nshort",
    f"GET /pbx/pbx/{WEBHOOK}/cdr HTTP/1.1\r\nHost: a..b\r\n\r\n",
    f"GET /pbx/pbx/{WEBHOOK}/cdr HTTP/1.1\r\nHost: {WEBHOOK}[\r\n\r\n",
    f"GET //{WEBHOOK}@[/pbx HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("secrets")
    with serving(folder, SITES, workers="1") as (served, engine):
        served.until(lambda: answers(f"{served.url}/readyz"))
        engine.dispose()
        yield served


def _say(served: Served, text: str) -> bytes:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        connection.sendall(text.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except ConnectionResetError:  # the server closed before it had read all
            return answer
    return answer


def test_malformed_requests_are_answered_and_not_quoted_in_the_log(served: Served) -> None:
    for text in MALFORMED:
        answer = _say(served, text)
        assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.1 503")), (text, answer)
    _ask(served)
    log = served.log.read_text()
    for secret in PLANTED:
        assert secret not in log
        assert base64.b64encode(secret.encode()).decode() not in log


def _ask(served: Served) -> None:
    """Requests that are refused, or fail, with a secret in each part of them."""
    pbx = f"{served.url}/pbx/pbx/{WEBHOOK}"
    for method, url, more in (
        ("POST", f"{pbx}/cdr", {"data": b"\xff" + CODE.encode()}),
        ("POST", f"{pbx}/cdr", {"json": {"time": CODE, "code": CODE}}),
        ("POST", f"{pbx}/screen-pop", {"data": CODE}),
        ("POST", f"{pbx}/{CODE}", {"data": CODE}),
        ("POST", f"{pbx}x/cdr", {"data": "{}"}),
        ("PUT", f"{pbx}/cdr", {"data": "{}"}),
        ("POST", f"{served.url}/pbx/pbx/cdr?token={WEBHOOK}", {"data": CODE}),
        ("POST", f"{served.url}/pbx/pbx/cdr?token=a-token-in-a-query", {"data": CODE}),
        ("GET", f"{served.url}/api/v1/callbacks/1", {"headers": {"Authorization": BEARER}}),
        ("POST", f"{served.url}/tracker.js", {"data": f'{{"token": "{CODE}"'}),
        ("POST", f"{served.url}/login", {"data": {"name": "admin", "password": PASSWORD}}),
        ("GET", f"{served.url}/calls", {"cookies": {"leadtracker": "a-cookie-of-a-login"}}),
    ):
        requests.request(method, url, timeout=PATIENCE, allow_redirects=False, **more)


def test_others_read_nothing(served: Served) -> None:
    data = served.folder / "data"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    files = [file for file in data.rglob("*") if not file.is_symlink()]
    assert data / "leadtracker.sqlite" in files
    assert [file for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []


def test_files_of_an_older_version_are_hidden(tmp_path: Path) -> None:
    from leadtracker.records.database import open_database
    from leadtracker.settings import Settings, prepare_metrics

    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    (data / "leadtracker.sqlite").touch(mode=0o644)
    settings = Settings(data_folder=data)
    prepare_metrics(settings)
    open_database(settings.database).dispose()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "leadtracker.sqlite").stat().st_mode) == 0o600


def test_a_folder_that_we_work_in_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadtracker.settings import own_folder

    os.chmod(tmp_path, 0o755)
    monkeypatch.chdir(tmp_path)
    own_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
