"""A judgment as a call keeps it, with the call's copy of its visitor: for pages and exports."""

from __future__ import annotations

from dataclasses import replace

from leadtracker.domain import Json, Lease, Site
from leadtracker.live import Live
from leadtracker.matching.calibration import Calibration, recalibrated
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.records import leases
from leadtracker.records.calls import Snapshot
from leadtracker.records.session import Session
from leadtracker.records.verdicts import Judgment

MOST_CANDIDATES = 8
WORTH_LISTING = 0.01  # probability of a candidate


def displayed(judged: Judgment, calibration: Calibration) -> Posterior:
    """What people see and reports count: what is believed, recalibrated on the site's truths."""
    return recalibrated(judged.believed, calibration)


def calibration_of(match: Json) -> Calibration:
    """The calibration that a call's record was made with."""
    return Calibration(*match.get("calibration") or ())


def named(posterior: Posterior) -> Candidate | None:
    """The candidate who is certain or likely; None where nobody is."""
    if posterior.verdict in ("certain", "likely"):
        return posterior.candidates[0]
    return None


def snapshot(
    session: Session,
    live: Live,
    site: Site,
    before: Snapshot,
    judged: Judgment,
    calibration: Calibration,
) -> Snapshot:
    """What the call keeps of its likely visitor.

    The copy that the call took before comes first, then what Redis has, then the lease log.
    """
    record = verdict_record(session, judged, calibration)
    who = record["visitor"]
    if who is None:
        return Snapshot(match=record)
    if before.visitor_id == who and before.touchpoint:
        return replace(before, match=record)
    visitor = live.visitor(site.id, who)
    arrival = None
    if record.get("lease"):
        arrival = leases.touchpoint_of(session, record["lease"])
    if visitor is None:
        return Snapshot(who, record, touchpoint=arrival)
    return Snapshot(who, record, visitor.info, visitor.first, arrival or visitor.latest)


def verdict_record(session: Session, judged: Judgment, calibration: Calibration) -> Json:
    """The verdict as JSON.

    `visitor` is None unless one is likely or certain. `lease` and its times are of their visit.
    """
    posterior = displayed(judged, calibration)
    best = named(posterior)
    who, p = None, posterior.nobody
    if best is not None:
        who, p = best.visitor, best.p
    record: Json = {
        "verdict": posterior.verdict,
        "visitor": who,
        "p": round(p, 4),
        "said": sentence(posterior, best),
        "nobody": round(posterior.nobody, 4),
        "other": round(posterior.other, 4),
        "candidates": [
            {"visitor": each.visitor, "p": round(each.p, 4), "reasons": list(each.reasons)}
            for each in posterior.candidates[:MOST_CANDIDATES]
            if each.p >= WORTH_LISTING
        ],
        "rules": judged.rules,
        "version": judged.version,
    }
    if calibration != Calibration():
        record["calibration"] = [calibration.shift, calibration.slope]
    if judged.word is not None:
        record["confirmed"] = True
    visits = [*judged.evidence.holders, *judged.evidence.elsewhere]
    visit = next((holder for holder in visits if holder.visitor == who), None)
    if visit and (lease := leases.by_id(session, visit.lease)):
        record |= _visit(lease)
    return record


def _visit(lease: Lease) -> Json:
    times: Json = {"left": None, "tapped": None}
    if lease.left:
        times["left"] = lease.left.isoformat()
    if lease.taps:
        times["tapped"] = max(lease.taps).isoformat()
    return {
        "lease": lease.id,
        "visit": lease.visit,
        "lease_start": lease.start.isoformat(),
        "seen": lease.seen.isoformat(),
        **times,
    }


def sentence(posterior: Posterior, best: Candidate | None) -> str:
    """The verdict in one line."""
    if best is not None:
        words = "; ".join(best.reasons)
        return words and f"{words[0].upper()}{words[1:]}."
    if posterior.verdict == "nobody":
        return "Most likely nobody who was shown this number on the site."
    return "Several visitors may have called; none of them is likely enough to be named."
