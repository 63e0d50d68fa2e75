"""One call: who called, how we know, what the call was, and what the PBX sent of it."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from leadtracker.reports.ai_summary import ai_summary
from leadtracker.reports.one_call import one_call
from leadtracker.reports.reading import reading
from leadtracker.web.raw_payload import readable
from leadtracker.web.shown import ANY_SITE
from leadtracker.web.stores import stores


def page(call_pk: int) -> ResponseReturnValue:
    here = stores()
    with reading(here.engine) as session:
        found = one_call(session, call_pk)
    site = here.directory.site(found.call.site_id) if found.call.site_id else None
    secrets = [account.secret for account in here.directory.accounts.values()]
    return render_template(
        "call.html", found=found, call=found.call, site=site, zone=(site or ANY_SITE).time_zone,
        summary=ai_summary([leg.record.get("ai") for leg in found.legs]),
        callbacks=[(callback, readable(callback, secrets)) for callback in found.callbacks],
    )  # fmt: skip
