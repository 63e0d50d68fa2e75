"""What a user says of a call: "it was this one" or "none of these".

Their word is evidence for later calls, and truth for the calibration.
"""

from __future__ import annotations

from dataclasses import replace

from leadtracker.matching import reasons
from leadtracker.matching.evidence import Evidence
from leadtracker.matching.posterior import Candidate, Posterior


def confirmed(
    evidence: Evidence, posterior: Posterior, visitor: str | None, source: str = ""
) -> Posterior:
    """The posterior after a user named the visitor. None means that they said "none of these".

    `source` is the traffic source of a visitor who was no candidate. Learn from the result and
    remember it. After "none of these", also call `remember` with
    `ruled_out=candidates_of(posterior)`.
    """
    if visitor is None:
        return _nobody_of_these(posterior)
    was = next((each for each in posterior.candidates if each.visitor == visitor), None)
    if was is None:
        was = Candidate(visitor, 0.0, {}, "", ())
    scale, sources = 0.0, {}
    if was.p > 0:
        scale = 1 / was.p
        sources = {name: share * scale for name, share in was.sources.items()}
    said = (reasons.CONFIRMED, *was.reasons)
    sure = Candidate(visitor, 1.0, sources or {source: 1.0}, was.topic, said)
    if source and not sources:
        sources = {source: 1.0}
    first_calls = tuple(
        share * scale if holder.visitor == visitor else 0.0
        for holder, share in zip(evidence.holders, posterior.first_calls, strict=True)
    )
    return Posterior((sure,), 0.0, 0.0, sources, first_calls)


def _nobody_of_these(posterior: Posterior) -> Posterior:
    left = posterior.nobody + posterior.other
    if left <= 0:
        return Posterior((), 1.0, 0.0, {}, tuple(0.0 for _ in posterior.first_calls))
    by_candidates = {
        source: sum(each.sources.get(source, 0.0) for each in posterior.candidates)
        for source in posterior.sources
    }
    return replace(
        posterior,
        candidates=(),
        nobody=posterior.nobody / left,
        other=posterior.other / left,
        sources={
            source: max(0.0, share - by_candidates[source]) / left
            for source, share in posterior.sources.items()
        },
        first_calls=tuple(0.0 for _ in posterior.first_calls),
        stray=posterior.stray / left,
        older=posterior.older / left,
    )


def candidates_of(posterior: Posterior) -> tuple[str, ...]:
    """The visitors whom a user rules out by "none of these"."""
    return tuple(each.visitor for each in posterior.candidates)


def truth(posterior: Posterior, visitor: str | None) -> tuple[float, bool]:
    """The stated probability of the winner, and whether the winner was right.

    The winner is the likeliest candidate, or nobody. `visitor` is the true caller, or None when no
    candidate was. Where the phone was known, first match without that knowledge:
    `match(evidence.without_known_phone(), view)`.
    """
    if posterior.nobody > posterior.best or not posterior.candidates:
        return posterior.nobody, visitor is None
    return posterior.best, visitor == posterior.candidates[0].visitor
