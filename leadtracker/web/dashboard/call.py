"""One call: who called, how we know, what the call was, and what the PBX sent of it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from leadtracker.errors import BadRequest
from leadtracker.records.session import reading
from leadtracker.reports.ai_summary import ai_summary
from leadtracker.reports.callbacks import callback_of_call
from leadtracker.reports.one_call import one_call
from leadtracker.web.dashboard.raw_payload import readable
from leadtracker.web.dashboard.shown import ANY_SITE
from leadtracker.web.stores import stores
from leadtracker.who_called.corrections import NOBODY, keep_word
from leadtracker.who_called.explanation import explanation


def page(call_pk: int) -> ResponseReturnValue:
    here = stores()
    with reading(here.engine) as session:
        found = one_call(session, call_pk)
        why = explanation(session, here.live, found.call)
        callback = callback_of_call(session, call_pk)
    site = here.directory.site(found.call.site_id) if found.call.site_id else None
    secrets = [account.secret for account in here.directory.accounts.values()]
    return render_template(
        "call.html",
        found=found,
        call=found.call,
        why=why,
        site=site,
        zone=(site or ANY_SITE).time_zone,
        summary=ai_summary([leg.record.get("ai") for leg in found.legs]),
        callback=callback,
        callbacks=[(callback, readable(callback, secrets)) for callback in found.callbacks],
    )


def confirm(call_pk: int) -> ResponseReturnValue:
    """A user's word: `visitor` is a candidate, `nobody` is set for none of them; `undo` takes back what was said."""
    visitor = request.form.get("visitor", NOBODY if "nobody" in request.form else None)
    if visitor is None and "undo" not in request.form:
        raise BadRequest("the form says neither who called nor that it was nobody of these")
    keep_word(stores().engine, call_pk, visitor)
    return redirect(url_for("dashboard.call", call_pk=call_pk, _anchor="who"), 303)
