"""The third road: a visitor or a program asks for a call. Whoever may be called is called once."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leadtracker.callback.dialing import Dialing, clicking
from leadtracker.callback_rules import price, target
from leadtracker.callback_rules.counting import counters
from leadtracker.callback_rules.course import State
from leadtracker.callback_rules.form_token import FormTokens
from leadtracker.callback_rules.opening import local_day, opens
from leadtracker.callback_rules.rules import Rules, rules_of
from leadtracker.domain import Account, Json, Site
from leadtracker.errors import BadRequest, NotFound, Refused
from leadtracker.live import Live
from leadtracker.live.callback_guard import Books, CallbackGuard, Money
from leadtracker.live.callback_refusals import Refusals
from leadtracker.numbers.number_request import ID
from leadtracker.records import callbacks
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.database import WritersTurn
from leadtracker.records.session import Engine, reading
from leadtracker.records.sites import Directory

REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{8,64}\Z")
LONGEST_NAME, LONGEST_NOTE, LONGEST_PHONE = 100, 500, 64
ANSWER_SECONDS = 3.0  # after that we answer the page, whether the PBX has answered us or not
TWIN_SECONDS = 1.0  # how long a request that was sent twice at once waits for its twin
MOST_WRITTEN = 60  # refused requests of a site in a minute; more are only counted


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for, as they sent it. We believe nothing of it yet.

    `origin` is how it came: `page` (the script), `form` (a plain form) or `api`. `page` is the HTTP
    origin.
    """

    id: str
    origin: str
    phone: str
    name: str = ""
    note: str = ""
    visitor: str = ""
    form: str = ""  # the token; '' where none is needed
    page: str = ""
    address: str = ""  # IP
    filled_ms: float | None = None  # from the first touch of the form to its sending
    honeypot: str = ""  # a field that people do not see


@dataclass(frozen=True, slots=True)
class Told:
    """What we tell whoever asked. A refusal, and nothing else, has `words`: see errors.REFUSALS."""

    id: str
    state: State
    words: str = ""
    opens: datetime | None = None
    code: str = ""  # why it was refused, for the site's own programs

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "state": self.state.replace(" ", "_"),
            "words": self.words,
            "opens": _in_utc(self.opens),
        }


