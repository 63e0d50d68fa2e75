"""What Prometheus may count, summed over all processes; pools are read from Redis when asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from leadtracker.callback_rules.opening import local_day
from leadtracker.callback_rules.rules import rules_of
from leadtracker.calls.listening import feed_of
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.live.feed_states import FeedStates
from leadtracker.planner.plan import ALARMS, alarms
from leadtracker.records import plans
from leadtracker.records.inbox import Inbox
from leadtracker.records.session import reading
from leadtracker.reports import callbacks
from leadtracker.web.metric_files import take_room_first
from leadtracker.web.stores import Stores

take_room_first()
NUMBER_REQUESTS = Counter(
    "leadtracker_number_requests", "Number requests answered", ["site", "reason"]
)
BEATS = Counter("leadtracker_beats", "Heartbeats answered", ["site", "known"])
REFUSED = Counter("leadtracker_refused", "Requests refused, by the code of the answer", ["code"])
NOTIFICATIONS = Counter(
    "leadtracker_notifications", "Notifications of a PBX", ["account", "family", "receipt"]
)
CALLBACK_REQUESTS = Counter(
    "leadtracker_callback_requests",
    "Requests to be called back: the state answered, or why refused",
    ["site", "answer"],
)
SCREEN_POPS = Histogram(
    "leadtracker_screen_pop_seconds",
    "Time to answer a screen pop",
    ["account"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
CRM_ANSWERS = Counter(
    "leadtracker_crm_answers", "Customers' CRMs asked during a screen pop", ["account", "result"]
)


class _State(Collector):
    """Gauges that are true at the moment of asking, so that they need no process of their own."""

    def __init__(self, stores: Stores, inbox: Inbox) -> None:
        self._stores = stores
        self._inbox = inbox

    def collect(self) -> Iterable[Metric]:
        dids = GaugeMetricFamily(
            "leadtracker_pool_dids", "DIDs of a pool by state", labels=["site", "state"]
        )
        largest = GaugeMetricFamily(
            "leadtracker_pool_largest_share",
            "DIDs that one client address holds, of those that hold two or more",
            labels=["site"],
        )
        unusual = GaugeMetricFamily(
            "leadtracker_pool_unusual_shares",
            "Client addresses that hold an unusual number of DIDs (at most 10 are counted)",
            labels=["site"],
        )
        for site in self._stores.directory.sites:
            draining = [did.e164 for did in self._stores.directory.dids(site.id) if did.draining]
            pool = self._stores.live.pool(site, draining)
            for state in ("in use", "idle", "draining"):
                dids.add_metric([site.name, state], pool.count(state))
            largest.add_metric([site.name], max((each.numbers for each in pool.shares), default=0))
            unusual.add_metric([site.name], len(pool.unusual))
        yield from (dids, largest, unusual)
        waiting = GaugeMetricFamily("leadtracker_inbox", "Notifications by state", labels=["state"])
        for state, count in self._inbox.counts().items():
            waiting.add_metric([state], count)
        yield waiting
        yield from self._plans()
        yield from self._callbacks()
        yield from self._feeds()

    def _feeds(self) -> Iterator[Metric]:
        """Of the accounts whose options ask for real-time events."""
        up = GaugeMetricFamily(
            "leadtracker_real_time_up",
            "1 while an account's real-time events are listened to",
            labels=["account"],
        )
        events = CounterMetricFamily(
            "leadtracker_real_time_events",
            "Real-time events listened to",
            labels=["account", "receipt"],
        )
        states = FeedStates(self._stores.live)
        for account in self._stores.directory.accounts.values():
            if feed_of(account) is not None:
                state = states.state(account.key)
                up.add_metric([account.key], state is not None and state.up)
                for receipt, number in states.events(account.key).items():
                    events.add_metric([account.key, receipt], number)
        yield from (up, events)

    def _callbacks(self) -> Iterator[Metric]:
        """Requests of the last 24 hours by where they stand, and the money of the local day."""
        now = datetime.now(UTC)
        states = GaugeMetricFamily(
            "leadtracker_callback_states",
            "Callback requests made in the last 24 hours",
            labels=["site", "state"],
        )
        money = GaugeMetricFamily(
            "leadtracker_callback_money",
            "Minor units of the site's currency, of its day",
            labels=["site", "of"],
        )
        guard = CallbackGuard(self._stores.live)
        with reading(self._stores.engine) as session:
            found = callbacks.counts(session, now - timedelta(hours=24))
        for site in self._stores.directory.sites:
            rules = rules_of(site)
            if not rules.on or not site.account_key:
                continue
            for site_id, state, number in found:
                if site_id == site.id:
                    states.add_metric([site.name, state], number)
            reserved, spent = guard.money(site.account_key, site.id, local_day(site.time_zone, now))
            for of, amount in (
                ("reserved", reserved),
                ("spent", spent),
                ("ceiling", rules.ceiling),
            ):
                money.add_metric([site.name, of], amount)
        yield from (states, money)

    def _plans(self) -> Iterator[Metric]:
        """Of the newest plans; the limits are the sites' own."""
        overflow = GaugeMetricFamily(
            "leadtracker_plan_worst_overflow",
            "Share of visits without a number in the busiest hour",
            labels=["site"],
        )
        at_risk = GaugeMetricFamily(
            "leadtracker_plan_at_risk",
            "Share of calls whose caller is not the one named",
            labels=["site"],
        )
        made = GaugeMetricFamily(
            "leadtracker_plan_made_seconds", "When the plan was made (epoch)", labels=["site"]
        )
        alarm = GaugeMetricFamily(
            "leadtracker_plan_alarm", "1 when a site's limit is exceeded", labels=["site", "of"]
        )
        with reading(self._stores.engine) as session:
            kept = plans.of_all_sites(session)
        for site in self._stores.directory.sites:
            if site.id in kept:
                now = kept[site.id].plan.now
                said = {each.of for each in alarms(now, site.most_overflow, site.most_at_risk)}
                overflow.add_metric([site.name], now.worst_overflow)
                at_risk.add_metric([site.name], 1 - now.right)
                made.add_metric([site.name], kept[site.id].made_at.timestamp())
                for of in ALARMS:
                    alarm.add_metric([site.name, of], of in said)
        yield from (overflow, at_risk, made, alarm)


def exposition(stores: Stores, inbox: Inbox) -> bytes:
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # ships no types
    registry.register(_State(stores, inbox))
    return generate_latest(registry)
