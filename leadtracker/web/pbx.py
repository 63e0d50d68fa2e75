"""What the PBX sends: we check who sent it, keep it, then answer in the vendor's own words."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_cors import CORS

from leadtracker import address
from leadtracker.calls.in_time import InTime, result
from leadtracker.calls.receiving import UNREADABLE, receive
from leadtracker.calls.screen_pop import ScreenPops
from leadtracker.domain import Account, Caller, Json, ScreenPop
from leadtracker.errors import BadPayload, NotAllowed, NotFound, StoreUnavailable
from leadtracker.outgoing import Crm
from leadtracker.pbx import VENDORS, wire
from leadtracker.pbx.headers import headers_of, kept
from leadtracker.pbx.vendor import (
    Family,
    Headers,
    HttpAnswer,
    Receipt,
    RecordFamily,
    ScreenPopFamily,
    Vendor,
)
from leadtracker.records.inbox import BROKEN, NEW, Inbox, Notification
from leadtracker.web import waiting
from leadtracker.web.metrics import CRM_ANSWERS, NOTIFICATIONS, SCREEN_POPS
from leadtracker.web.stores import stores

P = ParamSpec("P")
T = TypeVar("T")
POP_SECONDS = 2.8  # for all of an answer, the customer's own CRM included
LONGEST_BODY = 4 * 1024 * 1024  # a CDR with the transcript of a long call has under 1 MB
log = logging.getLogger(__name__)


def register(
    app: Flask,
    inbox: Inbox,
    pops: ScreenPops,
    crm: Crm,
    in_time: InTime,
    origins: tuple[str, ...],
) -> None:
    blueprint = Blueprint("pbx", __name__)
    CORS(
        blueprint,
        origins=list(origins),
        methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Content-Type"],
        always_send=False,
    )

    @blueprint.after_request
    def differs_by_origin(answer: Response) -> Response:
        answer.vary.add("Origin")  # flask-cors says so only when it has two origins or more
        return answer

    @blueprint.route("/pbx/<account_key>/<secret>/<family_name>", methods=["GET", "POST"])
    @blueprint.route("/pbx/<account_key>/<family_name>", methods=["GET", "POST"])
    def notification(
        account_key: str, family_name: str, secret: str | None = None
    ) -> ResponseReturnValue:
        request.max_content_length = LONGEST_BODY
        account = _account(account_key, secret)
        vendor = VENDORS[account.vendor]
        family = _family(vendor, family_name)
        headers = headers_of(request.headers)
        if vendor.verify is not None:
            vendor.verify(account, headers, request.get_data())
        received = _received(account, family, headers)
        if isinstance(family, ScreenPopFamily):
            with SCREEN_POPS.labels(account.key).time():
                asked = Questions(pops, inbox, crm, in_time)
                return answer_screen_pop(asked, account, family, received)
        waiting.take_place()
        return acknowledge(inbox, account, family, received)

    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class Questions:
    """Whom a screen pop asks at once: each may hang, and the telephone rings."""

    pops: ScreenPops
    inbox: Inbox
    crm: Crm
    in_time: InTime

    def keep(self, received: Notification, state: str, fault: str | None = None) -> Future[None]:
        return self._start(self.inbox.keep, received, state, fault)

    def caller_of(self, account: Account, pop: ScreenPop) -> Future[Caller]:
        return self._start(self.pops.caller_of, account, pop)

    def _start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Work that does not begin, because too many wait already, is work that failed."""
        try:
            if waiting.may_wait():
                return self.in_time.start(work, *args, **kwargs)
            raise StoreUnavailable("too many requests wait for the database")
        except StoreUnavailable as fault:
            failed: Future[T] = Future()
            failed.set_exception(fault)
            return failed


def answer_screen_pop(
    asked: Questions, account: Account, family: ScreenPopFamily, received: Notification
) -> Response:
    """The agent's telephone rings now, so every answer is better than none."""
    deadline = time.monotonic() + POP_SECONDS
    try:
        _, fields = wire.read(received.method, received.content_type, received.query, received.body)
        pop = family.read(fields, account, received.received_at)
    except BadPayload as fault:
        log.warning(UNREADABLE, family.name, account.key)
        keeping = asked.keep(received, BROKEN, str(fault))
        receipt = _kept(keeping, account, deadline, Receipt.UNREADABLE)
        NOTIFICATIONS.labels(account.key, family.name, receipt.value).inc()
        return _response(family.failed)
    judging = asked.caller_of(account, pop)
    keeping = asked.keep(replace(received, names_call=pop.call_id is not None), NEW)
    theirs = _of_crm(asked.crm, account, received)
    try:
        caller = result(judging, deadline)
    except StoreUnavailable:
        log.warning("a screen pop was answered without its caller: a store does not answer")
        caller = Caller()
    receipt = _kept(keeping, account, deadline, Receipt.STORED)
    NOTIFICATIONS.labels(account.key, family.name, receipt.value).inc()
    keys = family.answer(pop, caller)
    if theirs is not None:
        keys = family.merge(keys, theirs)
    return _response(family.write(keys))


def _kept(keeping: Future[None], account: Account, deadline: float, receipt: Receipt) -> Receipt:
    """The receipt when a screen pop is on disk in time; the call's record comes in any case."""
    try:
        result(keeping, deadline)
    except StoreUnavailable:
        log.error("a screen pop of %s was answered before it was kept", account.key)
        return Receipt.NOT_STORED
    return receipt


def acknowledge(
    inbox: Inbox, account: Account, family: RecordFamily, received: Notification
) -> Response:
    written, receipt = receive(inbox, account, family, received)
    NOTIFICATIONS.labels(account.key, family.name, receipt.value).inc()
    return _response(family.acknowledge(written, receipt, account))


def _of_crm(crm: Crm, account: Account, received: Notification) -> Json | None:
    """What the customer's own screen pop answers; None when there is none, or it fails."""
    if not account.crm_url:
        return None
    result, theirs = crm.ask(
        account.crm_url, received.method, received.query, received.content_type, received.body
    )
    CRM_ANSWERS.labels(account.key, result).inc()
    return theirs


def _response(answer: HttpAnswer) -> Response:
    return Response(answer.content, answer.status, content_type=answer.content_type)


def _family(vendor: Vendor, name: str) -> Family:
    family = vendor.family(name)
    if family is None:
        names = ", ".join(family.name for family in vendor.families)
        raise NotFound(f"{vendor.title} has no notifications named {name}; there are: {names}")
    return family


def _account(key: str, secret: str | None) -> Account:
    """The account that a notification comes from. Raises NotAllowed.

    A wrong key and a wrong secret are refused alike, so that nobody can find out keys.
    """
    account = stores().directory.account(key)
    given = secret or request.args.get("token", "")
    wanted = account.secret if account else "\0" * len(given)
    if not hmac.compare_digest(given.encode(), wanted.encode()) or account is None:
        raise NotAllowed("the address of this notification is wrong: see `leadtracker pbx urls`")
    allowed = account.allowed_addresses
    if allowed and not address.is_in(request.remote_addr, allowed):
        raise NotAllowed(f"notifications of {account.key} are not taken from {request.remote_addr}")
    return account


def _received(account: Account, family: Family, headers: Headers) -> Notification:
    query = request.query_string.decode("latin-1")
    if "token" in request.args:
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if name != "token"])
    return Notification(
        account_id=account.id,
        family=family.name,
        received_at=datetime.now(UTC),
        method=request.method,
        content_type=request.headers.get("Content-Type", ""),
        query=query,
        body=request.get_data(),
        headers=kept(headers, account.secret),
    )
