"""What the run found: a table by part, the faults that no test noticed, and those not found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.mutants.trial import Lost, Trial

ENOUGH = 0.85
SCRIPTS = "Lua"


@dataclass(frozen=True)
class Result:
    """All trials, and the part of each module in scope."""

    trials: list[Trial]
    lost: list[Lost]
    parts: dict[str, str]

    @property
    def share(self) -> float:
        noticed = sum(trial.noticed for trial in self.trials)
        return noticed / max(1, len(self.trials))

    def is_enough(self) -> bool:
        return self.share >= ENOUGH and not self.lost

    def summary(self) -> str:
        """The table, and what the tests missed."""
        missed = self._section("Noticed by no test", noticed=False)
        return "\n".join([*self._table(), *missed, *self._lost()])

    def text(self) -> str:
        """The summary, and what the tests noticed."""
        return "\n".join([self.summary(), *self._section("Noticed", noticed=True)])

    def _part(self, trial: Trial) -> str:
        return SCRIPTS if trial.module.endswith(".lua") else self.parts[trial.module]

    def _table(self) -> list[str]:
        planted = Counter(self._part(trial) for trial in self.trials)
        noticed = Counter(self._part(trial) for trial in self.trials if trial.noticed)
        lines = ["| part | noticed | planted |", "| --- | ---: | ---: |"]
        lines += [f"| {part} | {noticed[part]} | {planted[part]} |" for part in sorted(planted)]
        lines.append(f"| **all** | {noticed.total()} | {planted.total()} |")
        return [*lines, "", f"{self.share:.1%} noticed; {ENOUGH:.0%} is enough."]

    def _section(self, title: str, noticed: bool) -> list[str]:
        chosen = [trial for trial in self.trials if trial.noticed == noticed]
        lines = ["", f"## {title}", ""]
        for trial in sorted(chosen, key=_place):
            lines += [str(trial), "", "```diff", trial.diff, "```", ""]
        return lines

    def _lost(self) -> list[str]:
        if not self.lost:
            return []
        lines = ["", "## Not found again", "", "Correct these in sample.toml, or draw anew.", ""]
        faults = [one.fault for one in self.lost]
        return lines + [f"- {one.module}, {one.function}: `{one.before}`" for one in faults]


def _place(trial: Trial) -> tuple[str, str, str]:
    return trial.module, trial.name, trial.diff
