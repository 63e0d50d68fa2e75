"""A fault is named by what it changes, so that it is found again after its file has moved."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tests.mutants.operators import Place, changed, places

MODULE = "<module>"
NO_FAULT = re.compile(r"_?log(ger)?\.\w+\(|import |from |if TYPE_CHECKING:|@dataclass")
Block = ast.stmt | ast.ExceptHandler | ast.match_case


@dataclass(frozen=True)
class Fault:
    """`before` and `after` are one statement without its annotations, spelled by `ast.unparse`.

    Of a compound statement they are the line that opens it. So new line breaks change nothing.
    `occurrence` counts the statements of the function that read the same.
    """

    module: str  # a hint: where the function was when the sample was drawn
    function: str
    operator: str
    before: str
    after: str
    occurrence: int


@dataclass(frozen=True)
class Planted:
    """A module with one fault in it, and the lines that the fault changes."""

    module: str
    source: str
    lines: range


@dataclass(frozen=True)
class Statement:
    """A statement of a module, and the function around it."""

    node: Block
    function: str
    text: str

    @property
    def head(self) -> range:
        """Its own lines, without those of the statements inside it."""
        inner = _inner(self.node)
        last = _first_line(inner[0]) - 1 if inner else _last_line(self.node)
        first = _first_line(self.node)
        return range(first, max(first, last) + 1)


class _WithoutAnnotations(ast.NodeTransformer):
    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        plain = ast.Assign(targets=[node.target], value=node.value)
        return self.visit_Assign(ast.copy_location(plain, node))

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        return node


def _parsed(source: str) -> ast.Module:
    tree: ast.Module = _WithoutAnnotations().visit(ast.parse(source))
    return tree


def _inner(node: ast.AST) -> list[Block]:
    fields = [value for _, value in ast.iter_fields(node) if isinstance(value, list)]
    return [one for field in fields for one in field if isinstance(one, Block)]


def _first_line(node: Block) -> int:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _last_line(node: Block) -> int:
    if isinstance(node, ast.match_case):
        return _last_line(node.body[-1])
    return node.end_lineno or node.lineno


def _text(node: Block) -> str:
    """The statement alone, without the statements inside it."""
    fields = dict(ast.iter_fields(node))
    for name, value in fields.items():
        if isinstance(value, list) and any(isinstance(one, Block) for one in value):
            fields[name] = []
    return ast.unparse(ast.copy_location(type(node)(**fields), node))


@lru_cache(maxsize=512)
def statements(source: str) -> list[Statement]:
    """In the order of the text; a statement comes before those inside it."""
    return list(_statements(_parsed(source), ""))


def _statements(node: ast.AST, outer: str) -> Iterator[Statement]:
    for one in _inner(node):
        name = outer
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            name = f"{outer}.{one.name}".removeprefix(".")
        yield Statement(one, name or MODULE, _text(one))
        yield from _statements(one, name)


def fault_at(module: str, source: str, place: Place) -> Fault | None:
    """The fault of this place; None when it would change an annotation or a log line alone."""
    try:
        new = statements(changed(source, place))
    except SyntaxError:
        return None
    old = statements(source)
    pairs = enumerate(zip(old, new, strict=False))
    number = next((n for n, (one, other) in pairs if one.text != other.text), None)
    if number is None or NO_FAULT.match(old[number].text):
        return None
    if isinstance(old[number].node, ast.FunctionDef) and "BinaryOperator" in place.operator:
        return None  # the `*` of keyword-only parameters is no product
    was, after = old[number], new[number].text
    same = [one for one in old[:number] if (one.function, one.text) == (was.function, was.text)]
    return Fault(module, was.function, place.operator, was.text, after, len(same))


def plant(fault: Fault, module: str, source: str) -> Planted | None:
    """The module with the fault; None when it has no such function or statement."""
    wanted = (fault.function, fault.before)
    same = [one for one in statements(source) if (one.function, one.text) == wanted]
    if fault.occurrence >= len(same):
        return None
    head = same[fault.occurrence].head
    for place in places(source, [fault.operator]):
        if place.first in head:
            found = fault_at(module, source, place)
            if found and (found.after, found.occurrence) == (fault.after, fault.occurrence):
                lines = range(head.start, max(place.last + 1, head.stop))
                return Planted(module, changed(source, place), lines)
    return None


def find_again(fault: Fault, sources: dict[str, str]) -> Planted | None:
    """Plant the fault where it was, or else in another module that has its function.

    Modules of the same file name come before the others.
    """
    file = fault.module.rpartition("/")[2]

    def nearness(module: str) -> tuple[bool, bool, str]:
        return module != fault.module, not module.endswith(f"/{file}"), module

    name = fault.function.rpartition(".")[2]
    for module in sorted(sources, key=nearness):
        if name == MODULE or name in sources[module]:
            planted = plant(fault, module, sources[module])
            if planted:
                return planted
    return None
