"""The rules by which a claim with numbers gets its verdict.

The chapter states them in words; `claims.numbers` says what each claim prints and what is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["COUNTINGS", "Said", "agrees", "judge", "of_parts"]

COUNTINGS = frozenset({"multiply-adds", "one by one", "two for each"})
"""The ways in which the operations of a multiply-add are counted: 1, or nearly 2, or 2."""

NEAR = 0.1
"""How far a number may be off and not be false, as a part of the true one."""


@dataclass(frozen=True, slots=True)
class Said:
    """One number of a claim, and what is true.

    Attributes
    ----------
    printed : str
        As the claim prints it: "25.5", "163,268", or "7 to 8" for a range.
    true : mapping of str to float
        How the claim can be read -> the true number, in the unit of ``printed``. A reading is a
        way of counting (one of `COUNTINGS`) or what the claim may speak of, such as a network.
    about : bool
        Whether the claim says "about", "almost" or the like.
    """

    printed: str
    true: Mapping[str, float]
    about: bool = False


def agrees(printed: str, true: float, about: bool = False) -> bool:
    """Say whether a printed number is right.

    It is if the true one, rounded or cut to the digits that are printed, gives it. Zeros at the
    end of a whole number may be digits or not. "About" forgives the digits. In no case may it be
    off by more than a tenth.

    Parameters
    ----------
    printed : str
        A number, or a range such as "7 to 8".
    true : float
        In the same unit.
    about : bool
        Whether it is said to be about so.

    Returns
    -------
    bool

    Examples
    --------
    >>> agrees("25.5", 25.557), agrees("70", 74.3), agrees("7 to 8", 6.59), agrees("7 to 8", 5.36)
    (True, True, True, False)
    >>> agrees("12", 11.2), agrees("12", 11.2, about=True), agrees("12", 15.2, about=True)
    (False, True, False)
    """
    low, high = _bounds(printed)
    unit = 10.0 ** -_decimals(printed)
    exact = low - unit / 2 <= true < high + unit
    return _is_near(low, high, true) and (about or exact)


def judge(said: Said) -> str:
    """Give the verdict on one number of a claim.

    Parameters
    ----------
    said : Said

    Returns
    -------
    str
        "true" if it is right in every reading; "convention" if it is in some, and the readings
        are ways of counting; "imprecise" if it is in some of others, or off by a tenth at most in
        one; else "false".

    Raises
    ------
    ValueError
        If there is no reading.
    """
    if not said.true:
        raise ValueError(f"{said.printed!r} has nothing to be compared with; give one reading")
    right = [agrees(said.printed, true, said.about) for true in said.true.values()]
    if all(right):
        return "true"
    if any(right):
        return "convention" if said.true.keys() <= COUNTINGS else "imprecise"
    low, high = _bounds(said.printed)
    return "imprecise" if any(_is_near(low, high, t) for t in said.true.values()) else "false"


def of_parts(verdicts: Iterable[str]) -> str:
    """Give the verdict on a claim of several parts.

    Parameters
    ----------
    verdicts : iterable of str
        One of each part.

    Returns
    -------
    str
        That of all parts if they have one; "convention" if the others are true; else "imprecise".
    """
    found = set(verdicts)
    if len(found) == 1:
        return found.pop()
    return "convention" if found == {"true", "convention"} else "imprecise"


def _bounds(printed: str) -> tuple[float, float]:
    """Return the ends of a range, or one number twice."""
    ends = [float(end.replace(",", "")) for end in printed.split(" to ")]
    return ends[0], ends[-1]


def _decimals(printed: str) -> int:
    """Return the place of the last digit that is no zero at the end of a whole number."""
    last = printed.rpartition(" ")[2].replace(",", "")
    _, point, decimals = last.partition(".")
    if point:
        return len(decimals)
    zeros = re.search(r"(?<=[1-9])0*$", last)
    return -len(zeros[0]) if zeros else 0


def _is_near(low: float, high: float, true: float) -> bool:
    return max(low - true, true - high, 0) <= NEAR * abs(true)
