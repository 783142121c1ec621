"""Names that cells take and give: which cells above a cell needs, and whether any is missing.

Read by Python's own symbol table, so names in functions count, and local ones do not. Runs where
`session.py` runs.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import symtable
from collections.abc import Iterator, Sequence


def used(source: str) -> set[str]:
    """Return the names that a cell takes from outside, in its functions too."""
    top = symtable.symtable(source, "<cell>", "exec")
    return {
        symbol.get_name()
        for table in _tables(top)
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }


def bound(source: str) -> set[str]:
    """Return the names that a cell gives a value, or changes the value of."""
    top = symtable.symtable(source, "<cell>", "exec")
    names = {
        symbol.get_name()
        for table in _tables(top)
        for symbol in table.get_symbols()
        if (table is top or symbol.is_declared_global())
        and (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace())
    }
    for node in ast.walk(ast.parse(source)):
        # table.append(row) and table[0] = row change what another cell has made.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            target: ast.AST = node.value.func
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            target = node
        else:
            continue
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
            if isinstance(target, ast.Name):
                names.add(target.id)
    return names


def imports(source: str) -> list[str]:
    """Return the imports of a cell, in its functions too, each as a line of its own."""
    found = (node for node in ast.walk(ast.parse(source)))
    return [ast.unparse(node) for node in found if isinstance(node, ast.Import | ast.ImportFrom)]


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def needed(above: Sequence[str], source: str) -> list[int]:
    """Return which of the cells above must run before a cell, in their order.

    A cell that can't be read (half written, say) is none of them: it could not run either.
    """
    with contextlib.suppress(SyntaxError):
        wanted = used(source)
        found = []
        for place in reversed(range(len(above))):
            with contextlib.suppress(SyntaxError):
                if bound(above[place]) & wanted:
                    found.append(place)
                    wanted |= used(above[place])
        return found[::-1]
    return []


def unknown(sources: Sequence[str]) -> set[str]:
    """Return the names that cells use, be it in a function that is not called, and none binds."""
    have = set().union(*map(bound, sources)) | set(dir(builtins)) | {"__name__"}
    return set().union(*map(used, sources)) - have
