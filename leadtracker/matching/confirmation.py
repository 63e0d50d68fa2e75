"""A user's word on a call, "it was this one" or "nobody of these": evidence for later calls, truth for calibration."""

from __future__ import annotations

from dataclasses import replace

from leadtracker.matching import reasons
from leadtracker.matching.evidence import Evidence
from leadtracker.matching.posterior import Candidate, Posterior


def confirmed(
    evidence: Evidence, posterior: Posterior, visitor: str | None, source: str = ""
) -> Posterior:
    """The posterior after a user named the visitor, or with None said that it was nobody of the candidates.

    `source` is the traffic source of a visitor who was no candidate. Learn and remember from the result; after
    "nobody of these", also call `remember` with `ruled_out=candidates_of(posterior)`.
    """
    if visitor is None:
        return _nobody_of_these(posterior)
    was = next((each for each in posterior.candidates if each.visitor == visitor), None)
    scale = 1 / was.p if was is not None and was.p > 0 else 0.0
    sources = (
        {name: share * scale for name, share in was.sources.items()}
        if was is not None and scale
        else {}
    )
    sure = Candidate(
        visitor=visitor,
        p=1.0,
        sources=sources or {source: 1.0},
        topic=was.topic if was is not None else "",
        reasons=(reasons.CONFIRMED, *(was.reasons if was is not None else ())),
    )
    first_calls = tuple(
        share * scale if holder.visitor == visitor else 0.0
        for holder, share in zip(evidence.holders, posterior.first_calls, strict=True)
    )
    return Posterior((sure,), 0.0, 0.0, sources or ({source: 1.0} if source else {}), first_calls)


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
    """Who is ruled out when it was nobody of these."""
    return tuple(each.visitor for each in posterior.candidates)


def truth(posterior: Posterior, visitor: str | None) -> tuple[float, bool]:
    """(stated probability of the winner, was it right?), where the winner is the likeliest candidate or nobody.

    `visitor` is who it was, None when it was nobody of the candidates. For a known phone, state it without that
    knowledge first: `match(evidence.without_known_phone(), view)`.
    """
    if posterior.nobody > posterior.best or not posterior.candidates:
        return posterior.nobody, visitor is None
    return posterior.best, visitor == posterior.candidates[0].visitor
