"""Who called? Evidence and a site's rates go in; probabilities and reasons come out. Pure.

A candidate's weight is the rate (calls per second) at which this visitor would make this very call
now. It is the rate of their page's state x source factor x evidence ratios (phone, region, topic),
plus the rate at which they would call again. The candidates, nobody, and the holders too old for
the list all have weights. A probability is a weight divided by the sum of all weights.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import mul

from leadtracker.matching import prior, reasons
from leadtracker.matching.evidence import Evidence, Holder
from leadtracker.matching.page_state import AGES, TAPS, age_bin, tap_bin
from leadtracker.matching.phone_memory import Known
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.matching.rates import View

RULES = 2  # version of this package's rules; each call keeps the version that judged it
WORTH_WORDS = 0.01  # only likelier candidates get their reasons spelled out


@dataclass(slots=True)
class _Visitor:
    """The weights of one visitor's visits and calls."""

    # holder, and the summed weight of a first call and of a repeat
    visits: list[tuple[Holder, float]] = field(default_factory=list)
    earlier: Known | None = None
    again: float = 0.0  # weight of a repeat that follows from the phone, not from a visit

    def weight(self) -> float:
        return self.again + sum(weight for _, weight in self.visits)


def match(evidence: Evidence, view: View) -> Posterior:
    """The probabilities of everybody who may have made the call."""
    chance = phone_chance(evidence)
    visitors: dict[str, _Visitor] = {}
    first_calls = []
    for holder in evidence.holders:
        first, again = visit_weight(holder, evidence, view, chance)
        first_calls.append(first)
        if first + again > 0:
            visitors.setdefault(holder.visitor, _Visitor()).visits.append((holder, first + again))
    for holder in evidence.elsewhere:
        if holder.visitor in evidence.knowers and holder.visitor not in visitors:
            rate = state_rate(holder, view, known=True) * view.source.get(holder.source, 1.0)
            weight = rate * prior.SAME_PHONE * prior.OTHER_NUMBER
            visitors[holder.visitor] = _Visitor([(holder, weight)])
    nobody, older = strangers_weight(evidence, view, chance)
    stray, unlisted = nobody, sum(older.values())
    other = unlisted
    if before := evidence.remembered:
        again = (
            repeat_rate(evidence.moment - before.at, before.answered)
            * prior.SAME_PHONE
            * same_number(evidence)
        )
        nobody += before.nobody * again * prior.STRANGERS_AGAIN
        other += before.other * again
        for known in before.visitors:
            visitor = visitors.setdefault(known.visitor, _Visitor())
            visitor.earlier = known
            visitor.again = repeat_weight(known, evidence, view, held=bool(visitor.visits))
    total = nobody + other + sum(visitor.weight() for visitor in visitors.values())
    if total <= 0:
        return Posterior((), 1.0, 0.0, {}, tuple(0.0 for _ in evidence.holders))
    candidates = [_candidate(name, visitor, evidence, total) for name, visitor in visitors.items()]
    candidates.sort(key=lambda candidate: (-candidate.p, candidate.visitor))
    return Posterior(
        candidates=tuple(candidates),
        nobody=nobody / total,
        other=other / total,
        sources=_sources(candidates, older, other / total),
        first_calls=tuple(first / total for first in first_calls),
        stray=stray / total,
        older=unlisted / total,
    )


def phone_chance(evidence: Evidence) -> float:
    """The chance that a first-time caller has this phone: new, hidden or (rarely) shared."""
    if evidence.phone is None:
        return prior.WITHHELD
    return prior.STRANGERS_PHONE if evidence.knowers or evidence.remembered else 1.0


def state_rate(holder: Holder, view: View, known: bool = False) -> float:
    """Calls per second from a page in this state, in an hour of activity 1.

    A visit of a caller who is `known` is never too old.
    """
    if (tap := tap_bin(holder.tapped)) < TAPS:
        return view.tap[tap]
    if holder.visible:
        return view.open[holder.state][holder.level]
    bin_ = age_bin(holder.age)
    if bin_ >= AGES and not known:
        return 0.0
    return view.closed[min(bin_, AGES - 1)][holder.level]


def repeat_rate(seconds: float, answered: bool) -> float:
    """Calls per second from somebody who last called this long ago."""
    rates = prior.REPEATS_MISSED
    if answered:
        rates = prior.REPEATS_ANSWERED
    return rates[bisect_right(prior.REPEAT_EDGES, seconds)]


def agreement(mine: str, callers: str, trust: float, shares: Mapping[str, float]) -> float:
    """How much likelier the caller's region (or topic) is if they are this visitor.

    It is 1 when either side is unknown.
    """
    if not mine or not callers:
        return 1.0
    if mine != callers:
        return 1 - trust
    chance = shares.get(mine, prior.UNHEARD)
    return (trust + (1 - trust) * chance) / chance


def topic_agreement(topic: str, evidence: Evidence, view: View) -> float:
    return agreement(topic, evidence.topic, view.topic_trust, view.topic_share)


