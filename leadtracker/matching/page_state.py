"""The state of a page at a moment, in the bins that have call rates."""

from __future__ import annotations

from bisect import bisect_right

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

TAP_EDGES = (15.0, 30.0, 60.0)  # s since the tap on the link
TAPS = len(TAP_EDGES)
AGE_EDGES = (  # clock seconds since the page was last visible
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    16 * HOUR,
    DAY,
    2 * DAY,
    4 * DAY,
    8 * DAY,
    16 * DAY,
    32 * DAY,
    64 * DAY,
)
AGES = len(AGE_EDGES)
LEVELS = 4  # of engagement: bounced, browsing, engaged, saved the number
DWELL_EDGES = (MINUTE, 4 * MINUTE, 15 * MINUTE)  # s since the page was opened
DWELLS = len(DWELL_EDGES) + 1
OPENS = 2 * DWELLS  # states of an open page: mobile or desktop x time open


def open_state(device: str, seconds: float) -> int:
    """The state of a page that was opened `seconds` ago on a `mobile` or `desktop` device."""
    dwell = bisect_right(DWELL_EDGES, seconds)
    return dwell if device == "mobile" else DWELLS + dwell


def on_mobile(state: int) -> bool:
    return state < DWELLS


def age_bin(clock_seconds: float) -> int:
    """The bin of a closed page's age, or AGES when the page is older than all bins."""
    return bisect_right(AGE_EDGES, clock_seconds)


def tap_bin(seconds: float | None) -> int:
    """The bin of the time since a tap, or TAPS when there was none or it is too long ago."""
    if seconds is None or seconds > TAP_EDGES[-1]:
        return TAPS
    return min(bisect_right(TAP_EDGES, seconds), TAPS - 1)
