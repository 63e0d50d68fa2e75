"""Why a call is whose, kept with the call: evidence, probabilities, lesson, a user's word; and its shares by source."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson
from sqlalchemy import Table, bindparam, delete, insert, select, text
from sqlalchemy.orm import Session

from leadtracker.domain import ORIGIN, Json, Touchpoint
from leadtracker.matching.calibration import Truth
from leadtracker.matching.confirmation import confirmed
from leadtracker.matching.counts import Counts
from leadtracker.matching.evidence import Evidence
from leadtracker.matching.posterior import Posterior
from leadtracker.records.calls import counted
from leadtracker.records.database import put
from leadtracker.records.tables import CallRow, LeaseRow, ShareRow, VerdictRow

WORTH_A_SHARE = 0.005
MOST_TRUTHS = 3000
REPORTS = {  # column of shares -> what a report takes for one source of calls
    "by_channel": ("channel",),
    "by_source": ("channel", "source"),
    "by_campaign": ("source", "campaign"),
    "by_landing": ("landing_page",),
}
Part = tuple[float, Touchpoint]  # of a call: probability, and the touchpoint that brought it
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
class Judgement:
    """What is said of a call, why, and (once learned from) what it taught, on which day of the sums.

    `untold` is for calls whose phone was known: (stated probability of the winner had nobody told, was it right?).
    """

    evidence: Evidence
    posterior: Posterior
    rules: int
    version: int  # of the site's sums
    lesson: Counts | None = None
    days: int = 0
    untold: tuple[float, bool] | None = None
    word: str | None = None  # a user's: a visitor, '' for nobody of the candidates

    @property
    def believed(self) -> Posterior:
        """As matched, or what a user's word made of it."""
        if self.word is None:
            return self.posterior
        return confirmed(self.evidence, self.posterior, self.word or None)


def judgement(session: Session, call_pk: int) -> Judgement | None:
    row = session.get(VerdictRow, call_pk)
    return judgement_of(row) if row else None


def judgement_of(row: VerdictRow) -> Judgement:
    return Judgement(
        evidence=Evidence.from_json(_unpacked(row.evidence)),
        posterior=Posterior.from_json(_unpacked(row.posterior)),
        rules=row.rules,
        version=row.version,
        lesson=None if row.lesson is None else Counts.from_json(row.lesson),
        days=row.days,
        untold=None if row.untold is None else (row.untold, bool(row.untold_right)),
        word=row.confirmed,
    )


def save(session: Session, judgements: Iterable[tuple[int, int, Judgement]]) -> None:
    """Keep judgements, each (call, site, judgement), in place of those before; a user's word stays."""
    put(session, VERDICTS, [_row(*each) for each in judgements])


def _row(call_pk: int, site_id: int, judged: Judgement) -> dict[str, Any]:
    untold, right = judged.untold or (None, None)
    return {
        "call_pk": call_pk,
        "site_id": site_id,
        "rules": judged.rules,
        "version": judged.version,
        "days": judged.days,
        "evidence": _packed(judged.evidence.to_json()),
        "posterior": _packed(judged.posterior.to_json()),
        "lesson": None if judged.lesson is None else judged.lesson.to_json(),
        "stated": max(judged.posterior.best, judged.posterior.nobody),
        "untold": untold,
        "untold_right": right,
    }


def waiting(session: Session, count: int) -> list[int]:
    """Calls on which a user has said something that was not acted on yet."""
    new = VerdictRow.confirmed.is_distinct_from(VerdictRow.heeded)
    return list(
        session.scalars(
            select(VerdictRow.call_pk).where(new).order_by(VerdictRow.call_pk).limit(count)
        )
    )


def truths(session: Session, site_id: int) -> list[Truth]:
    """The newest calls of which the caller is known, as they were stated: by a user's word, else by a known phone."""
    known = select(
        VerdictRow.stated, VerdictRow.stated_right, VerdictRow.untold, VerdictRow.untold_right
    ).where(
        VerdictRow.site_id == site_id,
        text("(stated_right IS NOT NULL OR untold IS NOT NULL)"),  # as the index has it
    )
    return [
        (stated, right) if right is not None else (untold or 0.0, bool(untold_right))
        for stated, right, untold, untold_right in session.execute(
            known.order_by(VerdictRow.call_pk.desc()).limit(MOST_TRUTHS)
        )
    ]


def shares_of(session: Session, call_pk: int) -> list[Part]:
    rows = session.scalars(
        select(ShareRow).where(ShareRow.call_pk == call_pk).order_by(ShareRow.p.desc(), ShareRow.id)
    )
    return [(row.p, Touchpoint(**{name: getattr(row, name) for name in ORIGIN})) for row in rows]


def parts_of(
    session: Session, site_id: int, posterior: Posterior, evidence: Evidence
) -> list[Part]:
    """The touchpoints that may have brought a call, each with its part."""
    by_source = {
        holder.source: holder.lease for holder in reversed((*evidence.holders, *evidence.elsewhere))
    }
    by_visit = {
        (holder.visitor, holder.source): holder.lease
        for holder in reversed((*evidence.holders, *evidence.elsewhere))
    }
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
    shares = [(p, touched[lease]) for lease, p in parts.items() if lease in touched]
    for lease in parts.keys() - touched.keys():  # forgotten since
        left[sources[lease]] = left.get(sources[lease], 0.0) + parts[lease]
    return shares + _of_sources(
        session, site_id, {source: p for source, p in left.items() if p >= WORTH_A_SHARE}
    )


def share(session: Session, calls: Mapping[int, Iterable[Part]]) -> None:
    """Share each call among touchpoints by their parts; what is left of it has none. Replaces its shares."""
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
    return {row.id: Touchpoint(**{name: getattr(row, name) for name in ORIGIN}) for row in touched}


def _of_sources(session: Session, site_id: int, left: Mapping[str, float]) -> list[Part]:
    """Shares of which only the traffic source is known: any lease of it says what the source is called."""
    shares: list[Part] = []
    for source, p in left.items():
        found = session.execute(NAMES, {"source": source, "site": site_id}).first()
        if found is not None:
            shares.append(
                (p, Touchpoint(channel=found.channel, source=found.source, campaign=found.campaign))
            )
    return shares


def _packed(value: Any) -> bytes:
    return zlib.compress(orjson.dumps(value))


def _unpacked(kept: bytes) -> Any:
    return orjson.loads(zlib.decompress(kept))
