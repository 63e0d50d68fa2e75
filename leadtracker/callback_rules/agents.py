"""Whom to try for a callback request, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection

from leadtracker.callback_rules.rules import Rules


def is_extension(agent: str) -> bool:
    """False for `login:CODE`: no list of extensions says whether such an agent is free."""
    return not agent.startswith("login:")


def order(
    rules: Rules,
    turn: int,
    free: Collection[str] | None,
    lists: Callable[[str], bool] = is_extension,
) -> tuple[str, ...]:
    """The agents to try, one after the other; empty when none of them is free.

    `turn` counts the site's requests. `free` are the extensions that are logged in and on no call;
    None when the PBX cannot say. It counts where the site chooses `free`. `lists` says whether the
    PBX can name an agent among the free ones; agents that it cannot name come last.
    """
    if rules.choose == "in order" or not rules.agents:
        return rules.agents
    first = turn % len(rules.agents)
    agents = rules.agents[first:] + rules.agents[:first]
    if rules.choose == "round robin" or free is None:
        return agents
    named = tuple(agent for agent in agents if agent in free)
    return named + tuple(agent for agent in agents if not lists(agent))