def visit_weight(
    holder: Holder, evidence: Evidence, view: View, chance: float
) -> tuple[float, float]:
    """The rates of a first call after this visit and of a repeat by its visitor."""
    if evidence.did is None and not holder.just_tapped:
        return 0.0, 0.0
    knows = holder.visitor in evidence.knowers
    rate = state_rate(holder, view, knows)
    if not (holder.visible or holder.just_tapped):
        rate *= evidence.activity
    if evidence.did is None:
        rate *= tap_trust(holder, evidence)
    rate *= view.source.get(holder.source, 1.0) * topic_agreement(holder.topic, evidence, view)
    places = agreement(holder.region, evidence.region, view.region_trust, view.region_share)
    visitor, called = holder.visitor, evidence.callers.get(holder.visitor)
    earlier = _earlier(evidence, visitor)
    other_phone = (
        called is not None and evidence.phone and called.phone is not None and earlier is None
    )
    first, again = rate * places * chance, 0.0
    if knows:
        first = rate * places * prior.SAME_PHONE
    elif evidence.phone and visitor in evidence.known_otherwise:
        first *= 1 - prior.SAME_PHONE
    elif called is not None and other_phone:
        first *= 1 - called.p * prior.SAME_PHONE
    if called is not None and other_phone and called.did == evidence.did:
        hazard = repeat_rate(evidence.moment - called.at, called.answered)
        again = called.p * (1 - prior.SAME_PHONE) * hazard * places * chance
    if earlier is not None:
        again += earlier.p * rate * _same_phone(evidence)
    out = _ruled_out(evidence, visitor)
    return first * out, again * out


def repeat_weight(known: Known, evidence: Evidence, view: View, held: bool) -> float:
    """The rate at which a visitor known from this phone's last call would call again.

    `held` says that they are among the DID's holders.
    """
    before = evidence.remembered
    if before is None:
        return 0.0
    rate = known.p * repeat_rate(evidence.moment - before.at, before.answered)
    rate *= _same_phone(evidence)
    rate *= max(same_number(evidence), prior.HELD_NUMBER if held else prior.OTHER_NUMBER)
    return rate * topic_agreement(known.topic, evidence, view) * _ruled_out(evidence, known.visitor)


def tap_trust(holder: Holder, evidence: Evidence) -> float:
    """How much of a tap on the default number counts; anybody can send one.

    The more visitors of one network tap, the less they count, all together. Whoever has only just
    come counts less than somebody who looked around before they tapped.
    """
    trust = 1.0 / holder.crowd**2
    others_looked = any(each.level > 0 and each.just_tapped for each in evidence.holders)
    if holder.level == 0 and others_looked:
        trust *= prior.HASTY_TAP
    return trust


def _same_phone(evidence: Evidence) -> float:
    """The share of later calls from the first call's phone. A hidden phone tells nothing."""
    return prior.SAME_PHONE if evidence.phone else 1.0


def same_number(evidence: Evidence) -> float:
    """How readily this phone's caller would dial this DID, compared with one they dialed before."""
    dialed = evidence.remembered is not None and evidence.did in evidence.remembered.dids
    return 1.0 if dialed else prior.OTHER_NUMBER


def strangers_weight(
    evidence: Evidence, view: View, chance: float
) -> tuple[float, dict[str, float]]:
    """The rate of calls that no visit caused, and by source the rates of unlisted older holders."""
    if evidence.did is None:
        unseen = view.default_strangers * view.unseen
        return (view.default_strangers - unseen) * chance, {"": unseen * chance}
    by_level = list(zip(*view.closed, strict=True))
    older: dict[str, float] = {}
    for alike in evidence.older:
        rate = sum(map(mul, alike.numbers, by_level[alike.level]))
        rate *= view.source.get(alike.source, 1.0)
        older[alike.source] = older.get(alike.source, 0.0) + rate * evidence.activity * chance
    return view.stray * evidence.activity * chance, older


def _earlier(evidence: Evidence, visitor: str) -> Known | None:
    """What this phone's last call says of the visitor."""
    before = evidence.remembered
    if before is None:
        return None
    return next((known for known in before.visitors if known.visitor == visitor), None)


def _ruled_out(evidence: Evidence, visitor: str) -> float:
    before = evidence.remembered
    if before is not None and visitor in before.ruled_out:
        return prior.RULED_OUT
    return 1.0


def _candidate(name: str, visitor: _Visitor, evidence: Evidence, total: float) -> Candidate:
    sources: dict[str, float] = {}
    for holder, weight in visitor.visits:
        sources[holder.source] = sources.get(holder.source, 0.0) + weight / total
    if visitor.earlier is not None:
        source = visitor.earlier.source
        sources[source] = sources.get(source, 0.0) + visitor.again / total
    p = sum(sources.values())
    best, most = max(
        visitor.visits, key=lambda visit: (visit[1], visit[0].lease), default=(None, -1.0)
    )
    topic = ""
    if best is not None and most > visitor.again:
        topic = best.topic
    if visitor.earlier is not None and visitor.again >= most:
        topic = visitor.earlier.topic
    words: tuple[str, ...] = ()
    if p > WORTH_WORDS:
        words = _words(name, visitor, best, evidence)
    return Candidate(name, p, sources, topic, words)


def _words(
    name: str, visitor: _Visitor, best: Holder | None, evidence: Evidence
) -> tuple[str, ...]:
    said = []
    if name in evidence.signed:
        said.append(reasons.SIGNED_PHONE)
    elif name in evidence.knowers:
        said.append(reasons.KNOWN_PHONE)
    if best is not None:
        said += reasons.of_visit(best, evidence)
    called = evidence.callers.get(name)
    if visitor.earlier is not None:
        said.append(reasons.of_repeat(visitor.earlier, evidence))
    elif called is not None and called.p >= 0.5 and called.phone not in (None, evidence.phone):
        said.append(reasons.of_other_phone(called, evidence))
    if _ruled_out(evidence, name) < 1:
        said.append(reasons.RULED_OUT)
    return tuple(said)


def _sources(
    candidates: list[Candidate], older: Mapping[str, float], other: float
) -> dict[str, float]:
    """The traffic sources' shares of the call.

    The sources of the holders too old for the list share `other`.
    """
    result: dict[str, float] = {}
    for candidate in candidates:
        for source, share in candidate.sources.items():
            result[source] = result.get(source, 0.0) + share
    if (total := sum(older.values())) > 0:
        for source, weight in older.items():
            if source:
                result[source] = result.get(source, 0.0) + other * weight / total
    return result
