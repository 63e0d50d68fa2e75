"""Why a call is whose, kept with the call, and the shares of the call by touchpoint.

Kept are the evidence, the probabilities, the lesson and a user's word.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import (
    Table,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from leadtracker.domain import ORIGIN, Json, Touchpoint
from leadtracker.matching.calibration import Truth
from leadtracker.matching.confirmation import confirmed
from leadtracker.matching.counts import Counts
from leadtracker.matching.evidence import Evidence
from leadtracker.matching.posterior import Posterior
from leadtracker.records.calls import counted
from leadtracker.records.database import UtcDateTime, put
from leadtracker.records.tables import CallRow, LeaseRow, ShareRow, VerdictRow

Part = tuple[float, Touchpoint]  # of a call: how much of it a touchpoint brought
WORTH_A_SHARE = 0.005
MOST_TRUTHS = 3000
REPORTS = {  # column of shares -> what a report takes for one source of calls
    "by_channel": ("channel",),
    "by_source": ("channel", "source"),
    "by_campaign": ("source", "campaign"),
    "by_landing": ("landing_page",),
}
VERDICTS, SHARES, LEASES = (cast(Table, row.__table__) for row in (VerdictRow, ShareRow, LeaseRow))
FORGET_SHARES = delete(SHARES).where(SHARES.c.call_pk.in_(bindparam("calls", expanding=True)))
TOUCHED_BY = select(LEASES.c.id, *(LEASES.c[name] for name in ORIGIN)).where(
    LEASES.c.id.in_(bindparam("ids", expanding=True))
)
NAMES = (
    select(LEASES.c.channel, LEASES.c.source, LEASES.c.campaign)
    .where(LEASES.c.source_key == bindparam("source"), LEASES.c.site_id == bindparam("site"))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Judgment:
    """What is said of a call, and why. Once the call was learned from, also what it taught.

    `without_known_phone` is set where the phone was known. It says what would have been stated
    without that knowledge, and whether the known visitor was the winner.
    """

    evidence: Evidence
    posterior: Posterior
    rules: int
    version: int  # of the site's sums
    lesson: Counts | None = None
    days: int = 0  # how often the sums had faded by then
    without_known_phone: Truth | None = None
    word: str | None = None  # a user's: a visitor, '' for nobody of the candidates

    @property
    def believed(self) -> Posterior:
        """The probabilities as matched, or what a user's word made of them."""
        if self.word is None:
            return self.posterior
        return confirmed(self.evidence, self.posterior, self.word or None)


def judgment(session: Session, call_pk: int) -> Judgment | None:
    row = session.get(VerdictRow, call_pk)
    return None if row is None else judgment_of(row)


def judgment_of(row: VerdictRow) -> Judgment:
    lesson, without_known_phone = None, None
    if row.lesson is not None:
        lesson = Counts.from_json(row.lesson)
    if row.untold is not None:
        without_known_phone = (row.untold, bool(row.untold_right))
    return Judgment(
        evidence=Evidence.from_json(_unpacked(row.evidence)),
        posterior=Posterior.from_json(_unpacked(row.posterior)),
        rules=row.rules,
        version=row.version,
        lesson=lesson,
        days=row.days,
        without_known_phone=without_known_phone,
        word=row.confirmed,
    )


def save(session: Session, judgments: Iterable[tuple[int, int, Judgment]]) -> None:
    """Replace the judgments of these (call, site, judgment); a user's word on the call stays."""
    put(session, VERDICTS, [_row(*each) for each in judgments])


def _row(call_pk: int, site_id: int, judged: Judgment) -> dict[str, Any]:
    untold, right = judged.without_known_phone or (None, None)
    return {
        "call_pk": call_pk,
        "site_id": site_id,
        "rules": judged.rules,
        "version": judged.version,
        "days": judged.days,
        "evidence": _packed(judged.evidence.to_json()),
        "posterior": _packed(judged.posterior.to_json()),
        "lesson": lesson_json(judged),
        "stated": max(judged.posterior.best, judged.posterior.nobody),
        "untold": untold,
        "untold_right": right,
    }


def lesson_json(judged: Judgment) -> Json | None:
    """What the call taught, as its row keeps it; None until it has ended."""
    return None if judged.lesson is None else judged.lesson.to_json()


def waiting(session: Session, count: int) -> list[int]:
    """Calls on which a user has said something that nobody has acted on yet."""
    new = VerdictRow.confirmed.is_distinct_from(VerdictRow.heeded)
    return list(
        session.scalars(
            select(VerdictRow.call_pk).where(new).order_by(VerdictRow.call_pk).limit(count)
        )
    )


def mark_applied(session: Session, call_pk: int) -> None:
    """Note that a user's word on a call has been acted on."""
    word = update(VerdictRow).where(VerdictRow.call_pk == call_pk)
    session.execute(word.values(heeded=VerdictRow.confirmed))


def confirmed_elsewhere(session: Session, site_id: int, phone: str, visitor: str, but: int) -> bool:
    """Whether a user said of a call of this phone, other than `but`, that it was this visitor."""
    said = exists().where(
        CallRow.caller == phone,
        VerdictRow.call_pk == CallRow.id,
        VerdictRow.call_pk != but,
        VerdictRow.confirmed == visitor,
        VerdictRow.site_id == site_id,
    )
    return bool(session.scalar(select(said)))


