"""A form that asks to be called back, as the road asks the rules and the guard;
the servers' clock is set."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from leadtracker.callback_rules.counting import counters
from leadtracker.callback_rules.form_token import FormTokens
from leadtracker.callback_rules.opening import local_day
from leadtracker.callback_rules.price import reserve
from leadtracker.callback_rules.rules import rules_of
from leadtracker.callback_rules.target import check
from leadtracker.domain import Account, Site
from leadtracker.errors import Refused
from leadtracker.live import Live
from leadtracker.live.callback_guard import CallbackGuard, Money

ACCOUNT = Account(1, "pbx", "voicenter", "secret-of-the-pbx-account")
OWN = frozenset({"+972722776772", "+972722776773"})
ORIGIN = "https://shop.example.com"
START = 1_789_000_000_000  # ms: 2026-09-10 03:26 in Israel


@dataclass
class Form:
    """Sends requests to one site; `lost` is the money that the admitted calls may cost at most,
    for each day."""

    live: Live
    site: Site
    account: Account = ACCOUNT
    now: int = START  # ms; 0: the clocks of Redis and of this machine
    lost: dict[str, int] = field(default_factory=dict)
    admitted: list[str] = field(default_factory=list)  # targets

    def __post_init__(self) -> None:
        self.guard = CallbackGuard(self.live)
        self.tokens = FormTokens("a-key-for-the-tests-of-32-letters")
        self._requests = itertools.count()

    def token(self, visitor: str = "visitor") -> str:
        return self.tokens.make(self.site.id, visitor, ORIGIN)

    def send(
        self,
        phone: str,
        *,
        visitor: str = "visitor",
        address: str = "192.0.2.1",
        token: str | None = None,
        request: str = "",
    ) -> str:
        """'' when somebody is called, else the code of the refusal,
        with what the guard said more."""
        token = self.token(visitor) if token is None else token
        rules = rules_of(self.site)
        try:
            nonce = self.tokens.read(token, self.site.id, visitor, ORIGIN)
            target = check(phone, self.site, OWN)
            amount = reserve(rules, target)
        except Refused as refused:
            return refused.code
        moment = datetime.fromtimestamp(self.now / 1000, UTC) if self.now else datetime.now(UTC)
        day = local_day(self.site.time_zone, moment)
        answer = self.guard.admit(
            self.account.key,
            request or f"request{next(self._requests)}",
            nonce,
            counters(
                rules, self.site, self.account, target=target, visitor=visitor, address=address
            ),
            Money(self.site.id, day, amount, rules.ceiling),
            now_ms=self.now,
        )
        if not answer:
            self.lost[day] = self.lost.get(day, 0) + amount
            self.admitted.append(target)
        return answer
