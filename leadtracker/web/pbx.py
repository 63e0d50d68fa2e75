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
from werkzeug.routing import PathConverter

from leadtracker import address
from leadtracker.calls.in_time import InTime, result
from leadtracker.calls.plain_text import plain_text, visible
from leadtracker.calls.quota import Quotas
from leadtracker.calls.receiving import UNREADABLE, receive
from leadtracker.calls.screen_pop import ScreenPops
from leadtracker.domain import Account, Caller, Json, Phase, ScreenPop
from leadtracker.errors import BadPayload, NotAllowed, NotFound, StoreUnavailable
from leadtracker.outgoing import Crm
from leadtracker.pbx import VENDORS, wire
from leadtracker.pbx.compressed import unpack
from leadtracker.pbx.fields import plain
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
# Blanks, slashes and signs that nobody sees, at the end of an address that was copied.
PASTED_WITH = "/ \t\r\n\u00a0\u200b\u200e\u200f\u202a\u202b\u202c\ufeff"
log = logging.getLogger(__name__)


class PastedPath(PathConverter):
    """Any path, with line breaks too."""

    regex = "(?s:[^/].*?)"


def register(
    app: Flask,
    inbox: Inbox,
    pops: ScreenPops,
    crm: Crm,
    in_time: InTime,
    quotas: Quotas,
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

    app.url_map.converters["pasted"] = PastedPath

    @blueprint.route(
        "/pbx/<account_key>/<pasted:rest>", methods=["GET", "POST"], merge_slashes=False
    )
    def notification(account_key: str, rest: str) -> ResponseReturnValue:
        request.max_content_length = LONGEST_BODY
        secret, family_name = _parts_of_address(rest)
        account = _account(account_key, secret)
        vendor = VENDORS[account.vendor]
        family = _family(vendor, family_name)
        headers = headers_of(request.headers)
        if vendor.verify is not None:
            vendor.verify(account, headers, request.get_data())
        received = _received(account, family, headers)
        if (answer := _not_kept(quotas, account, family, received)) is not None:
            return answer
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
    return theirs and {
        name: _harmless(value) if isinstance(value, str) else value
        for name, value in theirs.items()
    }


def _harmless(text: str) -> str:
    """An address is kept whole; any other text is a name that an agent reads."""
    if text.lstrip().lower().startswith(("http://", "https://")):
        return visible(text)
    return plain_text(text)


def _not_kept(
    quotas: Quotas, account: Account, family: Family, received: Notification
) -> Response | None:
    """The answer to what is never kept: a probe, and more than the account may send."""
    receipt, counted_as = Receipt.NO_CALL, "probe"
    if not _is_probe(family, received):
        if quotas.take(account.key, len(received.body)):
            return None
        log.warning("notifications of %s are over its quota", account.key)
        receipt, counted_as = Receipt.NOT_STORED, "over quota"
    NOTIFICATIONS.labels(account.key, family.name, counted_as).inc()
    if isinstance(family, RecordFamily):
        written = wire.format_of(received.method, received.content_type, received.body)
        return _response(family.acknowledge(written, receipt, account))
    if receipt is Receipt.NOT_STORED:
        return _response(replace(family.failed, status=receipt.status))
    nobody = ScreenPop(call_id=None, phase=Phase.UNKNOWN, caller=None, did=None)
    return _response(family.write(family.answer(nobody, Caller())))


def _is_probe(family: Family, received: Notification) -> bool:
    """Whether a monitor, a link preview or a person looks whether somebody is there."""
    if received.method == "HEAD":
        return True
    if received.method != "GET" or received.body.strip():
        return False
    sent = {plain(name) for name in request.args if name != "token"}
    return not sent or (bool(family.names) and sent.isdisjoint(map(plain, family.names)))


def _parts_of_address(rest: str) -> tuple[str | None, str]:
    """The secret and the family's name; what copying and pasting adds to an address is left out."""
    parts = [part for part in map(_bare, rest.split("/")) if part]
    if len(parts) == 1:
        return None, parts[0]
    if len(parts) == 2:
        return parts[0], parts[1]
    raise NotFound("the address of this notification is wrong: see `leadtracker pbx urls`")


def _bare(text: str) -> str:
    return text.strip(PASTED_WITH).strip()


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
    given = secret or _bare(request.args.get("token", ""))
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
        body=unpack(request.get_data(), request.headers.get("Content-Encoding", ""), LONGEST_BODY),
        headers=kept(headers, account.secret),
    )
