"""A judgement as a call keeps it beside its other fields, and its copy of the visitor: for pages, exports, pop-up."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from leadtracker.domain import Json, Site
from leadtracker.live import Live
from leadtracker.matching.calibration import Calibration, recalibrated
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.records import leases
from leadtracker.records.calls import Snapshot
from leadtracker.records.verdicts import Judgement

SHOWN = 8  # candidates
WORTH_SHOWING = 0.01


def shown(judged: Judgement, calibration: Calibration) -> Posterior:
    """What is shown and counted: what is believed, recalibrated on the site's truths."""
    return recalibrated(judged.believed, calibration)


def calibration_of(match: Json) -> Calibration:
    """The one that a call's record was made with."""
    return Calibration(*match.get("calibration") or ())


def snapshot(
    session: Session,
    live: Live,
    site: Site,
    before: Snapshot,
    judged: Judgement,
    calibration: Calibration,
) -> Snapshot:
    """What the call keeps of its likely visitor: the copy it took before, else Redis', else the lease log's."""
    record = verdict_record(session, judged, calibration)
    who = record["visitor"]
    if who is None:
        return Snapshot(match=record)
    if before.visitor_id == who and before.touchpoint:
        return replace(before, match=record)
    visitor = live.visitor(site.id, who)
    arrival = leases.touchpoint_of(session, record["lease"]) if record.get("lease") else None
    if visitor is None:
        return Snapshot(who, record, touchpoint=arrival)
    return Snapshot(who, record, visitor.info, visitor.first, arrival or visitor.latest)


def verdict_record(session: Session, judged: Judgement, calibration: Calibration) -> Json:
    """`visitor` is None unless one is likely or certain; `lease` and its times are those of his visit."""
    posterior = shown(judged, calibration)
    best = posterior.candidates[0] if posterior.verdict in ("certain", "likely") else None
    record: Json = {
        "verdict": posterior.verdict,
        "visitor": best.visitor if best else None,
        "p": round(best.p if best else posterior.nobody, 4),
        "said": said(posterior, best),
        "nobody": round(posterior.nobody, 4),
        "other": round(posterior.other, 4),
        "candidates": [
            {"visitor": each.visitor, "p": round(each.p, 4), "reasons": list(each.reasons)}
            for each in posterior.candidates[:SHOWN]
            if each.p >= WORTH_SHOWING
        ],
        "rules": judged.rules,
        "version": judged.version,
    }
    if calibration != Calibration():
        record["calibration"] = [calibration.shift, calibration.slope]
    if judged.word is not None:
        record["confirmed"] = True
    visits = [*judged.evidence.holders, *judged.evidence.elsewhere]
    visit = next((holder for holder in visits if best and holder.visitor == best.visitor), None)
    lease = leases.by_id(session, visit.lease) if visit else None
    if lease is not None:
        record |= {
            "lease": lease.id,
            "visit": lease.visit,
            "lease_start": lease.start.isoformat(),
            "seen": lease.seen.isoformat(),
            "left": lease.left.isoformat() if lease.left else None,
            "tapped": max(lease.taps).isoformat() if lease.taps else None,
        }
    return record


def said(posterior: Posterior, best: Candidate | None) -> str:
    """The verdict in one line."""
    if best is not None:
        words = "; ".join(best.reasons)
        return words[:1].upper() + words[1:] + "." if words else ""
    if posterior.verdict == "nobody":
        return "Most likely nobody who was shown this number on the site."
    return "Several visitors may have called; none of them is likely enough to be named."
