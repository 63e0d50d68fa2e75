"""What a call and a visit teach: deltas to a site's sums, and what is remembered of a call.

Every delta depends on its call or lease alone. To learn one again, take the old delta back and add
the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from leadtracker.domain import Lease
from leadtracker.matching import prior
from leadtracker.matching.counts import CELLS, Counts, put, source_lease
from leadtracker.matching.evidence import Evidence, Holder, level_at, visible_until
from leadtracker.matching.page_state import (
    AGES,
    DWELL_EDGES,
    TAP_EDGES,
    TAPS,
    age_bin,
    open_state,
    tap_bin,
)
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.matching.posterior import Posterior
from leadtracker.matching.rates import View

WORTH_LEARNING = 1e-4  # share of a call below which a holder teaches nothing
KEPT = 8  # visitors remembered with a phone
KEPT_NUMBERS = 16  # DIDs
WORTH_KEEPING = 0.003  # probability of a visitor that is remembered with the phone
WORTH_SAYING = 0.02  # ... of a call that is remembered with the visitor


def lesson(evidence: Evidence, posterior: Posterior, view: View) -> Counts:
    """What one call teaches. Only first calls teach: repeats say nothing of what pages lead to.

    `view` is the one that the call was matched with; `posterior` is the match, or what a user made
    of it.
    """
    delta = Counts()
    totals = delta.totals
    learned = [
        (h, p)
        for h, p in zip(evidence.holders, posterior.first_calls, strict=True)
        if p >= WORTH_LEARNING
    ]
    if evidence.did is None:
        put(totals, "default_strangers", posterior.stray)
        put(totals, "default_unseen", posterior.older)
        put(totals, "default_tapped", sum(posterior.first_calls))
        return delta
    put(totals, "stray_calls", posterior.stray)
    put(totals, "first_calls", posterior.stray + posterior.older + sum(p for _, p in learned))
    late = posterior.older
    for holder, p in learned:
        late += _learn_visit(delta, holder, p, evidence, view)
    _learn_older(delta, evidence, posterior.older, view)
    put(delta.hour_calls, str(evidence.hour), late)
    put(delta.day_calls, str(evidence.weekday), late)
    return delta


def _learn_visit(delta: Counts, holder: Holder, p: float, evidence: Evidence, view: View) -> float:
    """Learn one holder's share of a first call; return the share if their page was closed."""
    late = 0.0
    put(delta.source_calls, holder.source, p)
    if (tap := tap_bin(holder.tapped)) < TAPS:
        put(delta.tap_calls, str(tap), p)
    elif holder.visible:
        put(delta.open_calls, CELLS[holder.state][holder.level], p)
    elif (age := age_bin(holder.age)) < AGES:
        put(delta.closed_calls, CELLS[age][holder.level], p)
        late = p
    for mine, callers, name, trust, shares in (
        (holder.region, evidence.region, "region", view.region_trust, view.region_share),
        (holder.topic, evidence.topic, "topic", view.topic_trust, view.topic_share),
    ):
        if mine and callers:
            put(delta.totals, f"{name}_told", p)
            if mine == callers:  # as far as it is more than chance
                put(
                    delta.totals,
                    f"{name}_agree",
                    p * trust / (trust + (1 - trust) * shares.get(mine, prior.UNHEARD)),
                )
    return late


def _learn_older(delta: Counts, evidence: Evidence, share: float, view: View) -> None:
    """Learn the share of holders too old to be listed, by what each would have brought."""
    rates = [
        (alike, age, number * view.closed[age][alike.level] * view.source.get(alike.source, 1.0))
        for alike in evidence.older
        for age, number in enumerate(alike.numbers)
        if number
    ]
    if (total := sum(rate for _, _, rate in rates)) > 0:
        for alike, age, rate in rates:
            put(delta.closed_calls, CELLS[age][alike.level], share * rate / total)
            if alike.source:
                put(delta.source_calls, alike.source, share * rate / total)


