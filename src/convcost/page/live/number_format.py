"""Numbers as text, to the letter as d3-format (and so Vega's ``format``) writes them."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

__all__ = ["check_spec", "d3_formatted"]

_SPEC = re.compile(r"(?P<comma>,?)(?:\.(?P<digits>\d+))?(?P<trim>~?)(?P<type>[df%s])|,")


def check_spec(spec: str) -> re.Match[str]:
    """Return the parts of a specification.

    Parameters
    ----------
    spec : str
        ``[,][.digits][~]type``, or a comma alone.

    Raises
    ------
    ValueError
        If it is of another form.
    """
    match = _SPEC.fullmatch(spec)
    if not match:
        raise ValueError(
            f"formatted() knows the forms [,][.digits][~] with type d, f, % or s, such as ',d', "
            f"'.1f', '.0%' or '.3s'; got {spec!r}"
        )
    return match


def d3_formatted(value: Any, spec: str) -> str:
    """Format a number.

    Parameters
    ----------
    value : int or float
    spec : str
        ``[,][.digits][~]type``: a comma for groups of thousands, a number of digits, ``~`` to trim
        trailing zeros, and the type: ``d`` rounded to an integer, ``f`` fixed decimals (6 unless
        told), ``%`` percent, ``s`` SI prefix with so many significant digits (``138M``).
        A comma alone is for integers.

    Returns
    -------
    str
        Ties are rounded away from zero, and the minus sign is the typographic one, as in d3.

    Raises
    ------
    ValueError
        If `spec` is of another form.
    TypeError
        If the value is no finite number.
    """
    match = check_spec(spec)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError(f"formatted() takes a finite number; got {value!r}")
    if spec == "," and not isinstance(value, int):
        raise TypeError(f"A comma alone formats integers; got {value!r}: write ',.1f' or ',d'.")
    digits = 6 if match["digits"] is None else int(match["digits"])
    kind = match["type"] or "d"
    suffix = ""
    number = Decimal(abs(value * 100 if kind == "%" else value))
    if kind == "s":
        number, decimals, suffix = _si_prefix(number, max(1, digits))
    else:
        decimals = 0 if kind == "d" else digits
        suffix = "%" if kind == "%" else ""
    shown = _fixed(number, decimals)
    if match["trim"] and "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    if spec.startswith(","):
        whole, dot, fraction = shown.partition(".")
        shown = f"{int(whole):,}{dot}{fraction}"
    negative = value < 0 and bool(shown.strip("0."))
    return f"{'−' if negative else ''}{shown}{suffix}"


def _fixed(number: Decimal, decimals: int) -> str:
    return f"{number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"


def _si_prefix(number: Decimal, digits: int) -> tuple[Decimal, int, str]:
    """Return the number in its SI unit, the decimals that show `digits` digits, and the prefix."""
    if not number:
        return number, digits - 1, ""
    step = Decimal(1).scaleb(number.adjusted() - digits + 1)
    rounded = number.quantize(step, rounding=ROUND_HALF_UP)
    exponent = rounded.adjusted()
    prefix = max(-8, min(8, exponent // 3))
    decimals = max(0, digits - 1 - (exponent - 3 * prefix))
    return rounded.scaleb(-3 * prefix), decimals, "yzafpnµm kMGTPEZY"[prefix + 8].strip()
