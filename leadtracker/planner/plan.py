"""A plan as it is kept: what each pool size gives, and when to warn a site (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from leadtracker.planner.delay_curve import DelayCurve


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a pool of `numbers` gives. Shares (0 to 1) of calls are of all visitors' calls."""

    numbers: int
    overflow: float  # visits that ask for a number and find none
    worst_overflow: float  # the same in the worst hour
    worst_hour: int  # of the week, from Monday midnight
    right: float  # calls whose likeliest visitor is the caller
    wrong: float  # calls whose likeliest visitor is another; nobody gets the rest
    certain: float  # right at 0.8 or more
    certain_wrong: float  # wrong at 0.8 or more
    campaign: float  # calls with the right campaign

    @property
    def ambiguous(self) -> float:
        """Calls for which no verdict is certain."""
        return 1 - self.certain - self.certain_wrong

    @property
    def open(self) -> float:
        """Calls for which no visitor is likelier than nobody."""
        return max(0.0, 1 - self.right - self.wrong)


@dataclass(frozen=True, slots=True)
class Plan:
    """What each pool size gives.

    `targets` has the smallest pool for each share of right calls, or None where even the largest
    pool looked at is too small.
    """

    curve: DelayCurve
    now: Outlook
    steps: tuple[Outlook, ...]
    targets: tuple[tuple[float, Outlook | None], ...]
    sizes: tuple[Outlook, ...]  # modeled, not interpolated; the smallest first

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Plan:
        return cls(
            curve=DelayCurve(**value["curve"]),
            now=Outlook(**value["now"]),
            steps=tuple(Outlook(**each) for each in value["steps"]),
            targets=tuple((share, found and Outlook(**found)) for share, found in value["targets"]),
            sizes=tuple(Outlook(**each) for each in value["sizes"]),
        )


ALARMS = ("overflow", "at_risk")


@dataclass(frozen=True, slots=True)
class Alarm:
    of: str  # one of ALARMS
    said: str


def alarms(now: Outlook, most_overflow: float, most_at_risk: float) -> list[Alarm]:
    """The warnings that a site needs.

    `most_overflow` limits the share of visits without a number in the worst hour. `most_at_risk`
    limits the share of calls that are not matched to their caller.
    """
    said = []
    if now.worst_overflow > most_overflow:
        share = f"{100 * now.worst_overflow:.1f} % of visitors"
        words = f"In the busiest hour of the week {share} find no number free."
        said.append(Alarm("overflow", words))
    at_risk = 1 - now.right
    if at_risk > most_at_risk:
        share = f"{100 * at_risk:.0f} % of visitors' calls"
        words = f"{share} are at risk of being taken for another's or nobody's."
        said.append(Alarm("at_risk", words))
    return said
