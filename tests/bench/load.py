"""Loads for wrk: one Lua script for each kind of request, and what wrk says of a run."""

from __future__ import annotations

import math
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.patience import until

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
ORIGIN = "https://bench.example.com"
HEADERS = {"Origin": ORIGIN, "User-Agent": CHROME}
PAGE = (
    '"info":{"name":"Dana Cohen"},"page":"https://bench.example.com/sale","arrival":{"url":'
    '"https://bench.example.com/sale?utm_source=google&utm_medium=cpc&utm_campaign=spring",'
    '"referrer":"https://www.google.com/","at":1763700000000}'
)

HEAD = """
local turn = 0
local threads = 0
function setup(thread) thread:set("thread_number", threads); threads = threads + 1 end
wrk.method = "POST"
wrk.headers["Origin"] = "{origin}"
wrk.headers["User-Agent"] = "{agent}"
wrk.headers["Content-Type"] = "{content_type}"
function request()
  turn = turn + 1
  {request}
end
{delay}
"""

PAUSE = """
function init() math.randomseed(thread_number + 1) end
function delay() return -{mean} * math.log(1 - math.random()) end
"""  # exponential: callers do not wait for each other


@dataclass(frozen=True)
class Run:
    """requests a second, and latency in milliseconds;
    `failed` counts answers that were not 2xx and broken sockets."""

    rate: float
    p50: float
    p99: float
    failed: int


def wait_for(url: str) -> None:
    """Until something answers there."""

    def answers() -> bool:
        try:
            requests.post(url, data="{}", timeout=5)
        except requests.RequestException:
            return False
        return True

    until(answers, lambda: f"{url} does not answer")


def script(
    folder: Path, name: str, request: str, content_type: str = "text/plain", pause_ms: float = 0
) -> Path:
    """`pause_ms` is the mean time that a connection waits before its next request."""
    delay = PAUSE.format(mean=pause_ms) if pause_ms else ""
    file = folder / f"{name}.lua"
    file.write_text(
        HEAD.format(
            origin=ORIGIN, agent=CHROME, content_type=content_type, request=request, delay=delay
        )
    )
    return file


def known_number(token: str, visitors: int) -> str:
    """Number requests of so many known visitors in turn."""
    return _number(token, f'string.format("k%021d", turn % {visitors})')


def new_number(token: str, mark: str) -> str:
    """Number requests of a new visitor each time."""
    return _number(token, f'string.format("{mark:x>8}%014d", turn * 4 + thread_number)')


def _number(token: str, visitor: str) -> str:
    return f"""local id = {visitor}
  return wrk.format(nil, "/tracker.js", nil,
    '{{"ask":"number","token":"{token}","visitor":"' .. id ..
    '","visit":"' .. id .. '",{PAGE}}}')"""


def beat(token: str, leases: dict[str, str]) -> str:
    pairs = ",".join(f'{{"{visitor}","{lease}"}}' for visitor, lease in leases.items())
    return f"""beats = beats or {{{pairs}}}
  local one = beats[turn % #beats + 1]
  return wrk.format(nil, "/tracker.js", nil,
    '{{"ask":"beat","token":"{token}","state":"visible","signals":[],' ..
    '"visitor":"' .. one[1] .. '","visit":"' .. one[1] ..
    '","lease":"' .. one[2] .. '",{PAGE}}}')"""


def screen_pop(path: str, dids: list[str], mark: str) -> str:
    numbers = ",".join(f'"{did}"' for did in dids)
    return f"""dids = dids or {{{numbers}}}
  local id = string.format("{mark}%d-%d", thread_number, turn)
  return wrk.format("GET",
    "{path}?phone=05012" .. string.format("%05d", turn % 100000) .. "&ivrid=" .. id ..
    "&extenUser=SIP1&did=" .. dids[turn % #dids + 1] .. "&statusCall=Ringing")"""


def cdr(path: str, did: str, time: int, mark: str) -> str:
    return f"""local id = string.format("{mark}%d-%d", thread_number, turn)
  return wrk.format(nil, "{path}", nil,
    '{{"caller":"05012' .. string.format("%05d", turn % 100000) ..
    '","target":"SIPSIP","time":{time},"duration":20,' ..
    '"ivruniqueid":"' .. id .. '","type":"Incoming Call",' ..
    '"status":"ANSWER","targetextension":"SIPSIP","callerextension":"","did":"{did}",' ..
    '"queueid":0,"queuename":"","price":0,"dialtime":4,' ..
    '"record":"https://cpanel.voicenter.co.il/CallsHistory/PlayRecord/x.mp3",' ..
    '"representative_name":"Walter","representative_code":"1","caller_country":"Israel"}}')"""


def run(url: str, lua: Path, seconds: float, connections: int = 16) -> Run:
    """At least one request, however busy the machine is: nobody can divide by a rate of nothing."""
    while (found := _run(url, lua, seconds, connections)).rate == 0 and seconds < 60:
        seconds *= 4
    return found


def _run(url: str, lua: Path, seconds: float, connections: int) -> Run:
    said = _wrk(seconds, f"-t{min(2, connections)}", f"-c{connections}", "-s", str(lua), url)
    lost = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", said)))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    made = re.search(r"(\d+) requests in ", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert made, said
    assert rate, said
    failed = lost + (int(refused[1]) if refused else 0)
    if failed * 2 > int(made[1]):  # a busy server refuses some; then the figures are of refusals
        raise SystemExit(f"{failed} of {made[1]} requests failed:\n{said}")
    return Run(rate=float(rate[1]), p50=_ms(said, 50), p99=_ms(said, 99), failed=failed)


def _wrk(seconds: float, *arguments: str) -> str:
    """What wrk says. It knows whole seconds only; SIGINT ends it before,
    and one that comes too early is lost."""
    process = subprocess.Popen(
        [
            "sh",
            "-c",
            'trap "" INT; exec wrk "$@"',
            "wrk",
            f"-d{math.ceil(seconds)}s",
            "--timeout",
            "10s",
            "--latency",
            *arguments,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds if seconds < 1 else None)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"wrk failed:\n{said}")
    return said


def _ms(said: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)
    assert found, said
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
