"""Click-to-call beside the number request: a PBX that answers at once,
and visitors who each ask once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from tests.bench.load import HEADERS
from tests.patience import PATIENCE

GENEROUS = "{ minute = 100000, hour = 100000, day = 100000 }"
RULES = f"""
[account.pbx.options]
code = "of-the-bench"
click_to_call_url = "{{url}}"
callback_limits = {GENEROUS}
[site.small.callback]
agents = ["SIP1"]
fill_seconds = 0.5
ceiling = 1000000000
per_number = {GENEROUS}
per_visitor = {GENEROUS}
per_address = {GENEROUS}
per_site = {GENEROUS}
"""


@contextmanager
def prompt_pbx() -> Iterator[str]:
    """Its Click2Call takes every call and makes none."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            content = b'{"ERRORCODE":0,"ERRORMESSAGE":"OK","CALLID":""}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def switch_on(engine: Engine, pbx_url: str) -> None:
    with Session(engine) as session:
        site_file.apply(session, RULES.replace("{url}", pbx_url))
        session.commit()


def forms(url: str, visitors: int, mark: str) -> dict[str, str]:
    """Visitor -> form token; `mark`, a letter, is of this run."""

    def form(number: int) -> tuple[str, str]:
        visitor = f"{mark}{number:021d}"
        body = {"ask": "form", "token": "small", "visitor": visitor}
        token = None
        while token is None:  # a process that has not heard of the rules yet
            answer = requests.post(
                f"{url}/tracker.js",
                data=json.dumps(body),
                headers=HEADERS,
                timeout=PATIENCE,
            )
            token = answer.json()["form"]
        return visitor, token

    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(form, range(visitors)))


def callback(tokens: dict[str, str], mark: str) -> str:
    """Of wrk's two threads each takes every second visitor, once;
    whoever comes after the last has no token."""
    pairs = ",".join(f'{{"{visitor}","{form}"}}' for visitor, form in tokens.items())
    return f"""forms = forms or {{{pairs}}}
  local place = turn * 2 + thread_number
  local one = forms[place] or {{"nobody", ""}}
  return wrk.format(nil, "/callback", nil,
    '{{"id":"request-{mark}-' .. place .. '","token":"small",' ..
    '"visitor":"' .. one[1] .. '","form":"' .. one[2] ..
    '","phone":"054-321-' .. string.format("%04d", place % 10000) ..
    '","name":"Dana Cohen","note":"","website":"","filled_ms":5000}}')"""
