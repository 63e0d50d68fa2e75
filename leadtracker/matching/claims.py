"""Phones that only a page told: they fill what the evidence leaves open, and prove nothing.

Anybody can post such a claim. So it never makes a caller certain, takes nothing from one who is,
and weighs no more than an open page with a tap. It changes what is displayed. Lessons and memories
are made without it, so that it does not come back as evidence later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from leadtracker.matching import prior, reasons
from leadtracker.matching.evidence import ALONE, Evidence, Holder
from leadtracker.matching.posterior import CERTAIN, Candidate, Posterior

MOST = 0.75  # probability that a claim can lead to
# How much likelier a call from this phone is when the claim is true.
LIFT = prior.SAME_PHONE / prior.STRANGERS_PHONE


def worth(claimants: int, phones: int, of_network: int) -> float:
    """What a claim is worth, 0 to ALONE.

    So many visitors claim the phone, so many phones this visitor claims, and so many their network.
    """
    return ALONE / (max(1, claimants) * max(1, phones) * max(1, of_network))


def with_claims(posterior: Posterior, evidence: Evidence) -> Posterior:
    """The posterior as people see it, where pages claimed the caller's phone."""
    if not evidence.claims or posterior.best >= CERTAIN:
        return posterior
    candidates = _with_claimants(posterior.candidates, evidence)
    weights = _lifted(candidates, posterior, evidence)
    total = sum(weights.values()) + posterior.nobody + posterior.other
    said = [_scaled(each, weights[each.visitor] / total, evidence) for each in candidates]
    said = sorted(said, key=lambda each: (-each.p, each.visitor))
    return replace(
        posterior,
        candidates=tuple(said),
        nobody=posterior.nobody / total,
        other=posterior.other / total,
        sources=_sources(posterior, said, total),
    )


def _with_claimants(candidates: tuple[Candidate, ...], evidence: Evidence) -> tuple[Candidate, ...]:
    """The candidates, and whoever claims the phone and never held the number."""
    listed = {each.visitor for each in candidates}
    new = {
        holder.visitor: Candidate(holder.visitor, 0.0, {holder.source: 0.0}, holder.topic, ())
        for holder in evidence.elsewhere
        if holder.visitor in evidence.claims and holder.visitor not in listed
    }
    return (*candidates, *new.values())


def _lifted(
    candidates: tuple[Candidate, ...], posterior: Posterior, evidence: Evidence
) -> dict[str, float]:
    """Each candidate's weight, where those who are not lifted keep their probability."""
    unexplained = posterior.nobody + posterior.other
    most = _of_open_page_with_tap(candidates, evidence)
    weights = {each.visitor: each.p for each in candidates}
    for visitor, trust in evidence.claims.items():
        if visitor not in weights:
            continue
        p = weights[visitor]
        lifted = p * (1 + LIFT * trust)
        if p == 0:
            lifted = trust * unexplained
        weights[visitor] = max(p, min(lifted, most))
    first = max(weights, key=lambda visitor: weights[visitor], default=None)
    if first is not None and first in evidence.claims:
        rest = unexplained + sum(w for visitor, w in weights.items() if visitor != first)
        before = next(each.p for each in candidates if each.visitor == first)
        weights[first] = max(before, min(weights[first], rest * MOST / (1 - MOST)))
    return weights


def _of_open_page_with_tap(candidates: Iterable[Candidate], evidence: Evidence) -> float:
    """The probability of the likeliest whose open page was tapped, without a claim's help."""
    tapped = {
        holder.visitor
        for holder in evidence.holders
        if holder.visible and holder.just_tapped and holder.visitor not in evidence.claims
    }
    return max((each.p for each in candidates if each.visitor in tapped), default=float("inf"))


def _scaled(candidate: Candidate, p: float, evidence: Evidence) -> Candidate:
    sources: Mapping[str, float] = {name: p for name in candidate.sources}
    if candidate.p > 0:
        factor = p / candidate.p
        sources = {name: share * factor for name, share in candidate.sources.items()}
    said = candidate.reasons
    if candidate.visitor in evidence.claims:
        said = (reasons.TOLD_BY_PAGE, *(said or _visits(candidate.visitor, evidence)))
    return replace(candidate, p=p, sources=sources, reasons=said)


def _visits(visitor: str, evidence: Evidence) -> list[str]:
    visits: Iterable[Holder] = (*evidence.holders, *evidence.elsewhere)
    latest = next((each for each in visits if each.visitor == visitor), None)
    return [] if latest is None else reasons.of_visit(latest, evidence)


def _sources(posterior: Posterior, said: list[Candidate], total: float) -> dict[str, float]:
    sources = {}
    for name, share in posterior.sources.items():
        of_candidates = sum(each.sources.get(name, 0.0) for each in posterior.candidates)
        sources[name] = max(0.0, share - of_candidates) / total
    for candidate in said:
        for name, share in candidate.sources.items():
            sources[name] = sources.get(name, 0.0) + share
    return sources
