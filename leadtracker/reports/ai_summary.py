"""What an AI of the PBX wrote about a call: the fullest summary among its legs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from leadtracker.pbx import VENDORS
from leadtracker.pbx.ai_summary import AiSummary


def ai_summary(vendor: str, of_legs: Iterable[Any]) -> AiSummary | None:
    """None when no leg's summary says anything, or the vendor has none."""
    known = VENDORS.get(vendor)
    if known is None or known.ai_summary is None:
        return None
    summaries = [known.ai_summary(ai) for ai in of_legs if isinstance(ai, dict)]
    telling = [summary for summary in summaries if summary.says_anything]
    return max(telling, key=lambda summary: summary.fullness, default=None)
