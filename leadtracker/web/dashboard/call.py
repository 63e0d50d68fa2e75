"""One call: who called, how we know, what the call was, and the PBX's notifications of it."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from leadtracker.domain import Json
from leadtracker.errors import BadRequest
from leadtracker.records.session import reading
from leadtracker.records.tables import CallRow
from leadtracker.reports.ai_summary import ai_summary
from leadtracker.reports.callbacks import callback_of_call
from leadtracker.reports.one_call import one_call
from leadtracker.web.dashboard.filter_form import zone_without_site
from leadtracker.web.dashboard.raw_payload import readable
from leadtracker.web.stores import stores
from leadtracker.who_called.corrections import NOBODY, keep_word
from leadtracker.who_called.explanation import Explanation, explanation


def page(call_pk: int) -> ResponseReturnValue:
    here = stores()
    with reading(here.engine) as session:
        found = one_call(session, call_pk)
        why = explanation(session, here.live, found.call)
        callback = callback_of_call(session, call_pk)
    site = here.directory.site(found.call.site_id or 0)
    visitor_id, info = _who(found.call, why)
    secrets = [account.secret for account in here.directory.accounts.values()]
    return render_template(
        "call.html",
        found=found,
        call=found.call,
        why=why,
        visitor_id=visitor_id,
        info=info,
        site=site,
        zone=site.time_zone if site else zone_without_site(here.directory),
        summary=ai_summary(_vendor(found.call), [leg.record.get("ai") for leg in found.legs]),
        callback=callback,
        notifications=[(each, readable(each, secrets)) for each in found.notifications],
    )


def _vendor(call: CallRow) -> str:
    account = stores().directory.account_by_id(call.account_id)
    return account.vendor if account else ""


def confirm(call_pk: int) -> ResponseReturnValue:
    """A user says who called: `visitor` is a candidate, `nobody` none of them, `undo` unsays it."""
    said: str | None = request.form.get("visitor")
    if said is None and "nobody" in request.form:
        said = NOBODY
    if said is None and "undo" not in request.form:
        raise BadRequest("the form says neither who called nor that it was none of these")
    keep_word(stores().engine, call_pk, said, g.user.name)
    return redirect(url_for("dashboard.call", call_pk=call_pk, _anchor="who"), 303)


def _who(call: CallRow, why: Explanation | None) -> tuple[str | None, Json]:
    """The visitor who is said to have called, and what the site knows of them."""
    if why is None:
        return call.visitor_id, call.visitor_info
    if why.caller is None:
        return None, {}
    return why.caller.visitor, why.caller.info
