"""Writes trees of code out, what several of them share computed once.

A signal of a page's own for each part would take longer to call than to compute. So parts that
depend on the same symbols, and are computed at the same moves, stand together in one signal, an
array, as far as none of them needs another; and what is short is written again where it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

__all__ = ["written_out"]

#: Code of at most so many characters is written out wherever it is used.
SHORT = 40


class Node(Protocol):
    """Code in pieces: literal code, and the nodes that it contains."""

    @property
    def parts(self) -> Sequence[str | Node]: ...


def written_out(
    roots: Sequence[str | Node], prefix: str | None = None
) -> tuple[list[str], list[dict[str, str]]]:
    """Write code out; with a prefix for the names of signals, equal parts are computed once.

    Parameters
    ----------
    roots : sequence of str or Node
    prefix : str, optional

    Returns
    -------
    codes : list of str
        One for each root.
    signals : list of dict
        As `convcost.page.live.tracing.to_vega` returns them.
    """
    identity: dict[tuple[str | int, ...], int] = {}  # structure -> canonical number
    number_of: dict[int, int] = {}  # id(node) -> canonical number
    nodes: list[Node] = []
    uses: list[int] = []
    for root in roots:
        if isinstance(root, str):
            continue
        for node in _children_first(root):
            if id(node) in number_of:
                continue
            key = tuple(p if isinstance(p, str) else number_of[id(p)] for p in node.parts)
            if key not in identity:
                identity[key] = len(nodes)
                nodes.append(node)
                uses.append(0)
                for part in key:
                    if isinstance(part, int):
                        uses[part] += 1
            number_of[id(node)] = identity[key]
        uses[number_of[id(root)]] += 1
    written: list[str] = []
    asked: list[frozenset[str]] = []  # of each node: the symbols that it depends on
    steps: list[int] = []  # and how many signals with just these come one after the other for it
    names: dict[tuple[frozenset[str], int], str] = {}
    shared: dict[tuple[frozenset[str], int], list[str]] = {}
    for node, used in zip(nodes, uses, strict=True):
        parts = [number_of[id(part)] for part in node.parts if not isinstance(part, str)]
        code = "".join(p if isinstance(p, str) else written[number_of[id(p)]] for p in node.parts)
        own = frozenset({code}) if code.isidentifier() else frozenset()
        depends = own.union(*(asked[n] for n in parts))
        step = max((steps[n] for n in parts if asked[n] == depends), default=0)
        if prefix is not None and used > 1 and len(code) > SHORT:
            step += 1
            group = depends, step
            name = names.setdefault(group, f"{prefix}{len(names)}")
            shared.setdefault(group, []).append(code)
            code = f"{name}[{len(shared[group]) - 1}]"
        asked.append(depends)
        steps.append(step)
        written.append(code)
    codes = [r if isinstance(r, str) else written[number_of[id(r)]] for r in roots]
    # What depends on fewer symbols comes first: a part never depends on more than the whole.
    signals = [
        {"name": names[group], "update": f"[{', '.join(shared[group])}]"}
        for group in sorted(shared, key=lambda group: (len(group[0]), group[1]))
    ]
    return codes, signals


def _children_first(root: Node) -> Iterable[Node]:
    """Yield the expressions in `root`, each after its parts; no recursion: sums nest deep."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    seen: set[int] = set()
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(part, False) for part in reversed(node.parts) if not isinstance(part, str)]
