"""Whom to try for a callback request, in which order."""

from __future__ import annotations

from collections.abc import Collection

from leadtracker.callback_rules.rules import Rules


def is_extension(agent: str) -> bool:
    """False for `SIPTRUNK` and `login:CODE`: no list of extensions says whether these are free."""
    return agent != "SIPTRUNK" and not agent.startswith("login:")


def order(rules: Rules, turn: int, free: Collection[str] | None) -> tuple[str, ...]:
    """The agents to try, one after the other; empty when none of them is free.

    `turn` counts the site's requests. `free` are the extensions that are logged in and on no call, None when the PBX
    cannot say; it counts where the site chooses `free`, and there the agents it cannot name come last.
    """
    if rules.choose == "in order" or not rules.agents:
        return rules.agents
    first = turn % len(rules.agents)
    agents = rules.agents[first:] + rules.agents[:first]
    if rules.choose == "round robin" or free is None:
        return agents
    named = tuple(agent for agent in agents if agent in free)
    return named + tuple(agent for agent in agents if not is_extension(agent))
