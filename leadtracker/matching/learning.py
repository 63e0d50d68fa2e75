"""What a call and a visit teach: deltas to a site's sums, and the memory of a call.

Each delta depends only on its call or lease. To learn one again, take back the old delta and add
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

WORTH_LEARNING = 1e-4  # a holder with a smaller share of a call teaches nothing
KEPT = 8  # visitors that a phone's memory holds
KEPT_NUMBERS = 16  # DIDs that a phone's memory holds
WORTH_KEEPING = 0.003  # a phone's memory holds only likelier visitors
WORTH_SAYING = 0.02  # a visitor's memory holds only likelier calls


def lesson(evidence: Evidence, posterior: Posterior, view: View) -> Counts:
    """What one call teaches. Only first calls teach: repeats do not show what pages lead to.

    `view` is the one that matched the call. `posterior` is the match, or the match as a user
    corrected it.
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
    """Learn a holder's share of a first call. Return it if their page was closed, or else 0."""
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
            if mine == callers:  # count only the agreement beyond chance
                put(
                    delta.totals,
                    f"{name}_agree",
                    p * trust / (trust + (1 - trust) * shares.get(mine, prior.UNHEARD)),
                )
    return late


def _learn_older(delta: Counts, evidence: Evidence, share: float, view: View) -> None:
    """Learn the share of the unlisted older holders, by the calls that each would have brought."""
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
    """What a lease has taught so far. A later course may take `closed` back."""

    counts: Counts
    closed: tuple[float, int] | None  # when and at which level; None while the page is visible


def course(lease: Lease, now: float) -> Course:
    """What a lease teaches by now. A lease without a DID is a visit that tapped the default number.

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
    """The spans in which the page was visible, as (from, until)."""
    shown = lease.start.timestamp()
    for hidden, again in sorted(lease.gaps):
        if shown < hidden.timestamp() < end:
            yield shown, hidden.timestamp()
        shown = max(shown, again.timestamp())
    if shown < end:
        yield shown, end


def _cuts(start: float, levels: tuple[datetime, ...], shown: float, hidden: float) -> list[float]:
    """The visible span, cut where the page's state or the visitor's level changes."""
    inner = [start + edge for edge in DWELL_EDGES] + [reached.timestamp() for reached in levels]
    return [shown, *sorted(at for at in inner if shown < at < hidden), hidden]


def remember(
    evidence: Evidence, posterior: Posterior, answered: bool, ruled_out: tuple[str, ...] = ()
) -> tuple[Remembered, dict[str, Called]]:
    """What we remember of a call: for its phone, and for each visitor who may have made it.

    `ruled_out` are the visitors of whom a user said "none of these". They stay ruled out for the
    phone's later calls, until a user confirms one of them.
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
