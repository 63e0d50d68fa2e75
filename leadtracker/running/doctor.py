"""What `leadtracker doctor` checks; each finding says how things are and how to mend them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import requests

from leadtracker.callback.dialing import clicking, missing_abilities
from leadtracker.callback_rules.course import State
from leadtracker.callback_rules.rules import rules_of
from leadtracker.calls.listening import feed_of
from leadtracker.domain import Account, Site
from leadtracker.errors import StoreUnavailable
from leadtracker.live import Live
from leadtracker.live.feed_states import FeedStates
from leadtracker.pbx import DEFAULT_VENDOR, VENDORS
from leadtracker.pbx.dialing import NeedsOptions
from leadtracker.planner.plan import alarms
from leadtracker.records import plans
from leadtracker.records.database import only_reader, schema_is_current
from leadtracker.records.inbox import BROKEN, NEW
from leadtracker.records.session import Engine, Session, SQLAlchemyError
from leadtracker.records.sites import Directory
from leadtracker.reports import callbacks, notifications
from leadtracker.running.site_page import SitePage, fetch
from leadtracker.settings import Settings

DAY = timedelta(hours=24)
MANY_WAITING = 1000  # notifications
MOST_MEMORY = 0.8  # of what Redis may use


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    what: str
    do: str = ""


def findings(settings: Settings, engine: Engine, live: Live) -> Iterator[Finding]:
    redis = _redis(live)
    yield redis
    if redis.well:
        yield from _memory_of_redis(live)
    database = _database(engine)
    yield database
    if not database.well:
        return
    yield _worker(engine)
    yield from _inbox(engine)
    directory = Directory(engine)
    if not directory.sites:
        do = "leadtracker site add NAME --origin https://www.example.com"
        yield Finding(False, "no site yet", do)
    for site in directory.sites:
        yield from _site(site, directory, settings)
        yield from _plan(site, engine)
        yield from _callbacks(site, directory, engine)
    if not directory.accounts:
        do = f"leadtracker account add KEY --vendor {DEFAULT_VENDOR}"
        yield Finding(False, "no PBX account yet", do)
    for account in directory.accounts.values():
        yield from _notifications(account, engine)
    if redis.well:
        yield from _feeds(directory, engine, live)


def _redis(live: Live) -> Finding:
    try:
        live.ping()
    except StoreUnavailable as fault:
        do = "start `leadtracker serve`, or check LEADTRACKER_REDIS_URL"
        return Finding(False, str(fault), do)
    return Finding(True, "Redis answers")


def _memory_of_redis(live: Live) -> Iterator[Finding]:
    memory = live.memory()
    if memory.policy != "noeviction":
        what = f"Redis drops what it needs when it is full (maxmemory-policy {memory.policy})"
        yield Finding(False, what, "redis-cli config set maxmemory-policy noeviction")
    part = f"Redis uses {memory.part:.0%} of its memory"
    if memory.part > MOST_MEMORY:
        yield Finding(False, part, "give it more, or lower the sites' visitor_days")
    else:
        yield Finding(True, part)


def _database(engine: Engine) -> Finding:
    try:
        current = schema_is_current(engine)
    except SQLAlchemyError as fault:
        what = f"the database does not answer ({type(fault).__name__})"
        return Finding(False, what, "check LEADTRACKER_DATABASE_URL")
    if not current:
        what = "the database's tables are not this version's"
        return Finding(False, what, "leadtracker migrate")
    return Finding(True, "the database answers, its tables are up to date")


def _worker(engine: Engine) -> Finding:
    with only_reader(engine) as nobody_else:
        if nobody_else():
            do = "start `leadtracker serve` or `leadtracker worker`"
            return Finding(False, "no worker runs: calls do not appear", do)
    return Finding(True, "a worker runs")


def _inbox(engine: Engine) -> Iterator[Finding]:
    with Session(engine) as session:
        waiting, broken = (notifications.in_state(session, state) for state in (NEW, BROKEN))
    if waiting > MANY_WAITING:
        what = f"{waiting} notifications wait to be read"
        yield Finding(False, what, "does the worker run? see its log")
    if broken:
        what = f"{broken} notifications could not be read"
        yield Finding(False, what, "after an update: leadtracker replay")


def _notifications(account: Account, engine: Engine) -> Iterator[Finding]:
    """Whether the PBX sends what calls are made of."""
    for family in VENDORS[account.vendor].families:
        if not family.needed:
            continue
        newest = _newest(engine, account, family.name)
        if newest is None:
            do = f"paste the address of `leadtracker pbx urls` at: {family.place}"
            yield Finding(False, f"account {account.key}: no {family.title} came yet", do)
        else:
            came = f"the newest {family.title} came {_minute(newest)}"
            yield Finding(True, f"account {account.key}: {came}")


def _feeds(directory: Directory, engine: Engine, live: Live) -> Iterator[Finding]:
    """Nothing where no account's options ask for real-time events."""
    for account in directory.accounts.values():
        feed = feed_of(account)
        if feed is None:
            continue
        state, who = FeedStates(live).state(account.key), f"account {account.key}: real-time events"
        newest = _newest(engine, account, feed.family.name)
        came = f"the newest came {_minute(newest)}" if newest else "none came yet"
        if state is None:
            do = "start `leadtracker serve` or `leadtracker worker`; if one runs, its log says why"
            yield Finding(False, f"{who}: nobody listens, {came}", do)
        elif not state.up:
            do = (
                f"check the options real_time_… of the account {account.key}, "
                "and that this machine may reach the PBX"
            )
            yield Finding(False, f"{who}: {state.words}, {came}", do)
        else:
            yield Finding(True, f"{who}: {state.words}, {came}")


