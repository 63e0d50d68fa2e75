"""A signed phone: what proves it, what leaves it unsigned, and the examples for back ends."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from leadtracker.domain import Site
from leadtracker.numbers.number_request import info_of, phone_of, read_page
from leadtracker.numbers.signed_phone import LONGEST_SECONDS, is_signed, signature

SECRET, PHONE, VISITOR = "a secret of the shop", "+972541234567", "dana".ljust(22, "_")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPIRES = int(NOW.timestamp()) + 3600
SCRIPT_DOCUMENT = Path(__file__).parents[2] / "docs" / "script.md"


def told(**more: Any) -> dict[str, Any]:
    good = {"phone_expires": EXPIRES, "phone_signature": signature(SECRET, PHONE, EXPIRES)}
    return good | more


def late(seconds: int) -> dict[str, Any]:
    expires = int(NOW.timestamp()) + seconds
    return told(phone_expires=expires, phone_signature=signature(SECRET, PHONE, expires))


NO_MOMENTS: tuple[Any, ...] = (None, True, 1.5, [], {}, "x", "٣", "9" * 5000)
NO_SIGNATURES: tuple[Any, ...] = (None, 7, [], "", "é", "\ud800")


@pytest.mark.parametrize(
    "proof",
    [
        told(),
        told(phone_expires=str(EXPIRES)),
        told(phone_signature=signature(SECRET, PHONE, EXPIRES).upper()),
        told(phone_signature=signature(SECRET, PHONE, EXPIRES, VISITOR)),
        late(LONGEST_SECONDS),
        late(1),
    ],
)
def test_what_proves_a_phone(proof: dict[str, Any]) -> None:
    assert is_signed(SECRET, PHONE, VISITOR, proof, NOW)


@pytest.mark.parametrize(
    "proof",
    [
        {},
        told(phone_signature=signature(SECRET, "+972541234568", EXPIRES)),
        told(phone_signature=signature("another secret", PHONE, EXPIRES)),
        told(phone_signature=signature(SECRET, PHONE, EXPIRES, "another visitor")),
        told(phone_expires=EXPIRES + 1),
        late(LONGEST_SECONDS + 1),
        late(0),
        late(-5),
        *(told(phone_expires=value) for value in NO_MOMENTS),
        *(told(phone_signature=value) for value in NO_SIGNATURES),
    ],
)
def test_what_leaves_it_unsigned(proof: dict[str, Any]) -> None:
    assert not is_signed(SECRET, PHONE, VISITOR, proof, NOW)


def test_a_site_without_a_secret_takes_no_signature() -> None:
    assert not is_signed("", PHONE, VISITOR, told(phone_signature=signature("", PHONE, 1)), NOW)


def shop() -> Site:
    return Site(id=1, name="shop", tokens=(), signing_secret=SECRET)


def test_a_page_brings_it_in_its_info_and_it_is_kept_nowhere() -> None:
    expires = int(datetime.now(UTC).timestamp()) + 600
    proof = {"phone_expires": expires, "phone_signature": signature(SECRET, PHONE, expires)}
    info = {"name": "Dana", "phone": "054-123-4567"} | proof
    page = read_page({"visitor": VISITOR, "visit": VISITOR, "info": info})
    assert phone_of(page, shop()) == (PHONE, True)
    assert info_of(page) == ("i:name", '"Dana"', "i:phone", '"054-123-4567"')


def test_a_secret_is_not_shown_with_its_site() -> None:
    assert SECRET not in repr(shop())


def examples(language: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", SCRIPT_DOCUMENT.read_text(), re.DOTALL)
    return [text for text in found if "phone_signature" in text]


@pytest.mark.parametrize(
    ("language", "command", "end"),
    [
        ("python", [sys.executable, "-c"], "import json\nprint(json.dumps(signed({phone!r})))"),
        ("js", ["node", "-e"], "console.log(JSON.stringify(signed({phone!r})))"),
    ],
)
def test_the_documented_example_signs(language: str, command: list[str], end: str) -> None:
    (example,) = examples(language)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LEADTRACKER_SIGNING_SECRET": SECRET}
    run = subprocess.run(
        [*command, f"{example}\n{end.format(phone=PHONE)}"],
        env=environment,
        capture_output=True,
        check=True,
    )
    proof = orjson.loads(run.stdout)
    assert proof["phone"] == PHONE
    assert is_signed(SECRET, PHONE, VISITOR, proof, datetime.now(UTC))
