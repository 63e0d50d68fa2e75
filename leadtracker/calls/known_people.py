"""Calls whose other side needs no judging: they asked, we return their call, or know the number."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from leadtracker.calls.plain_text import plain_text
from leadtracker.domain import Account, CallFacts, Json, Site
from leadtracker.live import Live
from leadtracker.records import calls, leases, verdicts
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.calls import Snapshot, snapshot_of
from leadtracker.records.session import Session
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow
from leadtracker.who_called.assignment import Assignment

ACROSS_SITES = "known_across_sites"  # an account's option; true where it is not set
ASKED = "Asked to be called back"
RETURNED = "Their call was missed, and we called back."
KNOWN = "An earlier call from this number was this visitor’s."


def of_asker(
    session: Session,
    live: Live,
    directory: Directory,
    call: tuple[Account, CallRow | None, CallFacts],
    asked: CallbackRow,
) -> Assignment:
    """Whoever asked to be called back is called. The name that they wrote stays with the call.

    Where nothing tells which visitor asked, a call of theirs that was missed does.
    """
    account, row, facts = call
    site, who = directory.site(asked.site_id), asked.known_visitor
    match: Json = {"said": ASKED}
    if name := plain_text(asked.name):
        match["name"] = name
    if site is None or not who:
        returned = of_missed_call(session, directory, account, facts)
        if returned is None or returned.site != site:
            return Assignment(site, Snapshot(match=match), called_back=True)
        return replace(returned, snapshot=replace(returned.snapshot, match=match))
    if row is not None and row.visitor_id == who and row.touchpoint:
        return Assignment(site, replace(snapshot_of(row), match=match), called_back=True)
    visitor, copy = live.visitor(site.id, who), Snapshot(who, match)
    if visitor is not None:
        copy = Snapshot(who, match, visitor.info, visitor.first, visitor.latest)
    if copy.touchpoint is None and (
        visit := leases.latest_of(session, site.id, who, asked.made_at)
    ):
        copy = replace(copy, touchpoint=leases.touchpoint_of(session, visit.id))
    return Assignment(site, copy, called_back=True)


def of_missed_call(
    session: Session, directory: Directory, account: Account, facts: CallFacts
) -> Assignment | None:
    """A call to somebody whose call was missed is of the same visitor, site and campaign."""
    if not facts.caller or not facts.caller.startswith("+"):
        return None
    missed = calls.missed_before(session, account.id, facts.caller, facts.started_at)
    if missed is None:
        return None
    match = {"said": RETURNED} | _kept(missed)
    return Assignment(
        directory.site(missed.site_id or 0),
        replace(snapshot_of(missed), match=match),
        parts=verdicts.shares_of(session, missed.id),
        called_back=True,
    )


def of_known(
    session: Session,
    directory: Directory,
    account: Account,
    site: Site | None,
    facts: CallFacts,
) -> Assignment:
    """A call that no number of a site brought: a known number names its visitor, no campaign."""
    known = known_call(session, directory, account, site, (facts.caller, facts.started_at))
    if known is None:
        return Assignment(site)
    copy = replace(snapshot_of(known), match={"said": KNOWN} | _kept(known), touchpoint=None)
    return Assignment(site, copy)


def known_call(
    session: Session,
    directory: Directory,
    account: Account,
    site: Site | None,
    ring: tuple[str | None, datetime],
) -> CallRow | None:
    """The newest call of a number before a moment that was a visitor's; `ring` has both.

    It may have come to any site of the account, unless the account forbids it; then only to `site`.
    """
    number, moment = ring
    if not number or not number.startswith("+"):
        return None
    sites = {each.id for each in directory.sites_of(account)}
    if len(sites) > 1 and account.options.get(ACROSS_SITES, True) is False:
        sites = {site.id} if site else set()
    return calls.known_by(session, sites, number, moment)


def _kept(call: CallRow) -> Json:
    """What says how sure it is who they are, and how they are called."""
    return {name: call.match[name] for name in ("verdict", "name") if name in call.match}
