"""A plan in plain words: the command line and the pool page say the same."""

from __future__ import annotations

from leadtracker.planner.plan import Outlook, Plan
from leadtracker.planner.planner import MOST_DOUBLINGS
from leadtracker.records.plans import MadeFrom

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NEVER = 0.0005  # a share of visits without a number that counts as none


def percent(part: float) -> str:
    """Small shares get a tenth, and a share above 0 never reads as 0."""
    if 0 < part < NEVER:
        return "under 0.1 %"
    digits = 1 if part < 0.095 else 0
    return f"{100 * part:.{digits}f} %"


def hour(of_week: int) -> str:
    """`Monday, 10:00–11:00`, in the site's local time."""
    day, begin = divmod(of_week, 24)
    return f"{WEEKDAYS[day]}, {begin:02}:00–{begin + 1:02}:00"


def who_is_recognized(look: Outlook) -> str:
    right, wrong = round(100 * look.right), round(100 * look.wrong)
    return (
        f"Of 100 calls by visitors of the site, about {right} are matched to the right visitor, "
        f"{wrong} to another one and {max(0, 100 - right - wrong)} to nobody."
    )


def how_sure(look: Outlook) -> str:
    sure = round(100 * (look.certain + look.certain_wrong))
    return (
        f"For {sure} of the 100 the verdict is “certain”, and "
        f"{percent(look.certain_wrong)} of all calls are certain and wrong. "
        f"The campaign is right for {round(100 * look.campaign)}."
    )


def will_it_run_out(look: Outlook) -> str:
    if look.worst_overflow < NEVER:
        return "The numbers do not run out, not even in the busiest hour of the week."
    refused = percent(look.worst_overflow)
    return (
        f"In the busiest hour of the week ({hour(look.worst_hour)}) {refused} of visitors find no "
        f"number free; over the whole week it is {percent(look.overflow)}."
    )


def whose_curve(plan: Plan) -> str:
    calls = round(plan.curve.calls)
    whose = {
        "typical": f"a typical site: {calls} first calls of your own are too few",
        "blended": f"{calls} first calls of your own and a typical site",
        "own": f"{calls} first calls of your own",
    }[plan.curve.name]
    return f"How long after a visit people call is taken from {whose}."


def made_from(source: MadeFrom) -> str:
    days = round(source.days)
    unit = "day" if days == 1 else "days"
    return f"Made from {source.visits:,} visits and {source.calls:,} calls in {days} {unit}."


def against(look: Outlook, now: Outlook) -> str:
    more = look.numbers - now.numbers
    if more > 0:
        return f"{more:,} more"
    if more < 0:
        return f"{-more:,} fewer"
    return "as many as now"


def most(plan: Plan) -> int:
    """The largest pool looked at."""
    return plan.now.numbers << MOST_DOUBLINGS


def how_many_for(plan: Plan, share: float, found: Outlook | None) -> str:
    goal = f"{share:.0%} of calls to the right visitor"
    if found is None:
        return f"{goal}: more than {most(plan):,} numbers"
    return f"{goal}: {found.numbers:,} numbers, {against(found, plan.now)}"
