"""Form tokens: whose they are and how old, by the server's clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import URLSafeTimedSerializer

from leadtracker.callback_rules.form_token import LIFETIME_SECONDS, SKEW_SECONDS, FormTokens
from leadtracker.errors import Refused

KEY = "a-key-for-the-tests-of-32-letters"
VISITOR, ORIGIN = "visitor-of-16-letters", "https://shop.example.com"
TOKENS = FormTokens(KEY)


def read(
    token: str, site: int = 1, visitor: str = VISITOR, origin: str = ORIGIN, seconds: float = 0
) -> str:
    return TOKENS.read(token, site, visitor, origin, datetime.now(UTC) + timedelta(seconds=seconds))


def fault(token: str, *whose: object, **more: object) -> str:
    with pytest.raises(Refused) as refused:
        read(token, *whose, **more)  # type: ignore[arg-type] # tests of wrong ones
    assert (refused.value.code, refused.value.words) == ("token", "again")
    return refused.value.detail


def test_each_token_has_a_nonce_of_its_own() -> None:
    tokens = [TOKENS.make(1, VISITOR, ORIGIN) for _ in range(100)]
    assert len({read(token) for token in tokens}) == 100
    assert read(tokens[0]) == read(tokens[0])


def test_whose_it_is() -> None:
    token = TOKENS.make(1, VISITOR, ORIGIN)
    assert fault(token, site=2) == "of another site"
    assert fault(token, visitor="another-visitor-of-it") == "of another visitor"
    assert fault(token, origin="https://evil.example.com") == "of another origin"
    assert fault(token, origin=ORIGIN + "/") == "of another origin"
    assert fault(token, visitor="") == "of another visitor"


@pytest.mark.parametrize("seconds", [0, 1, LIFETIME_SECONDS - 2, -SKEW_SECONDS + 2])
def test_in_time(seconds: float) -> None:
    assert read(TOKENS.make(1, VISITOR, ORIGIN), seconds=seconds)


@pytest.mark.parametrize("seconds", [LIFETIME_SECONDS + 2, 86400, -SKEW_SECONDS - 2, -86400])
def test_out_of_time(seconds: float) -> None:
    assert fault(TOKENS.make(1, VISITOR, ORIGIN), seconds=seconds) == "expired"


def test_forged() -> None:
    token = TOKENS.make(1, VISITOR, ORIGIN)
    body, made, signature = token.rsplit(".", 2)
    later = TOKENS.make(1, VISITOR, ORIGIN).rsplit(".", 2)
    plain = [read(token), 1, VISITOR, ORIGIN]
    forged = [
        "",
        ".",
        "..",
        "null",
        "x" * 100_000,
        "\ud800",
        "é.é.é",
        body,
        f"{body}.{made}",
        f"{body}.{made}.",
        token[:-1],
        token + "A",
        token.swapcase(),
        f"{body}.{made[:-1]}{'A' if made[-1] != 'A' else 'B'}.{signature}",
        f"{body[:-1]}{'A' if body[-1] != 'A' else 'B'}.{made}.{signature}",
        f"{later[0]}.{made}.{signature}",
        URLSafeTimedSerializer("another-key-of-thirty-two-letters", salt="callback").dumps(plain),
        URLSafeTimedSerializer(KEY, salt="lease").dumps(plain),
        URLSafeTimedSerializer(KEY).dumps(plain),
    ]
    assert {fault(str(one)) for one in forged} == {"not ours"}
