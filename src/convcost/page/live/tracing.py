"""Symbols that turn Python arithmetic into Vega expressions.

A figure whose numbers are closed forms of its controls does not need a table of prepared
positions: the page can compute them. So that no formula is written twice, the Python functions
are called once with symbols in place of numbers; what comes back is an :class:`Expression`,
which knows the Vega expression that computes the same value.

>>> n = symbol("n")
>>> (n + 2 * 1 - 3) // 2 + 1
Expression('(floor(((n + 2) - 3) / 2) + 1)')

The helpers :func:`where`, :func:`choose`, :func:`text` and :func:`formatted` work on plain
numbers as well, with the same result to the letter, so a function written with them runs both in
Python and in the page.  All values must stay below 2**53 in magnitude, where the numbers of a
page are exact.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from convcost.page.live.number_format import check_spec, d3_formatted
from convcost.page.live.writing import written_out

__all__ = [
    "Expression",
    "choose",
    "formatted",
    "packed",
    "symbol",
    "text",
    "to_vega",
    "where",
]

EXACT_LIMIT = 2**53


class Expression:
    """A value that is known only in the page: a Vega expression under construction.

    Supports ``+ - * / // %``, comparisons, and ``&`` and ``|`` between comparisons.  Everything
    that would need the value now (``if``, ``and``, ``int()``, ``range()``, an f-string) raises a
    TypeError that says what to write instead.

    Parameters
    ----------
    *parts : str or Expression
        The code in pieces: literal Vega code, and the expressions that it contains.
    """

    __slots__ = ("parts",)
    __array_ufunc__ = None  # NumPy numbers then leave the operation to the methods below

    def __init__(self, *parts: str | Expression) -> None:
        self.parts = parts

    def __add__(self, other: Any) -> Expression:
        return _binary(self, "+", other)

    def __radd__(self, other: Any) -> Expression:
        return _binary(other, "+", self)

    def __sub__(self, other: Any) -> Expression:
        return _binary(self, "-", other)

    def __rsub__(self, other: Any) -> Expression:
        return _binary(other, "-", self)

    def __mul__(self, other: Any) -> Expression:
        return _binary(self, "*", other)

    def __rmul__(self, other: Any) -> Expression:
        return _binary(other, "*", self)

    def __truediv__(self, other: Any) -> Expression:
        return _binary(self, "/", other)

    def __rtruediv__(self, other: Any) -> Expression:
        return _binary(other, "/", self)

    def __floordiv__(self, other: Any) -> Expression:
        return _floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Expression:
        return _floor_divide(other, self)

    def __mod__(self, other: Any) -> Expression:
        # Python's remainder has the sign of the divisor, JavaScript's that of the dividend.
        return _binary(self, "-", other * _floor_divide(self, other))

    def __rmod__(self, other: Any) -> Expression:
        return _binary(other, "-", self * _floor_divide(other, self))

    @staticmethod
    def maximum(*values: Any) -> Expression:
        """Return the largest of some values, of which one is an expression at least."""
        parts = [part for value in values for part in (", ", _operand(value))]
        return Expression("max(", *parts[1:], ")")

    def __neg__(self) -> Expression:
        return Expression("(-", self, ")")

    def __pos__(self) -> Expression:
        return self

    def __lt__(self, other: Any) -> Expression:
        return _binary(self, "<", other)

    def __le__(self, other: Any) -> Expression:
        return _binary(self, "<=", other)

    def __gt__(self, other: Any) -> Expression:
        return _binary(self, ">", other)

    def __ge__(self, other: Any) -> Expression:
        return _binary(self, ">=", other)

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return _binary(self, "==", other)

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return _binary(self, "!=", other)

    def __and__(self, other: Any) -> Expression:
        return _binary(self, "&&", other)

    def __rand__(self, other: Any) -> Expression:
        return _binary(other, "&&", self)

    def __or__(self, other: Any) -> Expression:
        return _binary(self, "||", other)

    def __ror__(self, other: Any) -> Expression:
        return _binary(other, "||", self)

    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"The page decides this, not Python: {self!r} has no truth value yet. "
            "Instead of if, and, or, not, min, max or a chained comparison on a control's value, "
            "write where(condition, a, b), with & and | between comparisons."
        )

    def __str__(self) -> str:
        raise TypeError(
            f"{self!r} has no text yet. "
            "Instead of str() or an f-string, write text('…', formatted(value, ','), '…')."
        )

    def __format__(self, spec: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        code = vega_code(self)
        return f"Expression({code if len(code) < 200 else code[:200] + '…'!r})"


def symbol(name: str) -> Expression:
    """Return the expression that stands for the Vega signal `name`, a control's value.

    Raises
    ------
    ValueError
        If `name` is no identifier.
    """
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"A symbol is named like a Python variable; got {name!r}.")
    return Expression(name)


def where(condition: Any, if_true: Any, if_false: Any) -> Any:
    """Return `if_true` where `condition` holds, else `if_false`; both are evaluated.

    Parameters
    ----------
    condition : bool or Expression
    if_true, if_false : number, str, bool, None or Expression
    """
    if not isinstance(condition, Expression):
        return if_true if condition else if_false
    return Expression("(", condition, " ? ", _operand(if_true), " : ", _operand(if_false), ")")


def choose(key: Any, options: Sequence[Any] | Mapping[Any, Any]) -> Any:
    """Return ``options[key]``, for a key that may be a symbol.

    Parameters
    ----------
    key : int, str or Expression
        Index into a sequence (from 0, never negative), or key of a mapping.
    options : sequence or mapping
        Numbers, texts, bools, None or expressions; a mapping's keys are str or int.

    Raises
    ------
    IndexError, KeyError
        If `key` is a plain value that `options` lacks.
    TypeError
        If a mapping's key is neither str nor int.
    """
    if not isinstance(key, Expression):
        if not isinstance(options, Mapping) and key < 0:
            raise IndexError(f"choose() counts from 0; got index {key} into {len(options)} options")
        return options[key]
    return Expression(packed(options), "[", key, "]")


def packed(content: Sequence[Any] | Mapping[Any, Any]) -> Expression:
    """Return what a sequence or a mapping holds as one expression: an array or an object.

    Parameters
    ----------
    content : sequence or mapping
        As the options of :func:`choose`; may hold further sequences and mappings.

    Raises
    ------
    TypeError
        If a mapping's key is neither str nor int.
    """
    named = isinstance(content, Mapping)
    parts: list[str | Expression] = []
    for name, value in content.items() if isinstance(content, Mapping) else enumerate(content):
        if not isinstance(name, (str, int)) or isinstance(name, bool):
            raise TypeError(f"A mapping's keys are str or int here; got the key {name!r}")
        held = packed(value) if isinstance(value, (Mapping, list, tuple)) else _operand(value)
        parts += [", " if parts else "", f"{json.dumps(str(name))}: " if named else "", held]
    return Expression("{" if named else "[", *parts, "}" if named else "]")


def text(*parts: Any) -> Any:
    """Join texts and integers into one text.

    Parameters
    ----------
    *parts : str, int or Expression
        A number with decimals goes through :func:`formatted`, for Python and a page write it
        differently.

    Raises
    ------
    TypeError
        If a part is a float, a bool or of another type.
    """
    for part in parts:
        if not isinstance(part, Expression) and (
            isinstance(part, bool) or not isinstance(_plain(part), (str, int))
        ):
            raise TypeError(
                f"text() joins str, int and expressions; got {part!r}. "
                "Write formatted(value, '.1f') for a float, where(…) for a bool."
            )
    if not any(isinstance(part, Expression) for part in parts):
        return "".join(str(part) for part in parts)
    code: list[str | Expression] = ['(""']
    for part in parts:
        code += [" + ", _operand(part)]
    return Expression(*code, ")")


def formatted(value: Any, spec: str) -> Any:
    """Format a number as d3-format (and so Vega's ``format``) does.

    Parameters
    ----------
    value : int, float or Expression
    spec : str
        As in :func:`~convcost.page.live.number_format.d3_formatted`.

    Returns
    -------
    str or Expression

    Raises
    ------
    ValueError
        If `spec` is of another form.
    TypeError
        If the value is no finite number.
    """
    if isinstance(value, Expression):
        check_spec(spec)
        # d3's own bare "," turns to exponents at 10**12.
        return Expression("format(", value, f", {json.dumps(',d' if spec == ',' else spec)})")
    return d3_formatted(_plain(value), spec)


def vega_code(value: Any) -> str:
    """Return the Vega expression of a value, all in one piece."""
    return written_out([_operand(value)])[0][0]


def to_vega(values: Iterable[Any], prefix: str) -> tuple[list[str], list[dict[str, str]]]:
    """Return Vega code for several values, with what they share computed once, unless it is short.

    Parameters
    ----------
    values : iterable of number, str, bool, None or Expression
    prefix : str
        Begins the names of the helper signals.

    Returns
    -------
    codes : list of str
        One Vega expression for each value.
    signals : list of dict
        Helper signals, ``{"name": …, "update": …}``, in an order in which each uses only those
        before it. Each is an array of parts that depend on the same symbols, and so are computed
        at the same moves: a signal for each part would take longer to call than to compute.
    """
    return written_out([_operand(value) for value in values], prefix)


def _binary(left: Any, operator: str, right: Any) -> Expression:
    return Expression("(", _operand(left), f" {operator} ", _operand(right), ")")


def _floor_divide(left: Any, right: Any) -> Expression:
    return Expression("floor(", _operand(left), " / ", _operand(right), ")")


def _operand(value: Any) -> str | Expression:
    """Return a value as a part of Vega code."""
    if isinstance(value, Expression):
        return value
    value = _plain(value)
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) < EXACT_LIMIT:
        return str(value) if value >= 0 else f"({value})"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value) if value >= 0 else f"({value!r})"
    raise TypeError(
        "A traced figure computes with finite numbers (integers below 2**53), texts, bools and "
        f"None; got {value!r} of type {type(value).__name__}."
    )


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python number it holds, anything else as it is."""
    return value.item() if hasattr(value, "item") and not isinstance(value, Expression) else value
