"""How often verdicts proved right, and how long after a visit a site's callers call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from leadtracker.matching import calibration
from leadtracker.matching.calibration import ENOUGH, Bin, picture
from leadtracker.matching.counts import Counts, bins, table
from leadtracker.matching.page_state import AGES, LEVELS, OPENS, TAPS
from leadtracker.planner.delay_curve import DelayCurve, FirstCalls, delay_curve
from leadtracker.records import learned, verdicts

NO_CALLS = FirstCalls(0.0, [[0.0] * LEVELS] * OPENS, [[0.0] * LEVELS] * AGES)
SPANS = (  # words, and the age bins of closed pages they stand for
    ("Within 5 minutes of leaving the page", 0, 2),
    ("5 minutes to an hour after", 2, 5),
    ("1 to 4 hours after", 5, 7),
    ("4 to 24 hours after", 7, 10),
    ("1 to 4 days after", 10, 12),
    ("4 to 16 days after", 12, 14),
    ("Later", 14, AGES),
)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """`bins` are of the probabilities that pages show now.

    `recalibrated` says whether they differ from those that were matched.
    """

    truths: int
    bins: Sequence[Bin]
    recalibrated: bool

    @property
    def missing(self) -> int:
        """How many truths are missing until the site has a recalibration of its own."""
        return max(0, ENOUGH - self.truths)

    @property
    def told(self) -> list[Bin]:
        """The bins with enough calls to tell, surest first."""
        return [each for each in reversed(self.bins) if not each.too_few]


@dataclass(frozen=True, slots=True)
class Delays:
    """`name` says whose curve it is: typical, blended or own."""

    name: str
    calls: float
    bars: Sequence[Delay]

    def share(self, first: int, end: int) -> float:
        return sum(bar.share for bar in self.bars[first:end])


@dataclass(frozen=True, slots=True)
class Delay:
    """One bar: the share of the site's first calls, and that of a typical site."""

    words: str
    share: float
    typical: float


def accuracy(session: Session, site_id: int) -> Accuracy:
    found, using = verdicts.truths(session, site_id), learned.calibration(session, site_id)
    return Accuracy(
        truths=len(found),
        bins=picture([(using(stated), right) for stated, right in found]),
        recalibrated=using != calibration.Calibration(),
    )


def delays(session: Session, site_id: int) -> Delays:
    counts, _, _ = learned.sums(session, site_id)
    own, typical = delay_curve(_first_calls(counts)), delay_curve(NO_CALLS)
    shares = zip(_shares(own), _shares(typical), strict=True)
    words = (
        "At once, by a tap on the number",
        "While the page is open",
        *(words for words, _, _ in SPANS),
    )
    return Delays(
        own.name, own.calls, [Delay(word, *pair) for word, pair in zip(words, shares, strict=True)]
    )


def _shares(curve: DelayCurve) -> list[float]:
    closed = [sum(row) for row in curve.closed]
    return [
        curve.tapped,
        sum(map(sum, curve.open)),
        *(sum(closed[begin:end]) for _, begin, end in SPANS),
    ]


def _first_calls(counts: Counts) -> FirstCalls:
    return FirstCalls(
        tapped=sum(bins(counts.tap_calls, TAPS)),
        open=table(counts.open_calls, OPENS),
        closed=table(counts.closed_calls, AGES),
        new_phone=counts.total("first_calls"),
        strays=counts.total("stray_calls"),
    )
