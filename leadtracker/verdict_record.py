"""A judgement as a call keeps it beside its other fields: for pages, exports and the pop-up; plain values."""

from __future__ import annotations

from sqlalchemy.orm import Session

from leadtracker.attribution.posterior import Candidate, Posterior
from leadtracker.domain import Json
from leadtracker.records import leases
from leadtracker.records.verdicts import Judgement

SHOWN = 8  # candidates
WORTH_SHOWING = 0.01


def verdict_record(session: Session, judged: Judgement) -> Json:
    """`visitor` is None unless one is likely or certain; `lease` and its times are those of his visit."""
    posterior = judged.posterior
    best = posterior.candidates[0] if posterior.verdict in ("certain", "likely") else None
    record: Json = {
        "verdict": posterior.verdict, "visitor": best.visitor if best else None,
        "p": round(best.p if best else posterior.nobody, 4), "said": said(posterior, best),
        "nobody": round(posterior.nobody, 4), "other": round(posterior.other, 4),
        "candidates": [
            {"visitor": each.visitor, "p": round(each.p, 4), "reasons": list(each.reasons)}
            for each in posterior.candidates[:SHOWN]
            if each.p >= WORTH_SHOWING
        ],
        "rules": judged.rules, "version": judged.version,
    }  # fmt: skip
    visits = [*judged.evidence.holders, *judged.evidence.elsewhere]
    visit = next((holder for holder in visits if best and holder.visitor == best.visitor), None)
    lease = leases.by_id(session, visit.lease) if visit else None
    if lease is not None:
        record |= {
            "lease": lease.id, "visit": lease.visit, "lease_start": lease.start.isoformat(),
            "seen": lease.seen.isoformat(), "left": lease.left.isoformat() if lease.left else None,
            "tapped": max(lease.taps).isoformat() if lease.taps else None,
        }  # fmt: skip
    return record


def said(posterior: Posterior, best: Candidate | None) -> str:
    """The verdict in one line."""
    if best is not None:
        words = "; ".join(best.reasons)
        return words[:1].upper() + words[1:] + "." if words else ""
    if posterior.verdict == "nobody":
        return "Most likely nobody who was shown this number on the site."
    return "Several visitors may have called; none of them is likely enough to be named."