def _newest(engine: Engine, account: Account, family: str) -> datetime | None:
    with Session(engine) as session:
        return notifications.newest_of(session, account.id, family)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _callbacks(site: Site, directory: Directory, engine: Engine) -> Iterator[Finding]:
    """Nothing where the site calls nobody back."""
    if not rules_of(site).on:
        return
    who, found = f"site {site.name}", clicking(directory, site)
    if found is None:
        do = "give it an account of a PBX that dials"
        yield Finding(False, f"{who}: its PBX cannot be asked to call back", do)
        return
    account, click = found
    if isinstance(click, NeedsOptions) and (missing := click.missing(account.options)):
        needs = f"the account {account.key} needs {', '.join(missing)}"
        do = f"{needs} in the file of `leadtracker site apply`"
        yield Finding(False, f"{who}: visitors cannot be called back, the PBX would refuse", do)
        return
    for fault, do in missing_abilities(rules_of(site), click):
        yield Finding(False, f"{who}: {fault}", do)
    yield _ends_of_callbacks(site, engine)


def _ends_of_callbacks(site: Site, engine: Engine) -> Finding:
    """How the requests of the last 24 hours ended."""
    who = f"site {site.name}"
    with Session(engine) as session:
        counts = callbacks.counts(session, datetime.now(UTC) - DAY)
    states = {state: number for site_id, state, number in counts if site_id == site.id}
    open_ends = states.get(State.UNCERTAIN, 0) + states.get(State.UNKNOWN, 0)
    failed = states.get(State.FAILED, 0)
    asked = sum(states.values()) - states.get(State.REFUSED, 0)
    if open_ends:
        what = f"{who}: {open_ends} of {asked} callbacks of 24 hours have no known end"
        do = "see the dashboard's Callbacks page; does the PBX answer in time and send its CDRs?"
        return Finding(False, what, do)
    if failed * 2 > asked:
        what = f"{who}: {failed} of {asked} callbacks of 24 hours failed"
        return Finding(False, what, "the dashboard says why")
    return Finding(True, f"{who}: calls visitors back, {asked} in 24 hours")


def _site(site: Site, directory: Directory, settings: Settings) -> Iterator[Finding]:
    who = f"site {site.name}"
    if not directory.numbers_in_use(site.id):
        yield Finding(
            False, f"{who}: no numbers in its pool", f"leadtracker did add {site.name} NUMBER …"
        )
    if not site.origins:
        do = f"leadtracker site add {site.name} --origin https://…"
        yield Finding(False, f"{who}: no page may use it", do)
    if not site.url:
        do = f"leadtracker site add {site.name} --url https://…"
        yield Finding(False, f"{who}: no page is named, so its script is not checked", do)
        return
    try:
        page = fetch(site.url)
    except requests.RequestException as fault:
        what = f"{who}: {site.url} does not answer ({type(fault).__name__})"
        yield Finding(False, what, "check the site's url")
        return
    yield from _page(site, page, settings)


def _page(site: Site, page: SitePage, settings: Settings) -> Iterator[Finding]:
    who = f"site {site.name}"
    if page.origin not in site.origins:
        what = f"{who}: its page is at {page.origin}, which is not one of its origins"
        do = f"leadtracker site add {site.name} --origin {page.origin} (with the others)"
        yield Finding(False, what, do)
    names = ("tracker.js", "did_trace_worker/index.min.js", settings.script_path or "tracker.js")
    scripts = page.loaded(names)
    if not scripts:
        what = f"{who}: {site.url} does not load the script"
        yield Finding(False, what, "put the snippet of the settings page into it")
    ours = urlsplit(settings.public_url).netloc
    for script in scripts:
        host = urlsplit(script).netloc
        what = f"{who}: its page loads the script from {host}"
        if host == ours:
            yield Finding(True, what)
        else:
            do = f"if it is not a proxy of yours in front of {ours}, change the script's address"
            yield Finding(False, what, do)
        for directive in page.forbids(script):
            what = f"{who}: its page's CSP forbids {directive} {host}"
            yield Finding(False, what, f"add {host} to {directive}")


def _plan(site: Site, engine: Engine) -> Iterator[Finding]:
    """What the newest plan says. A site without one has too few visits to say anything."""
    with Session(engine) as session:
        kept = plans.newest(session, site.id)
    if kept is None:
        return
    said = alarms(kept.plan.now, site.most_overflow, site.most_at_risk)
    for alarm in said:
        do = f"leadtracker plan {site.name} says what helps"
        yield Finding(False, f"site {site.name}: {alarm.said}", do)
    if not said:
        enough = f"{kept.plan.now.numbers} numbers were enough"
        yield Finding(True, f"site {site.name}: {enough} when planned on {kept.made_at:%Y-%m-%d}")
