"""The vendors' samples as requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from leadtracker.outgoing import Fate, Reply
from leadtracker.pbx import wire
from leadtracker.pbx.vendor import WireFormat
from leadtracker.pbx.voicenter import api

FOLDER = Path(__file__).parent
HEADERS = {
    ".json": "application/json",
    ".xml": "text/xml",
    ".form": "application/x-www-form-urlencoded",
    ".txt": "",
}


def requests(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if file.name.startswith(("request", "event"))}


def sent(file: Path, header: str | None = None) -> tuple[WireFormat, dict[str, Any]]:
    """What is read of a sample, sent with its usual Content-Type or another one."""
    header = HEADERS[file.suffix] if header is None else header
    if file.suffix == ".txt":
        query = file.read_text().strip().partition("?")[2]
        return wire.read("GET", header, query, b"")
    return wire.read("POST", header, b"", file.read_bytes())


def reply(file: Path, status: int = 200) -> Reply:
    """A sample as the answer to a request of ours."""
    return Reply(Fate.ANSWERED, status, file.read_bytes())


def fields(file: Path) -> Any:
    """The values of a sample in JSON."""
    return json.loads(file.read_bytes())


def asked(request: api.Request) -> dict[str, Any]:
    """The fields of a request that has one set of them."""
    assert isinstance(request.fields, dict)
    return request.fields


def url(file: Path) -> str:
    return file.read_text().strip()
