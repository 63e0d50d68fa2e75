"""What a plan is made from: a site's own lease log, verdicts and sums (see docs/planner.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from leadtracker.domain import Site
from leadtracker.errors import TooFewVisits
from leadtracker.matching.calibration import Calibration, recalibrated
from leadtracker.matching.calling_clock import activity_table
from leadtracker.matching.confirmation import candidates_of
from leadtracker.matching.counts import Counts, bins, table
from leadtracker.matching.page_state import AGES, LEVELS, OPENS, TAPS
from leadtracker.matching.posterior import CERTAIN
from leadtracker.matching.rates import fit
from leadtracker.planner.delay_curve import FirstCalls
from leadtracker.planner.model_pool import WEEK_HOURS, Traffic
from leadtracker.planner.planner import PlanInputs, Stated
from leadtracker.records import learned
from leadtracker.records.plans import MadeFrom
from leadtracker.records.tables import CallRow, LeaseRow, VerdictRow
from leadtracker.records.verdicts import Judgment, judgment_of

DAYS = 28  # that we look back
LEAST_VISITS, LEAST_DAYS = 200, 3
MOST_CALLS = 3000  # that we read; of more calls we read every second, third and so on
AT_ONCE = 500  # rows
HOUR = 3600
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    """The time of a site that we look at."""

    site: Site
    since: datetime
    until: datetime

    def asked(self) -> ColumnElement[bool]:
        """Visits that asked for a number. One that got none asks again, and counts once."""
        return and_(
            LeaseRow.site_id == self.site.id,
            LeaseRow.start >= self.since,
            LeaseRow.start < self.until,
            LeaseRow.reason != "restored",
            or_(LeaseRow.did.is_not(None), LeaseRow.new_visit),
        )

    def shown(self) -> ColumnElement[bool]:
        """Leases of a number whose page is closed."""
        return and_(self.asked(), LeaseRow.did.is_not(None), LeaseRow.left.is_not(None))


def recent_span(site: Site, now: datetime) -> Span:
    return Span(site, now - timedelta(days=DAYS), now)


def visits(session: Session, span: Span) -> tuple[int, float]:
    """How many visits asked for a number, and in how many days up to the end of the span."""
    count, first = session.execute(
        select(func.count(), func.min(LeaseRow.start)).where(span.asked())
    ).one()
    if first is None:
        return count, 0.0
    return count, (span.until - first).total_seconds() / 86400


def plan_inputs(session: Session, span: Span, numbers: int) -> tuple[PlanInputs, MadeFrom]:
    """Raises TooFewVisits when there are too few, or no numbers in the pool."""
    asked, days = visits(session, span)
    if numbers < 1 or asked < LEAST_VISITS or days < LEAST_DAYS:
        raise TooFewVisits(
            f"Too few visits to plan yet: {asked:,} asked for a number in {days:.0f} days. "
            f"A plan needs a pool with numbers, and {LEAST_VISITS} visits "
            f"from {LEAST_DAYS} days or more."
        )
    counts, _, _ = learned.sums(session, span.site.id)
    view = fit(counts)
    hours, weekdays = activity_table(counts)
    calls = _calls(session, span)
    inputs = PlanInputs(
        numbers=numbers,
        traffic=_traffic(session, span, asked),
        activity=[day * hour for day in weekdays for hour in hours],
        rates=view,
        stray=view.stray,
        calls=calls.first_calls,
        region_told=calls.region_told,
        stated=calls.stated,
    )
    return inputs, MadeFrom(asked, round(calls.number), days)


def _traffic(session: Session, span: Span, asked: int) -> Traffic:
    hold = func.avg(extract("epoch", LeaseRow.seen) - extract("epoch", LeaseRow.start))
    mobile = func.avg(case((LeaseRow.device == "mobile", 1.0), else_=0.0))
    seconds, on_mobile = session.execute(select(hold, mobile).where(span.shown())).one()
    reached = _counted(
        session, func.json_array_length(LeaseRow.levels, type_=Integer), span.shown()
    )
    return Traffic(
        arrivals=_arrivals(session, span),
        hold=max(1.0, float(seconds or 0)),
        levels=_shares_of_levels(reached),
        sources=_shares_of(session, LeaseRow.source_key, span.asked()),
        regions=_shares_of(session, LeaseRow.region, span.asked(), LeaseRow.region != ""),
        returns=_returns(session, span, asked),
        mobile=float(on_mobile or 0),
    )


def _shares_of_levels(reached: Mapping[int, int]) -> list[float]:
    if not reached:
        return [1.0] * LEVELS
    return [reached.get(level, 0) / sum(reached.values()) for level in range(LEVELS)]


def _arrivals(session: Session, span: Span) -> list[float]:
    """How many visits ask in each hour of the site's week.

    An hour of the week that has not come yet is like the same hour of the other days.
    """
    hour = cast(extract("epoch", LeaseRow.start), BigInteger) // literal_column(str(HOUR), Integer)
    found = _counted(session, hour, span.asked())
    zone = ZoneInfo(span.site.time_zone)
    asked, lasted = [0] * WEEK_HOURS, [0] * WEEK_HOURS
    for number in range(min(found), max(found) + 1):
        there = datetime.fromtimestamp(number * HOUR, UTC).astimezone(zone)
        asked[24 * there.weekday() + there.hour] += found.get(number, 0)
        lasted[24 * there.weekday() + there.hour] += 1
    by_day = [sum(asked[hour::24]) / max(1, sum(lasted[hour::24])) for hour in range(24)]
    return [
        count / hours if hours else by_day[hour % 24]
        for hour, (count, hours) in enumerate(zip(asked, lasted, strict=True))
    ]


def _counted(session: Session, key: ColumnElement[T], *which: ColumnElement[bool]) -> dict[T, int]:
    """How many rows the lease log has for each value of a key."""
    return {
        value: int(rows)
        for value, rows in session.execute(select(key, func.count()).where(*which).group_by(key))
    }


def _shares_of(
    session: Session, column: InstrumentedAttribute[str], *which: ColumnElement[bool]
) -> dict[str, float]:
    numbers = _counted(session, column.expression, *which)
    return {key: rows / sum(numbers.values()) for key, rows in numbers.items()}


def _returns(session: Session, span: Span, asked: int) -> float:
    """The share of visits whose visitor had asked before, in the span or earlier in the log."""
    earlier = aliased(LeaseRow)
    before = exists().where(
        earlier.visitor == LeaseRow.visitor,
        earlier.start < span.since,
        earlier.site_id == span.site.id,
    )
    people = select(func.count(LeaseRow.visitor.distinct())).where(span.asked())
    new = (session.scalar(people) or 0) - (session.scalar(people.where(before)) or 0)
    return 1 - new / asked


@dataclass(slots=True)
class _Calls:
    """Sums over the calls of a span: what their verdicts stated, and what the calls taught.

    Probabilities count as pages show them now. Where a user said who called, we count whether the
    verdict had named the right visitor: corrections do not make a pool better.
    """

    calibration: Calibration
    lessons: Counts = field(default_factory=Counts)
    stated: Stated = field(default_factory=Stated)
    known_phone: float = 0.0
    new_phone: float = 0.0
    second_phone: float = 0.0
    number: float = 0.0

    def add(self, judged: Judgment, weight: float) -> None:
        if judged.lesson is None:
            return
        evidence, believed, said = judged.evidence, judged.believed, self.stated
        self.number += weight
        self.lessons.add(judged.lesson, weight)
        if evidence.remembered is not None and evidence.phone is not None:
            self.known_phone += weight
        else:
            self.new_phone += weight
            self.second_phone += weight * (
                sum(each.p for each in believed.candidates) - sum(believed.first_calls)
            )
        stated = recalibrated(judged.posterior, self.calibration)
        names_somebody = bool(stated.candidates) and stated.best >= stated.nobody
        named = weight * names_somebody
        certain = named * (stated.best >= CERTAIN)
        right = stated.best
        if judged.word is not None:
            right = float(judged.word in candidates_of(stated)[:1])
        self.stated = Stated(
            calls=said.calls + weight * (1 - recalibrated(believed, self.calibration).nobody),
            right=said.right + named * right,
            certain=said.certain + certain * right,
            certain_wrong=said.certain_wrong + certain * (1 - right),
        )

    @property
    def first_calls(self) -> FirstCalls:
        lessons = self.lessons
        return FirstCalls(
            tapped=sum(bins(lessons.tap_calls, TAPS)),
            open=table(lessons.open_calls, OPENS),
            closed=table(lessons.closed_calls, AGES),
            known_phone=self.known_phone,
            new_phone=self.new_phone,
            strays=lessons.total("stray_calls"),
            second_phone=max(0.0, self.second_phone),
        )

    @property
    def region_told(self) -> float:
        return min(1.0, self.lessons.total("region_told") / max(1.0, self.first_calls.total))


def _calls(session: Session, span: Span) -> _Calls:
    """Sums over the calls that taught something. Of very many, some spread evenly count for all."""
    of_span = (
        select(VerdictRow.call_pk)
        .join(CallRow, CallRow.id == VerdictRow.call_pk)
        .where(
            VerdictRow.site_id == span.site.id,
            CallRow.started_at >= span.since,
            CallRow.started_at < span.until,
        )
        .order_by(CallRow.started_at, CallRow.id)
    )
    every = session.scalars(of_span).all()
    some = every[:: 1 + len(every) // (MOST_CALLS + 1)]
    calls = _Calls(learned.calibration(session, span.site.id))
    for begin in range(0, len(some), AT_ONCE):
        rows = select(VerdictRow).where(VerdictRow.call_pk.in_(some[begin : begin + AT_ONCE]))
        for row in session.scalars(rows):
            calls.add(judgment_of(row), len(every) / len(some))
            session.expunge(row)
    return calls
