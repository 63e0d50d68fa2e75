"""Calls that Voicenter dials for us: its services put together as the abilities of pbx.dialing."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from leadtracker.domain import Account, Cdr
from leadtracker.outgoing import Sender
from leadtracker.pbx.dialing import LOGIN, Answer, Dial, Dialed
from leadtracker.pbx.voicenter import (
    active_calls,
    api,
    blacklist,
    call_log,
    click_to_call,
    dialer,
    extension_list,
)

SECONDS = 10.0
PLACES = 32  # requests open at once in one process
ACTIVE_CALLS_SECONDS = 3.0  # how old what is known of them may be
EXTENSION_LIST_SECONDS = 300.0


class VoicenterCalls:
    """All abilities of pbx.dialing."""

    def __init__(self, seconds: float = SECONDS, places: int = PLACES) -> None:
        self._sender = Sender(seconds, places)
        self._known: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}

    def faults(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        return click_to_call.site_faults(options)

    def missing(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        if options.get("code"):
            return ()
        return ("its API code: options.code",)

    def dial(self, account: Account, dial: Dial) -> Dialed:
        if faults := click_to_call.faults(dial.options):
            return Dialed(Answer.REFUSED, message=" ".join(faults))
        request = click_to_call.call(account, dial)
        return click_to_call.read(api.send(self._sender, account, request), account)

    def hang_up(self, account: Account, agent: str) -> Dialed:
        request = click_to_call.terminate(account, agent)
        return click_to_call.read(api.send(self._sender, account, request), account)

    def free(self, account: Account) -> frozenset[str]:
        """Those of Active Calls that the extension list has too."""
        listed = self._recent("extension list", EXTENSION_LIST_SECONDS, account, self._listed)
        idle = self._recent("active calls", ACTIVE_CALLS_SECONDS, account, self._not_talking)
        return listed & idle

    def lists(self, agent: str) -> bool:
        return agent != click_to_call.TRUNK and not agent.startswith(LOGIN)

    def record(
        self, account: Account, call_id: str, since: datetime, until: datetime
    ) -> tuple[Cdr, ...]:
        request = call_log.request(account, since, until, {"callID": call_id})
        records = call_log.read(api.ask(self._sender, account, request), account)
        return tuple(cdr for cdr in records.cdrs if cdr.call_id == call_id)

    def schedule(self, account: Account, campaign: str, dial: Dial, at: datetime) -> Dialed:
        request = dialer.add_call(account, campaign, dial, at)
        return dialer.read_added(api.send(self._sender, account, request), account)

    def block(self, account: Account, phones: Collection[str]) -> Mapping[str, str]:
        numbers = {number.lstrip("+"): "" for number in phones}
        return self._outcomes(account, phones, blacklist.add(account, numbers))

    def unblock(self, account: Account, phones: Collection[str]) -> Mapping[str, str]:
        numbers = [number.lstrip("+") for number in phones]
        return self._outcomes(account, phones, blacklist.remove(account, numbers))

    def _outcomes(
        self, account: Account, phones: Collection[str], request: api.Request
    ) -> dict[str, str]:
        """Why numbers were not taken; a number that is not answered for counts as one."""
        said = blacklist.read(api.ask(self._sender, account, request), account)
        outcomes = {number: said.get(number, "no answer for this number") for number in phones}
        return {number: why for number, why in outcomes.items() if why}

    def _listed(self, account: Account) -> frozenset[str]:
        request = extension_list.request(account, whole_organization=True)
        rows = extension_list.read(api.ask(self._sender, account, request), account)
        return frozenset(row.sip for row in rows)

    def _not_talking(self, account: Account) -> frozenset[str]:
        answer = api.ask(self._sender, account, active_calls.extensions_request(account))
        desks = active_calls.extensions(answer, account, datetime.now(UTC))
        return frozenset(desk.sip for desk in desks if desk.free)

    def _recent(
        self, what: str, seconds: float, account: Account, ask: Callable[[Account], frozenset[str]]
    ) -> frozenset[str]:
        """The newest answer, while it is young enough."""
        asked_at, known = self._known.get((what, account.key), (0.0, frozenset[str]()))
        if not asked_at or time.monotonic() - asked_at > seconds:
            known = ask(account)
            self._known[what, account.key] = time.monotonic(), known
        return known


CLICK_TO_CALL = VoicenterCalls()
