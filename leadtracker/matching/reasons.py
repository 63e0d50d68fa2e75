"""The reasons for and against a candidate, in words for people who know no statistics."""

from __future__ import annotations

from leadtracker.matching.evidence import Evidence, Holder
from leadtracker.matching.page_state import DAY, HOUR, MINUTE, on_mobile
from leadtracker.matching.phone_memory import Called, Known

KNOWN_PHONE = "this phone is known to be this visitor's"
SIGNED_PHONE = "the site's own server signed that this phone is this visitor's"
TOLD_BY_PAGE = "a page said that this phone is this visitor's, which nobody has proved"
CONFIRMED = "confirmed by a user"
RULED_OUT = "a user said that this phone is not this visitor's"
SURE = 0.995  # from here on a share would read 100 %, so it is left out
WHILE_OPEN = (
    "just arrived",
    "looking around",
    "reading for a while",
    "saved the number",
)
AFTERWARDS = (
    "after a glance",
    "after looking around",
    "after reading for a while",
    "after saving the number",
)


def span(seconds: float) -> str:
    """A duration as people say it: 6 s, 25 min, 3 hours, 2 days."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.0f} hours"
    return f"{seconds / DAY:.0f} days"


def of_visit(holder: Holder, evidence: Evidence) -> list[str]:
    """The visit: its page, the visitor's engagement, and whether region and topic agree."""
    said = [_where(holder)]
    if holder.region and evidence.region:
        if holder.region == evidence.region:
            said.append("the caller's number is of the visitor's region")
        else:
            said.append("the caller's number is of another region")
    if holder.topic and evidence.topic:
        if holder.topic == evidence.topic:
            said.append("the call is about what the page is about")
        else:
            said.append("the call is about something else")
    return said


def _where(holder: Holder) -> str:
    """`on the site now, desktop, just arrived` or `left the page 25 min before the call, ...`."""
    if holder.visible:
        device = "mobile" if on_mobile(holder.state) else "desktop"
        parts = ["on the site now", device, WHILE_OPEN[holder.level]]
    else:
        parts = [f"left the page {span(holder.ago)} before the call", AFTERWARDS[holder.level]]
    if holder.just_tapped and holder.tapped is not None:
        parts.append(f"tapped the number {span(holder.tapped)} before the call")
    return ", ".join(parts)


def of_repeat(known: Known, evidence: Evidence) -> str:
    """This phone's last call: `75 % likely the same person as 30 min ago`."""
    if evidence.remembered is None:
        raise ValueError("a repeat needs the call before it")
    said = f"the same person as {span(max(0.0, evidence.moment - evidence.remembered.at))} ago"
    if known.p < SURE:
        said = f"{100 * known.p:.0f} % likely {said}"
    if not evidence.phone:
        said += ", by a hidden number"
    if not evidence.remembered.answered:
        said += ", when nobody answered"
    return said


def of_other_phone(called: Called, evidence: Evidence) -> str:
    """The visitor's own last call, from another phone."""
    ago = span(max(0.0, evidence.moment - called.at))
    return f"this visitor called {ago} earlier from another phone"