@dataclass(frozen=True, slots=True)
class Course:
    """What a lease has taught so far; the difference to a later course may take `closed` back."""

    counts: Counts
    closed: tuple[float, int] | None  # when, at which level; None while the page is visible


def course(lease: Lease, now: float) -> Course:
    """What is known now of a lease, or (with no DID) of a visit that tapped the default number.

    To learn what is new, add `counts.change(before.counts, after.counts)`. Where `closed` differs,
    call `CallingClock.page_closed` for the new value, and with -1 for the old one.
    """
    counts = Counts()
    if not lease.did:  # a call on the default number teaches no rate of taps, so no tap may either
        return Course(counts, None)
    for _ in lease.taps:
        for i, (begin, until) in enumerate(pairwise((0.0, *TAP_EDGES))):
            put(counts.tap_seconds, str(i), until - begin)
    if lease.region:
        put(counts.regions, lease.region, 1.0)
    if lease.topic:
        put(counts.topics, lease.topic, 1.0)
    start, end = lease.start.timestamp(), visible_until(lease, now)
    for shown, hidden in _spans(lease, now if end is None else end):
        for begin, cut in pairwise(_cuts(start, lease.levels, shown, hidden)):
            cell = CELLS[open_state(lease.device, begin - start)][level_at(lease.levels, begin)]
            put(counts.open_seconds, cell, cut - begin)
    if end is None:
        return Course(counts, None)
    level = level_at(lease.levels, end)
    put(counts.source_leases, source_lease(level, lease.source), 1.0)
    return Course(counts, (end, level))


def _spans(lease: Lease, end: float) -> Iterator[tuple[float, float]]:
    """When the page was visible: from, until."""
    shown = lease.start.timestamp()
    for hidden, again in sorted(lease.gaps):
        if shown < hidden.timestamp() < end:
            yield shown, hidden.timestamp()
        shown = max(shown, again.timestamp())
    if shown < end:
        yield shown, end


def _cuts(start: float, levels: tuple[datetime, ...], shown: float, hidden: float) -> list[float]:
    """A visible span, cut where the page's state or the visitor's level changes."""
    inner = [start + edge for edge in DWELL_EDGES] + [reached.timestamp() for reached in levels]
    return [shown, *sorted(at for at in inner if shown < at < hidden), hidden]


def remember(
    evidence: Evidence, posterior: Posterior, answered: bool, ruled_out: tuple[str, ...] = ()
) -> tuple[Remembered, dict[str, Called]]:
    """What is kept of a call: for its phone, and for each visitor who may have made it.

    `ruled_out` are visitors of whom a user said "none of these". That holds for the phone's
    later calls, until a user confirms one of them.
    """
    before = evidence.remembered
    likely = [each for each in posterior.candidates if each.p > WORTH_KEEPING][:KEPT]
    visitors = tuple(
        Known(
            each.visitor,
            each.p,
            max(each.sources, key=lambda source: each.sources[source], default=""),
            each.topic,
        )
        for each in likely
    )
    dids, out = [evidence.did], [*ruled_out]
    if before is not None:
        dids += before.dids
        out += before.ruled_out
    confirmed = {each.visitor for each in likely if each.p >= 1.0}
    kept = Remembered(
        at=evidence.moment,
        dids=tuple(dict.fromkeys(dids))[:KEPT_NUMBERS],
        visitors=visitors,
        nobody=posterior.nobody,
        other=max(0.0, 1 - posterior.nobody - sum(known.p for known in visitors)),
        answered=answered,
        ruled_out=tuple(dict.fromkeys(visitor for visitor in out if visitor not in confirmed))[
            :KEPT
        ],
    )
    by_visitor = {
        known.visitor: Called(evidence.moment, known.p, evidence.did, answered, evidence.phone)
        for known in visitors
        if known.p > WORTH_SAYING
    }
    return kept, by_visitor
