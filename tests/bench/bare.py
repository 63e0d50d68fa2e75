"""The baseline: a bare Flask route that reads a body and answers JSON of a number answer's size."""

from __future__ import annotations

from flask import Flask, request
from flask.typing import ResponseReturnValue

app = Flask(__name__)
ANSWER = {
    "did": "+972722776772",
    "display": "072-277-6772",
    "lease_seconds": 120,
    "beat_seconds": 30,
    "reason": "kept",
    "lease": "1.visitor0000000000001.visit0000000000000001.+972722776772."
    "crhrpXRrvuNq.1795244038365.mXVb9DXVrps0c0JVxwHDj9YxJc",
}


@app.post("/")
def answer() -> ResponseReturnValue:
    request.get_data()
    return ANSWER
