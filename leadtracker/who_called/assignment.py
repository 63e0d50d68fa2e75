"""A call becomes a visitor's: the one place that writes whose call it is.

Three roads lead here: a notification is read, a user says who called, a call is judged again.
`from_verdict` works out what a verdict means for the call and only reads; `assign` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadtracker.domain import Site
from leadtracker.live import Live
from leadtracker.matching.calibration import Calibration
from leadtracker.records import verdicts
from leadtracker.records.calls import Snapshot, fill_visitor
from leadtracker.records.session import Session
from leadtracker.records.tables import CallRow
from leadtracker.records.verdicts import Judgment, Part
from leadtracker.who_called.verdict import displayed, snapshot


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose a call is.

    | judged | parts | the call's shares                       |
    | ------ | ----- | --------------------------------------- |
    | set    | set   | become these parts, by touchpoint       |
    | set    | None  | stay as they are                        |
    | None   | None  | all go to the touchpoint of the visitor |

    `judged` is None for a call that nobody had to judge: one that is on no number of a pool, or
    one that the visitor asked for.
    """

    site: Site | None
    snapshot: Snapshot = field(default_factory=Snapshot)
    judged: Judgment | None = None
    parts: Sequence[Part] | None = None


def from_verdict(
    session: Session,
    live: Live,
    site: Site,
    before: Snapshot,
    judged: Judgment,
    calibration: Calibration,
) -> Assignment:
    """What a verdict makes of a call that had the copy `before` of its visitor."""
    after = snapshot(session, live, site, before, judged, calibration)
    confirmed = judged.word is not None and after.visitor_id is not None
    if confirmed and after.visitor_id == before.visitor_id and after.touchpoint:
        return Assignment(site, after, judged, [(1.0, after.touchpoint)])
    posterior = displayed(judged, calibration)
    parts = verdicts.parts_of(session, site.id, posterior, judged.evidence)
    return Assignment(site, after, judged, parts)


def assign(session: Session, row: CallRow, whose: Assignment) -> None:
    """Make a saved call whose it is: its row, its verdict and its shares. The caller commits."""
    fill_visitor(row, whose.snapshot)
    parts = whose.parts
    if whose.judged is None:
        touched = whose.snapshot.touchpoint
        parts = [(1.0, touched)] if touched else []
    elif whose.site is not None:
        verdicts.save(session, [(row.id, whose.site.id, whose.judged)])
    if parts is not None:
        verdicts.share(session, {row.id: parts})
