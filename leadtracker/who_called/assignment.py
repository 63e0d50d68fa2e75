"""A call becomes a visitor's: the one place that writes whose call it is.

Three roads lead here: a notification is read, a user says who called, a call is judged again.
`from_verdict` works out what a verdict means for the call and only reads; `assign` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from leadtracker.domain import Site
from leadtracker.live import Live
from leadtracker.matching.calibration import Calibration
from leadtracker.records import calls, inbox, verdicts
from leadtracker.records.calls import NOT_COMING_IN, Snapshot, fill_visitor
from leadtracker.records.session import Session
from leadtracker.records.tables import CallRow
from leadtracker.records.verdicts import Judgment, Part
from leadtracker.who_called.custom_touchpoint import custom_touchpoint
from leadtracker.who_called.verdict import displayed, snapshot


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose a call is.

    | judged | parts | the call's shares                       |
    | ------ | ----- | --------------------------------------- |
    | set    | set   | become these parts, by touchpoint       |
    | set    | None  | stay as they are                        |
    | None   | None  | all go to the touchpoint of the visitor |
    | None   | set   | become these parts, by touchpoint       |

    `judged` is None for a call that nobody had to judge: one that is on no number of a pool, or
    one that the visitor asked for.
    """

    site: Site | None
    snapshot: Snapshot = field(default_factory=Snapshot)
    judged: Judgment | None = None
    parts: Sequence[Part] | None = None
    called_back: bool = False  # whoever asked for the call, or whose own call was missed


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
    """Make a saved call whose it is: its row, its verdict and its shares. The caller commits.

    Calls that return it are read again, because they are whose it is.
    """
    copy, parts = whose.snapshot, whose.parts
    if whose.judged is None and parts is None:
        parts = [(1.0, copy.touchpoint)] if copy.touchpoint else []
    if copy.touchpoint is None and (told := custom_touchpoint(session, row)) is not None:
        copy = replace(copy, touchpoint=told)
        if parts is None:
            parts = verdicts.shares_of(session, row.id)
        known = [(p, touched) for p, touched in parts if any(touched.origin.values())]
        parts = [*known, (1 - sum(p for p, _ in known), told)]
    fill_visitor(row, copy)
    if whose.judged is not None and whose.site is not None:
        verdicts.save(session, [(row.id, whose.site.id, whose.judged)])
    if parts is not None:
        verdicts.share(session, {row.id: parts})
    if row.caller and row.direction not in NOT_COMING_IN:
        for call_pk in calls.that_return(session, row):
            inbox.read_call_again(session, call_pk)
