"""What speaks for and against a candidate, in words for people who know no statistics."""

from __future__ import annotations

from leadtracker.matching.evidence import Evidence, Holder
from leadtracker.matching.page_state import DAY, HOUR, MINUTE, on_mobile
from leadtracker.matching.phone_memory import Called, Known

KNOWN_PHONE = "this phone is known to be this visitor's"
CONFIRMED = "confirmed by a user"
RULED_OUT = "a user said that this phone is not this visitor's"
WHILE_OPEN = (
    "has only just looked",
    "has looked around",
    "has read for a while",
    "has saved the number",
)
AFTERWARDS = (
    "had only glanced at it",
    "had looked around",
    "had read for a while",
    "had saved the number",
)


def span(seconds: float) -> str:
    """A duration, as one says it: 6 s, 25 min, 3 hours, 2 days."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.0f} hours" if seconds < 2 * DAY else f"{seconds / DAY:.0f} days"


def of_visit(holder: Holder, evidence: Evidence) -> list[str]:
    """The visit: where the page was, how far the visitor went, whether region and topic agree."""
    device = "on a phone" if on_mobile(holder.state) else "on a computer"
    page = (
        f"page open {device}"
        if holder.visible
        else f"left the page {span(holder.ago)} before the call"
    )
    if holder.just_tapped and holder.tapped is not None:
        page += f", link tapped {span(holder.tapped)} before the call"
    said = [page, (WHILE_OPEN if holder.visible else AFTERWARDS)[holder.level]]
    if holder.region and evidence.region:
        same = holder.region == evidence.region
        said.append(
            "the caller's number is of the visitor's region"
            if same
            else "the caller's number is of another region"
        )
    if holder.topic and evidence.topic:
        same = holder.topic == evidence.topic
        said.append(
            "the call is about what the page is about"
            if same
            else "the call is about something else"
        )
    return said


def of_repeat(known: Known, evidence: Evidence) -> str:
    """This phone's call before."""
    if evidence.remembered is None:
        raise ValueError("a repeat needs the call before it")
    ago = span(max(0.0, evidence.moment - evidence.remembered.at))
    phone = "this phone" if evidence.phone else "a hidden number"
    sure = "was this visitor's" if known.p >= 0.995 else f"was this visitor's with {known.p:.0%}"
    missed = "" if evidence.remembered.answered else " and was not answered"
    return f"{phone} called {ago} earlier{missed}; that call {sure}"


def of_other_phone(called: Called, evidence: Evidence) -> str:
    """The visitor's own call before, from another phone."""
    return f"this visitor called {span(max(0.0, evidence.moment - called.at))} earlier from another phone"
