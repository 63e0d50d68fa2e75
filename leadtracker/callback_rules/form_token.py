"""Tokens that let a form be sent: signed, for one site, visitor and origin, and for a while."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeTimedSerializer

from leadtracker.errors import Refused

LIFETIME_SECONDS = 30 * 60
SKEW_SECONDS = 60  # how far the clocks of two of our servers may be apart


class FormTokens:
    """Makes and reads tokens. live.CallbackGuard sees to it that each is used once."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="callback")

    def make(self, site_id: int, visitor: str, origin: str) -> str:
        return str(self._serializer.dumps([secrets.token_urlsafe(12), site_id, visitor, origin]))

    def read(
        self, token: str, site_id: int, visitor: str, origin: str, now: datetime | None = None
    ) -> str:
        """The nonce of a token. Raises Refused when the token is another's, too old or not ours.

        Tests pass `now`.
        """
        try:
            (nonce, *bound), made = self._serializer.loads(token, return_timestamp=True)
        except (BadData, ValueError, TypeError) as fault:
            raise Refused("token", "not ours") from fault
        age = ((now or datetime.now(UTC)) - made).total_seconds()
        if not -SKEW_SECONDS <= age <= LIFETIME_SECONDS:
            raise Refused("token", "expired")
        for name, value, its in zip(
            ("site", "visitor", "origin"), (site_id, visitor, origin), bound, strict=True
        ):
            if value != its:
                raise Refused("token", f"of another {name}")
        return str(nonce)
