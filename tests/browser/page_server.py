"""A marketing site: serves `pages/`, with the address of our server put in."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

PAGES = Path(__file__).parent / "pages"
KINDS = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class PageServer:
    """`{{service}}` in a page becomes the address of our server, `{{token}}` the site's token.

    `/marker` is what a test asks to prove an absence.
    """

    def __init__(self, service: str, built: Path) -> None:
        self.service, self.token = service, "token"
        folders = (PAGES, built)
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = urlsplit(self.path).path.strip("/") or "plain.html"
                file = next(
                    (folder / name for folder in folders if (folder / name).is_file()), None
                )
                kind = KINDS.get(file.suffix, "text/plain") if file else "text/plain"
                text = file.read_text() if file else ""
                body = (
                    text.replace("{{service}}", site.service)
                    .replace("{{token}}", site.token)
                    .encode()
                )
                self.send_response(200 if file or name in ("marker", "favicon.ico") else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
