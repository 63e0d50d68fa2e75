"""What `leadtracker doctor` looks at: each finding says what is so, and what to do when it is not well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from leadtracker.callback.dialing import clicking, unmet
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
from leadtracker.records.sites import Directory
from leadtracker.records.tables import InboxRow
from leadtracker.reports import callbacks
from leadtracker.settings import Settings

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    what: str
    do: str = ""


def findings(settings: Settings, engine: Engine, live: Live) -> Iterator[Finding]:
    redis = _redis(live)
    yield redis
    database = _database(engine)
    yield database
    if not database.well:
        return
    yield _worker(engine)
    yield from _inbox(engine)
    directory = Directory(engine)
    if not directory.sites:
        yield Finding(
            False, "no site yet", "leadtracker site add NAME --origin https://www.example.com"
        )
    for site in directory.sites:
        yield from _site(site, directory, settings)
        yield from _plan(site, engine)
        yield from _callbacks(site, directory, engine)
    if not directory.accounts:
        do = f"leadtracker account add KEY --vendor {DEFAULT_VENDOR}"
        yield Finding(False, "no PBX account yet", do)
    with Session(engine) as session:
        for account in directory.accounts.values():
            for family in VENDORS[account.vendor].families:
                if not family.needed:
                    continue
                newest = _newest(session, account, family.name)
                if newest is None:
                    do = f"paste the address of `leadtracker pbx urls` at: {family.place}"
                    yield Finding(False, f"account {account.key}: no {family.title} came yet", do)
                else:
                    yield Finding(
                        True,
                        f"account {account.key}: the newest {family.title} came {newest:%Y-%m-%d %H:%M} UTC",
                    )
    if redis.well:
        yield from _feeds(directory, engine, live)


def _newest(session: Session, account: Account, family: str) -> datetime | None:
    mine = select(func.max(InboxRow.received_at)).where(
        InboxRow.account_id == account.id, InboxRow.family == family
    )
    return session.scalar(mine)


def _feeds(directory: Directory, engine: Engine, live: Live) -> Iterator[Finding]:
    """Nothing where no account's options ask for real-time events."""
    for account in directory.accounts.values():
        feed = feed_of(account)
        if feed is None:
            continue
        state, who = FeedStates(live).state(account.key), f"account {account.key}: real-time events"
        with Session(engine) as session:
            newest = _newest(session, account, feed.family.name)
        came = f"the newest came {newest:%Y-%m-%d %H:%M} UTC" if newest else "none came yet"
        if state is None:
            do = "start `leadtracker serve` or `leadtracker worker`; if one runs, its log says why"
            yield Finding(False, f"{who}: nobody listens, {came}", do)
        elif not state.up:
            do = f"check the options real_time_… of the account {account.key}, and that this machine may reach the PBX"
            yield Finding(False, f"{who}: {state.words}, {came}", do)
        else:
            yield Finding(True, f"{who}: {state.words}, {came}")


def _callbacks(site: Site, directory: Directory, engine: Engine) -> Iterator[Finding]:
    """Nothing where the site calls nobody back."""
    who, now = f"site {site.name}", datetime.now(UTC)
    if not rules_of(site).on:
        return
    found = clicking(directory, site)
    if found is None:
        yield Finding(
            False,
            f"{who}: its PBX cannot be asked to call back",
            "give it an account of a PBX that dials",
        )
        return
    account, click = found
    if isinstance(click, NeedsOptions) and (missing := click.missing(account.options)):
        needs = f"the account {account.key} needs {', '.join(missing)}"
        do = f"{needs} in the file of `leadtracker site apply`"
        yield Finding(False, f"{who}: visitors cannot be called back, the PBX would refuse", do)
        return
    for fault, do in unmet(rules_of(site), click):
        yield Finding(False, f"{who}: {fault}", do)
    with Session(engine) as session:
        states = {
            state: number
            for site_id, state, number in callbacks.counts(session, now - DAY)
            if site_id == site.id
        }
    open_ends = sum(states.get(state, 0) for state in (State.UNCERTAIN, State.UNKNOWN))
    failed = states.get(State.FAILED, 0)
    asked = sum(states.values()) - states.get(State.REFUSED, 0)
    if open_ends:
        do = "see the dashboard's page of call-backs; does the PBX answer in time, and send its CDRs?"
        yield Finding(
            False, f"{who}: {open_ends} of {asked} call-backs of 24 hours have no known end", do
        )
    elif failed * 2 > asked:
        yield Finding(
            False,
            f"{who}: {failed} of {asked} call-backs of 24 hours failed",
            "the dashboard says why",
        )
    else:
        yield Finding(True, f"{who}: calls visitors back, {asked} in 24 hours")


def _redis(live: Live) -> Finding:
    try:
        live.ping()
    except StoreUnavailable as fault:
        return Finding(
            False, str(fault), "start `leadtracker serve`, or check LEADTRACKER_REDIS_URL"
        )
    return Finding(True, "Redis answers")


def _database(engine: Engine) -> Finding:
    try:
        if not schema_is_current(engine):
            return Finding(
                False, "the database's tables are not this version's", "leadtracker migrate"
            )
    except SQLAlchemyError as fault:
        return Finding(
            False,
            f"the database does not answer ({type(fault).__name__})",
            "check LEADTRACKER_DATABASE_URL",
        )
    return Finding(True, "the database answers, its tables are up to date")


