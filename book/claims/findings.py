"""What the evidence finds: each claim's function called, its values beside the code of each."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from claims import evidence
from claims.docket import Claim
from claims.sources import Book

__all__ = ["Finding", "code_with_values", "find", "function_of"]

Evidence = Callable[[Book], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the function of a claim yielded.

    Attributes
    ----------
    values : tuple of str
        In the order of the fields ``{0}``, ``{1}`` … of `Claim.evidence`.
    code : str
        The function's lines, and below each value's expression the value, as a comment.
    """

    values: tuple[str, ...]
    code: str


def find(claims: Iterable[Claim], book: Book) -> dict[str, Finding]:
    """Call the function of each claim that has one.

    Parameters
    ----------
    claims : iterable of Claim
    book : Book

    Returns
    -------
    dict of str to Finding
        By the claim's id; a claim that no count can settle is not in it.

    Raises
    ------
    ValueError
        If a function yields another number of values than the table has, or one that is no text;
        or if a claim has values and no function.
    """
    found = {}
    for claim in claims:
        function = function_of(claim)
        if function is not None:
            values = tuple(function(book))
            _check(claim, values)
            found[claim.id] = Finding(values, code_with_values(function, values))
        elif claim.values:
            raise ValueError(
                f"claim {claim.id} has values in the table and no function; "
                f"write {_name(claim)} in claims/evidence.py, or take the values out"
            )
    return found


def function_of(claim: Claim) -> Evidence | None:
    """Return the function that counts for a claim, if there is one.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    callable or None
        Of `claims.evidence`, named by the claim's id: ``claim_04``.
    """
    function: Evidence | None = getattr(evidence, _name(claim), None)
    return function


def code_with_values(function: Callable[..., Iterator[str]], values: Sequence[str]) -> str:
    """Return the body of a function as a reader sees it: what it yields, and the value below.

    Parameters
    ----------
    function : callable
        A generator whose ``yield`` statements are not inside of loops or conditions.
    values : sequence of str
        What it yielded.

    Returns
    -------
    str
        Without the words ``def`` and ``yield``, so that it can be tried line by line.

    Raises
    ------
    ValueError
        If there is not one such statement for each value.
    """
    source = textwrap.dedent(inspect.getsource(function))
    tree = ast.walk(ast.parse(source))
    definition = next(node for node in tree if isinstance(node, ast.FunctionDef))
    lines = source.splitlines()
    yields = [
        statement
        for statement in definition.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield)
    ]
    if len(yields) != len(values):
        raise ValueError(
            f"{definition.name} yielded {len(values)} values by {len(yields)} statements; "
            "write a yield for each value, outside of loops and conditions"
        )
    for statement, value in reversed(list(zip(yields, values, strict=True))):
        first, last = statement.lineno - 1, statement.end_lineno
        lines[first] = lines[first].replace("yield ", "", 1)
        lines.insert(last or first + 1, f"{' ' * statement.col_offset}# {value}")
    signature_end = (definition.returns or definition).lineno
    return textwrap.dedent("\n".join(lines[signature_end:]))


def _name(claim: Claim) -> str:
    return f"claim_{claim.id.lower()}"


def _check(claim: Claim, values: Sequence[object]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise ValueError(
                f"{_name(claim)} yielded {value!r}, no text: "
                "how a number is rounded is part of the evidence, so format it there"
            )
    if len(values) != len(claim.values):
        raise ValueError(
            f"claim {claim.id} has {len(claim.values)} values in the table, "
            f"{_name(claim)} yields {len(values)}; give one for each"
        )
