"""The shipped prior: the rates of an ordinary site, and how many real calls outweigh them.

Rates are calls per second of one visitor. Levels are factors relative to browsing. The benchmark's
three delay mixes teach different values. Those here lie between them, nearest to the typical mix
(see docs/accuracy.md).
"""

from __future__ import annotations

from leadtracker.matching.page_state import DAY, HOUR, MINUTE

TAP = (4e-2, 1e-3, 5e-4)  # by tap bin
OPEN = (3e-5, 1e-5, 5e-6, 2e-6, 1.3e-4, 6e-5, 2e-5, 4e-6)  # by open state
OPEN_LEVEL = (0.8, 1.0, 3.5, 6.0)
CLOSED = (  # by age bin
    3.2e-6,
    2.9e-6,
    1.8e-6,
    9.5e-7,
    4.2e-7,
    1.6e-7,
    1.25e-7,
    9e-8,
    3.8e-8,
    1.4e-8,
    5e-9,
    2.6e-9,
    1.1e-9,
    4e-10,
    1.7e-10,
    5e-11,
)
CLOSED_LEVEL = (0.15, 1.0, 4.5, 12.0)
RATE_CALLS = 4.0  # weight of each rate above, in calls
TAIL_CALLS = 12.0  # weight of the chained rates, larger because strays look like late calls
CHAINED = 4  # each age bin past this one follows its younger neighbor by the shipped slope
LEVEL_CALLS = 8.0
CELL_CALLS = 6.0  # weight of rate x level in each cell of the open pages
SOURCE_CALLS = 8.0
SCALE_CALLS = 2.0  # weight of the ordinary call volume against the site's own

# Everything learned fades once a day: sites change, and the first lessons came from poor rates.
FADE = 0.97

POOL_RATE = 1.2e-6  # calls per number and clock second of an ordinary site
POOL_CALLS = 5.0
STRAY = 0.05  # share of the calls on a pool's numbers that no visit caused
STRAY_SHARE = 0.4  # weight of STRAY, in calls per call seen: calls tell little about strays
LEAST_STRAY = 0.03
TAPPED = 0.25  # share of visitors' first calls that follow a reported tap
TAPPED_CALLS = 20.0
HASTY_TAP = 0.05  # of a tap, where somebody else looked around before they tapped
# At most this share of the default number's unknown callers are visitors without a number.
MOST_UNSEEN = 0.5
UNSEEN_CALLS = 20.0

AGREE = 0.6  # how often the caller's region (or topic) is the visitor's, beyond chance
AGREE_CALLS = 20.0
UNHEARD = 0.1  # chance of a region or topic that no visit has had yet

HOUR_ACTIVITY = tuple(0.25 if hour < 7 or hour > 21 else 1.4 for hour in range(24))  # by local hour
HOUR_CALLS = 8.0
DAY_CALLS = 16.0
LEAST_ACTIVITY, MOST_ACTIVITY = 0.05, 4.0

SAME_PHONE = 0.9  # share of a visitor's later calls from the phone of their first call
STRANGERS_PHONE = 1e-4  # chance that another visitor also uses a known phone (shared lines)
WITHHELD = 0.06  # share of callers who hide their number
# How likely a repeat is on a number that the caller never dialed, against one that they dialed:
OTHER_NUMBER = 0.02  # on a number that they never held either
HELD_NUMBER = 0.5  # on a number that they held
STRANGERS_AGAIN = 0.3  # how readily a stranger calls again, against a visitor
RULED_OUT = 0.02  # factor for a visitor of whom a user said that this phone is not theirs
REPEAT_EDGES = (  # s since the last call
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    4 * HOUR,
    DAY,
    3 * DAY,
    7 * DAY,
    30 * DAY,
)
# Calls per second after a missed call, and after an answered one.
REPEATS_MISSED = (8e-4, 5e-4, 8e-5, 1e-6, 7e-7, 4e-7, 1.2e-7, 2e-8, 1e-9)
REPEATS_ANSWERED = (1.0e-5, 8e-6, 2e-6, 6e-7, 8e-7, 6e-7, 2e-7, 4e-8, 1e-9)