def _worker(engine: Engine) -> Finding:
    with only_reader(engine) as nobody_else:
        if nobody_else():
            return Finding(
                False,
                "no worker runs: calls do not appear",
                "start `leadtracker serve` or `leadtracker worker`",
            )
    return Finding(True, "a worker runs")


def _inbox(engine: Engine) -> Iterator[Finding]:
    with Session(engine) as session:
        waiting, broken = (
            session.scalar(select(func.count()).where(InboxRow.state == state)) or 0
            for state in (NEW, BROKEN)
        )
    if waiting > 1000:
        yield Finding(
            False, f"{waiting} notifications wait to be read", "is the worker alive? see its log"
        )
    if broken:
        yield Finding(
            False,
            f"{broken} notifications could not be read",
            "after an update: leadtracker replay",
        )


def _site(site: Site, directory: Directory, settings: Settings) -> Iterator[Finding]:
    who = f"site {site.name}"
    if not directory.dids_in_use(site.id):
        yield Finding(
            False, f"{who}: no numbers in its pool", f"leadtracker did add {site.name} NUMBER …"
        )
    if not site.origins:
        yield Finding(
            False,
            f"{who}: no page may use it",
            f"leadtracker site add {site.name} --origin https://…",
        )
    if not site.url:
        do = f"leadtracker site add {site.name} --url https://…"
        yield Finding(False, f"{who}: no page is named, so its script is not checked", do)
        return
    try:
        answer = requests.get(site.url, timeout=10, headers={"User-Agent": "leadtracker doctor"})
        answer.raise_for_status()
    except requests.RequestException as fault:
        yield Finding(
            False,
            f"{who}: {site.url} does not answer ({type(fault).__name__})",
            "check the site's url",
        )
        return
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(answer.url))
    if origin not in site.origins:
        do = f"leadtracker site add {site.name} --origin {origin} (with the others)"
        yield Finding(False, f"{who}: its page is at {origin}, which is not one of its origins", do)
    page = _Page()
    page.feed(answer.text)
    ours = urlsplit(settings.public_url).netloc
    names = ("tracker.js", "did_trace_worker/index.min.js", settings.script_path or "tracker.js")
    scripts = [urljoin(answer.url, src) for src in page.scripts]
    loaded = [src for src in scripts if urlsplit(src).path.endswith(names)]
    if not loaded:
        yield Finding(
            False,
            f"{who}: {site.url} does not load the script",
            "put the snippet of the settings page into it",
        )
    for src in loaded:
        host = urlsplit(src).netloc
        do = (
            ""
            if host == ours
            else f"if it is not a proxy of yours in front of {ours}, change the script's address"
        )
        yield Finding(host == ours, f"{who}: its page loads the script from {host}", do)
        policies = [*answer.headers.get("Content-Security-Policy", "").split(","), *page.policies]
        for directive in ("script-src", "connect-src"):
            for policy in policies:
                if policy.strip() and not allows(policy, directive, src, origin):
                    yield Finding(
                        False,
                        f"{who}: its page's CSP forbids {directive} {host}",
                        f"add {host} to {directive}",
                    )


def _plan(site: Site, engine: Engine) -> Iterator[Finding]:
    """By the newest plan; a site without one has too few visits to say anything."""
    with Session(engine) as session:
        kept = plans.newest(session, site.id)
    if kept is None:
        return
    said = alarms(kept.plan.now, site.most_overflow, site.most_at_risk)
    for alarm in said:
        yield Finding(
            False,
            f"site {site.name}: {alarm.said}",
            f"leadtracker plan {site.name} says what helps",
        )
    if not said:
        numbers = f"{kept.plan.now.numbers} numbers"
        yield Finding(
            True, f"site {site.name}: {numbers} were enough when planned on {kept.made_at:%Y-%m-%d}"
        )


def allows(policy: str, directive: str, url: str, origin: str) -> bool:
    """Whether a Content-Security-Policy lets a page of `origin` use a URL; nonces and hashes count as a yes."""
    parts = {words[0].lower(): words[1:] for part in policy.split(";") if (words := part.split())}
    sources = next(
        (parts[name] for name in (f"{directive}-elem", directive, "default-src") if name in parts),
        None,
    )
    if sources is None:
        return True
    target = urlsplit(url)
    for source in (word.lower() for word in sources):
        if (
            source == "*"
            or source == f"{target.scheme}:"
            or source.startswith(("'nonce-", "'sha", "'strict-dynamic"))
        ):
            return True
        if source == "'self'" and f"{target.scheme}://{target.netloc}" == origin:
            return True
        host = re.sub(r"^[a-z]+://", "", source).partition("/")[0]
        if host in (target.netloc, target.hostname) or (
            host.startswith("*.") and target.netloc.endswith(host[1:])
        ):
            return True
    return False


class _Page(HTMLParser):
    """The scripts a page loads, and the policies in its meta elements."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.policies: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" in given:
            self.scripts.append(given["src"])
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(given.get("content", ""))
