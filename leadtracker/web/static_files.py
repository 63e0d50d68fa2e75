"""The built scripts and styles: where they lie, and how they are sent, compressed when possible."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, send_from_directory

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent / "static" / "dist"
# Beside the package in a checkout, in it in a wheel.
STATIC = CHECKOUT if CHECKOUT.is_dir() else PACKAGE / "static"
FILE_SECONDS = 7 * 86400  # that browsers keep a style or script: its address names its content
ENDINGS = {"br": ".br", "gzip": ".gz", "identity": ""}  # the smallest first


def register(app: Flask) -> None:
    """The dashboard's files; the endpoint has Flask's own name for them."""
    app.add_url_rule(
        "/static/<path:filename>",
        "static",
        lambda filename: send(filename, max_age=FILE_SECONDS),
    )


def send(file: str, **how: Any) -> Response:
    """A file as its reader takes it best. Raises NotFound; `how` is for send_from_directory."""
    kept = [
        encoding for encoding, ending in ENDINGS.items() if (STATIC / (file + ending)).is_file()
    ]
    encoding = request.accept_encodings.best_match(kept) or "identity"
    how = {"mimetype": mimetypes.guess_type(file)[0]} | how
    response = send_from_directory(STATIC, file + ENDINGS[encoding], **how)
    response.vary.add("Accept-Encoding")
    if encoding != "identity":
        response.content_encoding = encoding
    return response


@functools.cache
def fingerprint(file: str) -> str:
    """Part of a file's address in pages, so that a new version is fetched and an old one kept."""
    return hashlib.sha256((STATIC / file).read_bytes()).hexdigest()[:12]
