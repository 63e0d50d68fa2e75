"""The Chrome extension asks before it posts a pop-up, and must be allowed to read the answer."""

from __future__ import annotations

from email import message_from_bytes

import pytest
from flask import Flask
from werkzeug.datastructures import Headers

from tests.contract.samples import FOLDER, sent

SAMPLES = FOLDER / "voicenter" / "screen_pop"
URL = "/pbx/pbx/secret-of-the-pbx-account/screen-pop"


def http_message(name: str) -> tuple[list[str], Headers]:
    """The words of the first line, and the headers."""
    first, _, rest = (SAMPLES / name).read_bytes().partition(b"\n")
    return first.decode().split(), Headers(list(message_from_bytes(rest).items()))


def words(value: str | None) -> set[str]:
    return {word.strip().lower() for word in (value or "").split(",")}


def test_preflight(app: Flask) -> None:
    (method, *_), asked = http_message("preflight-request.txt")
    (_, status, *_), expected = http_message("preflight-answer.txt")
    assert asked["Access-Control-Request-Method"] == "POST"
    asked.remove("Host")
    answer = app.test_client().open(URL, method=method, headers=asked)
    assert answer.status_code // 100 == int(status) // 100
    assert answer.headers["Access-Control-Allow-Origin"] == expected["Access-Control-Allow-Origin"]
    for name in ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Vary"):
        assert words(expected[name]) <= words(answer.headers[name])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_answer_may_be_read(method: str, app: Flask) -> None:
    _, asked = http_message("preflight-request.txt")
    origin = {"Origin": asked["Origin"]}
    _, fields = sent(SAMPLES / "request-form-status.form")
    if method == "GET":
        answer = app.test_client().get(URL, query_string=fields, headers=origin)
    else:
        answer = app.test_client().post(URL, data=fields, headers=origin)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == asked["Origin"]
    assert answer.content_type == "application/json"


def test_no_other_origin_may_read_it(app: Flask) -> None:
    answer = app.test_client().get(
        URL, query_string={"phone": "0722776772"}, headers={"Origin": "https://evil.example"}
    )
    assert "Access-Control-Allow-Origin" not in answer.headers
