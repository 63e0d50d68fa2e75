"""Voicenter, a cloud PBX of Israel; README.md says what it sends and what we answer."""

from __future__ import annotations

from leadtracker.pbx.vendor import Vendor
from leadtracker.pbx.voicenter import ai_summary
from leadtracker.pbx.voicenter.cdr_notification import CDR
from leadtracker.pbx.voicenter.dialing import CLICK_TO_CALL
from leadtracker.pbx.voicenter.real_time import REAL_TIME
from leadtracker.pbx.voicenter.real_time_feed import REAL_TIME_FEED
from leadtracker.pbx.voicenter.screen_pop import SCREEN_POP

VENDOR = Vendor(
    name="voicenter",
    title="Voicenter",
    families=(SCREEN_POP, CDR, REAL_TIME),
    click_to_call=CLICK_TO_CALL,
    real_time=REAL_TIME_FEED,
    ai_summary=ai_summary.read,
)