class CallbackRequests:
    """Takes requests, and says how they stand.

    Every method raises StoreUnavailable when Redis or the database does not answer. Then nobody is
    called.
    """

    def __init__(
        self, engine: Engine, live: Live, directory: Directory, dialing: Dialing, key: str
    ) -> None:
        self._engine, self._directory, self._dialing = engine, directory, dialing
        self._guard, self._refusals = CallbackGuard(live), Refusals(live)
        self._forms = FormTokens(key)

    def form(self, site: Site, visitor: str, origin: str) -> str | None:
        """A token for the site's form; None where the site calls nobody back."""
        if not rules_of(site).on or clicking(self._directory, site) is None:
            return None
        return self._forms.make(site.id, visitor, origin)

    def opening(self, site: Site, visitor: str, origin: str) -> Json:
        """What a page needs to show a form; `form` is None where the site calls nobody back."""
        rules = rules_of(site)
        try:
            begins = opens(rules, site.time_zone, datetime.now(UTC))
        except Refused:
            closed: Json = {"form": None, "open": False, "opens": None, "countries": []}
            return closed | {"country": site.country}
        return {
            "form": self.form(site, visitor, origin),
            "open": begins is None,
            "opens": _in_utc(begins),
            "countries": list(rules.countries or (site.country,)),
            "country": site.country,
        }

    def ask(self, site: Site, wish: Wish) -> Told:
        """Call, keep for later or refuse. Raises NotFound where the site calls nobody back.

        A known id starts nothing: it is told how its request stands.
        """
        found = clicking(self._directory, site)
        rules = rules_of(site)
        if found is None or not rules.on:
            raise NotFound("this site calls nobody back")
        now = datetime.now(UTC)
        try:
            if (same := self._same(site, wish)) is not None:
                return same
            row = self._admitted(site, rules, found[0], wish, now)
        except Refused as refused:
            if refused.detail == "request" and (same := self._just_sent(site, wish)) is not None:
                return same
            self._write_down(site, found[0], wish, refused, now)
            return Told(wish.id, State.REFUSED, refused.words, code=refused.code)
        with WritersTurn(self._engine), reading(self._engine) as session:
            session.expire_on_commit = False
            if not callbacks.add(session, row):
                return self._just_sent(site, wish) or Told(wish.id, State.RECEIVED)
        if row.state == State.RECEIVED:
            self._dial(row)
        return self.of_id(site.id, wish.id)

    def _dial(self, row: CallbackRow) -> None:
        """Dial now; the worker does where no place is free. Wait a little for the PBX's answer."""
        dialing = self._dialing.begin(row.pk, State.RECEIVED)
        if dialing is not None:
            with contextlib.suppress(TooLate):
                dialing.result(timeout=ANSWER_SECONDS)

    def of_id(self, site_id: int, request: str) -> Told:
        """How a request of a site stands; raises NotFound."""
        row = None
        if REQUEST_ID.match(request):
            with reading(self._engine) as session:
                row = callbacks.taken(session, site_id, request)
        if row is None:
            raise NotFound("there is no such callback request")
        return answer_of(row)

    def of_visitor(self, request: str, visitor: str) -> tuple[Told, Site | None]:
        """How a visitor's request stands, and its site; raises NotFound."""
        row = None
        # A program's request has no visitor, so that no page can ask for it.
        if REQUEST_ID.match(request) and ID.match(visitor):
            with reading(self._engine) as session:
                row = callbacks.of_visitor(session, request, visitor)
        if row is None:
            raise NotFound("there is no such callback request")
        return answer_of(row), self._directory.site(row.site_id)

    def _same(self, site: Site, wish: Wish) -> Told | None:
        """Raises Refused when the id is another visitor's."""
        with reading(self._engine) as session:
            row = callbacks.taken(session, site.id, wish.id)
        if row is None:
            return None
        if row.visitor != wish.visitor:
            raise Refused("token", "an id of another visitor")
        return answer_of(row)

    def _just_sent(self, site: Site, wish: Wish) -> Told | None:
        """The same request, which was sent a moment ago and may not be written yet."""
        until = time.monotonic() + TWIN_SECONDS
        with contextlib.suppress(Refused):
            while time.monotonic() < until:
                if (same := self._same(site, wish)) is not None:
                    return same
                time.sleep(0.05)
        return None

    def _admitted(
        self, site: Site, rules: Rules, account: Account, wish: Wish, now: datetime
    ) -> CallbackRow:
        """The row of a request that may be dialed, with its money reserved. Raises Refused."""
        nonce = self._proof(site, rules, wish)
        blocked = account.options.get("blocked", ())
        number = target.check(wish.phone, site, self._directory.numbers, blocked)
        begins = opens(rules, site.time_zone, now)
        day, amount = local_day(site.time_zone, begins or now), price.reserve(rules, number)
        counted = counters(
            rules,
            site,
            account,
            target=number,
            visitor=wish.visitor,
            script=bool(wish.form),
            address=None if wish.origin == "api" else wish.address,
        )
        money = Money(site.id, day, amount, rules.ceiling)
        verdict = self._guard.admit(
            account.key, wish.id, nonce, counted, money, books=lambda: self._books(site.id, day)
        )
        if verdict:
            code, _, detail = verdict.partition(" ")
            raise Refused(code, detail)
        row = _row(site, account, wish, number, now)
        row.state = State.RECEIVED
        if begins and not rules.campaign:
            row.state = State.SCHEDULED
        row.due_at, row.day, row.reserved = begins, day, amount
        return row

    def _proof(self, site: Site, rules: Rules, wish: Wish) -> str:
        """The nonce that this request spends, '' where it needs none. Raises Refused."""
        if wish.origin == "api":
            return ""
        if wish.page not in site.origins:
            raise Refused("origin", wish.page[:100])
        nonce = ""
        if wish.form or wish.origin == "page":
            nonce = self._forms.read(wish.form, site.id, wish.visitor, wish.page)
        if wish.honeypot:
            raise Refused("robot", "filled in what people do not see")
        if wish.form and (wish.filled_ms is None or wish.filled_ms < rules.fill_seconds * 1000):
            raise Refused("robot", "filled in too fast")
        return nonce

    def _books(self, site_id: int, day: str) -> Books:
        with reading(self._engine) as session:
            reserved, spent = callbacks.money(session, site_id, day)
        return Books(reserved, spent)

    def _write_down(
        self, site: Site, account: Account, wish: Wish, refused: Refused, now: datetime
    ) -> None:
        """Count a refusal. Only the first of a minute are written, so no flood fills the disk."""
        day = local_day(site.time_zone, now)
        if self._refusals.count(site.id, day, refused.code) > MOST_WRITTEN:
            return
        row = _row(site, account, wish, wish.phone[:LONGEST_PHONE], now)
        row.state, row.ended_at = State.REFUSED, now
        row.code, row.message = refused.code, refused.detail[:500]
        with WritersTurn(self._engine), reading(self._engine) as session:
            callbacks.add(session, row)


