"""nginx and Caddy in front of a real server, with the configurations of docs/deploy."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.conftest import SITE
from tests.patience import PATIENCE, until
from tests.served import Served, answers, serving

DEPLOY = Path(__file__).resolve().parents[2] / "docs" / "deploy"
SECRET = "secret-of-the-pbx-account"
SITES = f"""{SITE}
[account.here]
vendor = "voicenter"
secret = "{SECRET}"
allowed_addresses = ["127.0.0.1"]

[account.elsewhere]
vendor = "voicenter"
secret = "{SECRET}"
allowed_addresses = ["10.0.0.9"]
"""
NUMBER = {"ask": "number", "token": "shop-token", "visitor": "v" * 22, "visit": "w" * 22}
HEADERS = {"Origin": "https://shop.example.com", "User-Agent": "Mozilla/5.0 Chrome/140.0"}
# What a test changes in a configuration: its places on this machine, and time it does not have.
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{ access_log {folder}/access.log; client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
scgi_temp_path {folder}/s;
include {folder}/leadtracker.conf; }}
"""


@dataclass(frozen=True)
class Proxy:
    name: str
    port: int
    folder: Path
    served: Served

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def logs(self) -> str:
        return "".join(file.read_text() for file in self.folder.glob("*.log"))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("behind")
    with serving(folder, SITES, workers="1", threads="4", trusted_proxies="1") as (served, engine):
        engine.dispose()
        served.until(lambda: answers(f"{served.url}/readyz"))
        yield served


def nginx(folder: Path, port: int, upstream: str) -> list[str]:
    text = (DEPLOY / "nginx.conf").read_text()
    lines = [line for line in text.splitlines() if "ssl_certificate" not in line]
    text = "\n".join(lines).replace("listen 443 ssl", f"listen {port}")
    text = text.replace("127.0.0.1:8080", upstream).replace("timeout 10s", "timeout 1s")
    (folder / "leadtracker.conf").write_text(text)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    return [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, port: int, upstream: str) -> list[str]:
    text = (DEPLOY / "Caddyfile").read_text()
    text = text.replace("calls.example.com {", f"http://127.0.0.1:{port} {{\n\tlog")
    text = text.replace("127.0.0.1:8080", upstream).replace("read_header 10s", "read_header 1s")
    text = text.replace("\n{\n", "\n{\n\tadmin off\n", 1)
    (folder / "Caddyfile").write_text(text)
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin")
    if found is None:
        pytest.fail(f"{name} is not installed: these tests need it (make test-deploy installs it)")
    return found


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = request.param(folder, port, served.url.removeprefix("http://"))
    name = request.param.__name__
    with (folder / "out.log").open("w") as out:
        running = subprocess.Popen(
            command, stdout=out, stderr=out, env={"HOME": str(folder), "PATH": "/usr/bin"}
        )
    try:
        proxy = Proxy(name, port, folder, served)
        until(lambda: answers(f"{proxy.url}/healthz"), proxy.logs)
        yield proxy
    finally:
        running.terminate()
        running.wait(PATIENCE)


def test_a_page_gets_its_number_through_it(proxy: Proxy) -> None:
    answer = requests.post(
        f"{proxy.url}/tracker.js", data=json.dumps(NUMBER), headers=HEADERS, timeout=PATIENCE
    )
    assert answer.json()["did"]


def test_the_client_s_address_is_the_connection_s_and_not_a_forged_one(proxy: Proxy) -> None:
    """One account takes notifications from this machine alone, the other from another alone."""
    forged = {"X-Forwarded-For": "10.0.0.9"}
    for account, status in (("here", 200), ("elsewhere", 403)):
        url = f"{proxy.url}/pbx/{account}/{SECRET}/screen-pop"
        pop = {"ivrid": account, "phone": "0501234567"}
        answer = requests.post(url, json=pop, headers=forged, timeout=PATIENCE)
        assert answer.status_code == status, account
    metrics = requests.get(f"{proxy.url}/metrics", timeout=PATIENCE)
    assert metrics.status_code == 403  # whoever comes through a proxy is not this machine


def test_no_secret_stands_in_its_log(proxy: Proxy) -> None:
    pbx = f"{proxy.url}/pbx/pbx/{SECRET}"
    for url in (f"{pbx}/cdr", f"{pbx}/nothing", f"{proxy.url}/pbx/pbx/cdr?token={SECRET}"):
        requests.post(url, data="{", timeout=PATIENCE)
    requests.post(f"{pbx}/cdr", data=b"x" * 6_000_000, timeout=PATIENCE)
    requests.get(f"{proxy.url}/the-end-of-these", timeout=PATIENCE)
    until(lambda: "the-end-of-these" in proxy.logs(), proxy.logs)
    assert SECRET not in proxy.logs()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /heal",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"POST /tracker.js HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{",
        b"POST /tracker.js HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    ],
)
def test_clients_that_stall_hold_nobody_up(proxy: Proxy, sent: bytes) -> None:
    with ExitStack() as open_ones:
        for _ in range(48):
            open_ones.enter_context(proxy.connect()).sendall(sent)
        assert requests.get(f"{proxy.served.url}/healthz", timeout=PATIENCE).ok
        assert answers(f"{proxy.url}/healthz")


def test_a_half_header_is_ended(proxy: Proxy) -> None:
    with proxy.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        answer = connection.recv(1024)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


def test_a_body_in_chunks_arrives(proxy: Proxy) -> None:
    answer = requests.post(
        f"{proxy.url}/tracker.js",
        data=iter([json.dumps(NUMBER).encode()[:9], json.dumps(NUMBER).encode()[9:]]),
        headers=HEADERS,
        timeout=PATIENCE,
    )
    assert answer.json()["did"]