def learned_from(
    session: Session, site_id: int, after: tuple[datetime, int], count: int
) -> Sequence[tuple[VerdictRow, CallRow]]:
    """A site's calls that have ended and taught, of which no user has spoken; oldest first.

    `after` is the (start, id) of the call before the first one wanted.
    """
    place = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
    query = (
        select(VerdictRow, CallRow)
        .join(CallRow, CallRow.id == VerdictRow.call_pk)
        .where(
            CallRow.site_id == site_id,
            tuple_(CallRow.started_at, CallRow.id) > place,
            VerdictRow.site_id == site_id,
            VerdictRow.lesson.is_not(None),
            VerdictRow.confirmed.is_(None),
            VerdictRow.heeded.is_(None),
        )
        .order_by(CallRow.started_at, CallRow.id)
        .limit(count)
    )
    return [(verdict, call) for verdict, call in session.execute(query)]


def truths(session: Session, site_id: int) -> list[Truth]:
    """The newest calls whose caller is known, as they were stated.

    The caller is known by a user's word, else by a known phone.
    """
    known = select(
        VerdictRow.stated, VerdictRow.stated_right, VerdictRow.untold, VerdictRow.untold_right
    ).where(
        VerdictRow.site_id == site_id,
        text("(stated_right IS NOT NULL OR untold IS NOT NULL)"),  # as the index has it
    )
    newest = known.order_by(VerdictRow.call_pk.desc()).limit(MOST_TRUTHS)
    return [_truth(*row) for row in session.execute(newest)]


def _truth(
    stated: float, right: bool | None, untold: float | None, untold_right: bool | None
) -> Truth:
    if right is not None:
        return stated, right
    return untold or 0.0, bool(untold_right)


def shares_of(session: Session, call_pk: int) -> list[Part]:
    rows = session.scalars(
        select(ShareRow).where(ShareRow.call_pk == call_pk).order_by(ShareRow.p.desc(), ShareRow.id)
    )
    return [(row.p, _origin(row)) for row in rows]


def parts_of(
    session: Session, site_id: int, posterior: Posterior, evidence: Evidence
) -> list[Part]:
    """The touchpoints that may have brought a call, each with its part."""
    visits = (*evidence.holders, *evidence.elsewhere)
    by_source = {visit.source: visit.lease for visit in reversed(visits)}
    by_visit = {(visit.visitor, visit.source): visit.lease for visit in reversed(visits)}
    sources: dict[str, str] = {}  # by lease
    parts: dict[str, float] = {}
    left = dict(posterior.sources)
    for candidate in posterior.candidates:
        for source, p in candidate.sources.items():
            lease = by_visit.get((candidate.visitor, source)) or by_source.get(source)
            if lease is not None and p >= WORTH_A_SHARE:
                parts[lease] = parts.get(lease, 0.0) + p
                sources[lease] = source
                left[source] = left.get(source, 0.0) - p
    touched = _touched_by_leases(session, parts)
    shares: list[Part] = [(p, touched[lease]) for lease, p in parts.items() if lease in touched]
    for lease in parts.keys() - touched.keys():  # the lease log has forgotten it since
        left[sources[lease]] = left.get(sources[lease], 0.0) + parts[lease]
    return shares + _of_sources(
        session, site_id, {source: p for source, p in left.items() if p >= WORTH_A_SHARE}
    )


def share(session: Session, calls: Mapping[int, Iterable[Part]]) -> None:
    """Share each call among touchpoints by their parts; the rest of it has no touchpoint.

    This replaces the shares the call had.
    """
    if calls:
        rows: list[Json] = []
        for call_pk, parts in calls.items():
            call = {"call_pk": call_pk} | counted(session.get_one(CallRow, call_pk))
            rows += _shares(call, parts)
        session.execute(FORGET_SHARES, {"calls": list(calls)})
        session.execute(insert(SHARES), rows)


def _shares(call: Json, parts: Iterable[Part]) -> list[Json]:
    merged: dict[tuple[str, ...], float] = {}
    for p, touched in parts:
        key = tuple(touched.origin.values())
        merged[key] = merged.get(key, 0.0) + p
    rest = 1 - sum(merged.values())
    if rest > 1e-9:
        nothing = ("",) * len(ORIGIN)
        merged[nothing] = merged.get(nothing, 0.0) + rest
    rows: list[Json] = [
        call | {"p": p} | dict(zip(ORIGIN, key, strict=True)) for key, p in merged.items()
    ]
    for name, alike in REPORTS.items():
        sums: dict[tuple[str, ...], float] = {}
        for row in rows:
            key = tuple(row[column] for column in alike)
            sums[key] = sums.get(key, 0.0) + row["p"]
        for row in rows:
            row[name] = min(1.0, sums.pop(tuple(row[column] for column in alike), 0.0))
    return rows


def _touched_by_leases(session: Session, ids: Iterable[str]) -> dict[str, Touchpoint]:
    touched = session.execute(TOUCHED_BY, {"ids": list(ids)})
    return {row.id: _origin(row) for row in touched}


def _origin(row: Any) -> Touchpoint:
    """The touchpoint of a row, as far as reports count it."""
    return Touchpoint(**{name: getattr(row, name) for name in ORIGIN})


def _of_sources(session: Session, site_id: int, left: Mapping[str, float]) -> list[Part]:
    """Shares of which only the traffic source is known; any lease of it tells the source's name."""
    shares: list[Part] = []
    for source, p in left.items():
        found = session.execute(NAMES, {"source": source, "site": site_id}).first()
        if found is not None:
            touched = Touchpoint(
                channel=found.channel, source=found.source, campaign=found.campaign
            )
            shares.append((p, touched))
    return shares


def _packed(value: Any) -> bytes:
    return zlib.compress(orjson.dumps(value))


def _unpacked(kept: bytes) -> Any:
    return orjson.loads(zlib.decompress(kept))
