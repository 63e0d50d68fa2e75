"""The kinds of fault: a choice of cosmic-ray's operators, and a statement that is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from parso.python.tree import Keyword

LEFT_OUT = "StatementLeftOut"
SWAPS = {
    "ReplaceComparisonOperator": [
        ("Eq", "NotEq"),
        ("Lt", "LtE"),
        ("Gt", "GtE"),
        ("Is", "IsNot"),
    ],
    "ReplaceBinaryOperator": [
        ("Add", "Sub"),
        ("Mul", "Div"),
        ("BitOr", "BitAnd"),
    ],
}
ONE_WAY = [
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "NumberReplacer",
    "ZeroIterationForLoop",
]
SMALL = {"expr_stmt", "atom_expr", "power", "raise_stmt", "del_stmt", "return_stmt"}


class StatementLeftOut:
    """Puts `pass` in the place of a statement in a function; used like a cosmic-ray operator."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        if self._can_go(node) and node.search_ancestor("funcdef") is not None:
            yield node.start_pos, node.end_pos

    def _can_go(self, node: Any) -> bool:
        if node.type == "simple_stmt":
            first = node.children[0]
            return first.type in SMALL or (first.type == "keyword" and first.value == "return")
        return bool(node.type == "if_stmt")

    def mutate(self, node: Any, index: int) -> Any:
        prefix = node.get_first_leaf().prefix
        return Keyword("pass\n", node.start_pos, prefix)


def _chosen() -> list[str]:
    both_ways: list[str] = []
    for kind, pairs in SWAPS.items():
        for one, other in pairs:
            both_ways += [f"{kind}_{one}_{other}", f"{kind}_{other}_{one}"]
    return [*both_ways, *ONE_WAY, LEFT_OUT]


CHOSEN = _chosen()


@dataclass(frozen=True)
class Place:
    """The `index`-th place where `operator` can change a module, with its lines."""

    operator: str
    index: int
    first: int
    last: int


def _operator(name: str) -> Any:
    return StatementLeftOut() if name == LEFT_OUT else get_operator(f"core/{name}")()


def places(source: str, operators: list[str] = CHOSEN) -> list[Place]:
    nodes = list(ast_nodes(get_ast(source)))
    found = []
    for name in operators:
        operator = _operator(name)
        spots = [spot for node in nodes for spot in operator.mutation_positions(node)]
        for index, ((first, _), (last, column)) in enumerate(spots):
            found.append(Place(name, index, first, last if column else last - 1))
    return found


def changed(source: str, place: Place) -> str:
    """The module with the change of this place."""
    text = mutate_code(source, _operator(place.operator), place.index)
    if not isinstance(text, str):
        raise ValueError(f"{place} is not in this module")
    return text
