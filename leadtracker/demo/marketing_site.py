"""The demo's marketing site: two kitchen workshops with the script in their pages."""

from __future__ import annotations

import io
import json
import math
import threading
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, select_autoescape

from leadtracker import phone
from leadtracker.demo.sites import Where
from leadtracker.demo.world import BUCHAREST, HAIFA, SHOPS, Shop

LONGEST_BODY = 1000
ASSETS = {"site.css": "text/css", "ring.js": "text/javascript", "favicon.svg": "image/svg+xml"}

Told = dict[str, str]  # `said`, and perhaps a link: its words in `link`, its address in `href`
Ring = Callable[[Shop, str], Iterator[Told]]  # has a shop's PBX ring a number as a page shows it


@dataclass(frozen=True, slots=True)
class Edition:
    """A shop in one language."""

    shop: Shop
    language: str
    direction: str
    name: str
    home: str
    menu: tuple[tuple[str, str], ...]
    call: str
    address: str
    call_back: str = ""  # on a button; empty where the shop's PBX cannot be asked to dial


ENGLISH = Edition(
    HAIFA,
    "en",
    "ltr",
    HAIFA.name,
    "/",
    (("/kitchens", "Kitchens"), ("/spring-sale", "Spring sale"), ("/he", "עברית")),
    "Call the workshop",
    "Cedar & Stone, 14 HaNamal Street, Haifa",
    "Have us call you",
)
HEBREW = Edition(
    HAIFA,
    "he",
    "rtl",
    "ארז ואבן",
    "/he",
    (("/kitchens", "מטבחים"), ("/spring-sale", "מבצע אביב"), ("/", "English")),
    "התקשרו לנגרייה",
    "ארז ואבן, רחוב הנמל 14, חיפה",
    "נחזור אליכם",
)
ROMANIAN = Edition(
    BUCHAREST,
    "ro",
    "ltr",
    BUCHAREST.name,
    "/ro",
    (("/ro", "Bucătării"), ("/", "Haifa")),
    "Sună la atelier",
    "Cedru și Piatră, Strada Lemnarilor 7, București",
)
PAGES = {
    "/": ("home.html", ENGLISH),
    "/kitchens": ("kitchens.html", ENGLISH),
    "/spring-sale": ("spring_sale.html", ENGLISH),
    "/he": ("hebrew.html", HEBREW),
    "/ro": ("romanian.html", ROMANIAN),
}


class MarketingSite:
    """Serves the pages from `start()` to `stop()`; every request has a thread of its own."""

    def __init__(self, where: Where, ring: Ring) -> None:
        port = urlsplit(where.marketing).port or 80
        self.origins = (where.marketing, f"http://localhost:{port}")
        self.ring = ring
        self._where = where
        self._templates = Environment(
            loader=PackageLoader("leadtracker.demo"),
            autoescape=select_autoescape(),
            trim_blocks=True,
        )
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="marketing site"
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def page(self, path: str) -> str | None:
        if path not in PAGES:
            return None
        template, edition = PAGES[path]
        own_number = edition.shop.own_number
        return self._templates.get_template(template).render(
            edition=edition,
            token=self._where.tokens[edition.shop.key],
            own_number=phone.show(own_number),
            own_number_abroad=phone.show(own_number, "international"),
            script_url=f"{self._where.leadtracker}/tracker.js",
            dashboard_url=self._where.leadtracker,
            arrivals=[arrival for shop in SHOPS.values() for arrival in shop.arrivals],
        )


class _Handler(BaseHTTPRequestHandler):
    site: MarketingSite

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        name = path.rpartition("/")[2]
        page = self.site.page(path)
        if page is not None:
            self._answer("text/html; charset=utf-8", page.encode())
        elif path.startswith("/assets/") and name in ASSETS:
            self._answer(ASSETS[name], _asset(name).read_bytes())
        elif path.startswith("/recordings/"):
            self._answer("audio/wav", _recording())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """One JSON line for each thing that happens to the call, as it happens."""
        length = int(self.headers.get("Content-Length") or 0)
        if (
            self.path != "/ring"
            or length > LONGEST_BODY
            or self.headers.get("Origin") not in self.site.origins
        ):
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        try:
            wanted = json.loads(self.rfile.read(length))
            shop, number = SHOPS[wanted["shop"]], str(wanted["number"])
        except (ValueError, KeyError, TypeError):
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/x-ndjson; charset=utf-8")
        self.end_headers()
        for told in self.site.ring(shop, number):
            self.wfile.write(json.dumps(told).encode() + b"\n")
            self.wfile.flush()

    def _answer(self, content_type: str, body: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """The demo prints its own story."""


def _asset(name: str) -> Traversable:
    return resources.files("leadtracker.demo") / "assets" / name


def _recording() -> bytes:
    """What every simulated call sounds like: two seconds of ringing tone."""
    rate = 8000
    tone = bytes(
        int(128 + 60 * math.sin(2 * math.pi * 425 * beat / rate)) for beat in range(2 * rate)
    )
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(tone)
    return sound.getvalue()