def answer_of(row: CallbackRow) -> Told:
    state = State(row.state)
    if state is not State.SCHEDULED:
        return Told(row.id, state)
    return Told(row.id, state, opens=row.due_at)


def _in_utc(moment: datetime | None) -> str | None:
    """ISO 8601, such as 2026-09-12T06:00:00Z."""
    if moment is None:
        return None
    return moment.isoformat().replace("+00:00", "Z")


def read_wish(
    message: Mapping[str, Any], origin: str, *, page: str = "", address: str = ""
) -> Wish:
    """The wish in a JSON message. Raises BadRequest, which says what is wrong with which key."""
    request, visitor = message.get("id"), message.get("visitor") or ""
    if not isinstance(request, str) or not REQUEST_ID.match(request):
        raise BadRequest("id must be 8 to 64 letters, digits, -, _, . or :")
    if not isinstance(visitor, str) or not (ID.match(visitor) or (origin == "api" and not visitor)):
        raise BadRequest("visitor must be 16 to 32 letters, digits, - or _")
    filled = message.get("filled_ms")
    if filled is not None and (isinstance(filled, bool) or not isinstance(filled, int | float)):
        raise BadRequest("filled_ms must be milliseconds")
    return Wish(
        id=request,
        origin=origin,
        phone=_text(message, "phone", LONGEST_PHONE),
        name=_text(message, "name", LONGEST_NAME),
        note=_text(message, "note", LONGEST_NOTE),
        visitor=visitor,
        form=_text(message, "form", 1000),
        page=page,
        address=address,
        filled_ms=filled,
        honeypot=_text(message, "website", 100),
    )


def _text(message: Mapping[str, Any], key: str, longest: int) -> str:
    value = message.get(key) or ""
    if not isinstance(value, str):
        raise BadRequest(f"{key} must be text")
    return value.replace("\0", "").strip()[:longest]


def _row(site: Site, account: Account, wish: Wish, number: str, now: datetime) -> CallbackRow:
    return CallbackRow(
        id=wish.id,
        site_id=site.id,
        account_id=account.id,
        origin=wish.origin,
        visitor=wish.visitor,
        target=number,
        name=wish.name,
        note=wish.note,
        code="",
        message="",
        made_at=now,
        due_at=None,
        campaign="",
        agent="",
        call_id="",
        calls={},
        talk_seconds=0,
        day="",
        reserved=0,
        spent=None,
        settled=False,
        currency=site.currency,
    )
