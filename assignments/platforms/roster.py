"""The people of a platform's list, and where their marks stand: what its reader hands on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from assignments.platforms.sheet import Sheet


class RosterError(ValueError):
    """A file is not the list that was expected; it says what it looks like, and what to do."""


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody in a platform's list.

    Attributes
    ----------
    row
        The place in the sheet.
    number
        The platform's own, which it also puts into the names of what was sent.
    other_ids
        By which a school knows them.
    name
        For people.
    """

    row: int
    number: str
    other_ids: frozenset[str]
    name: str


@dataclasses.dataclass(frozen=True)
class Roster:
    """A platform's list.

    Attributes
    ----------
    platform
        Its name.
    mark_column
        The place of the column that marks are written into.
    max_points
        What the platform gives at most; None if the file does not say.
    decimal_sign
        How the file writes numbers.
    kept_words
        Marks that are no numbers, and that no mark is written over.
    feedback_path
        Where a person's feedback lies in the archive that the platform takes, from the person, the
        path of what they sent, and the assignment; None if there is no place for it.
    """

    platform: str
    sheet: Sheet
    people: tuple[Person, ...]
    mark_column: int
    max_points: float | None
    decimal_sign: str
    kept_words: frozenset[str]
    feedback_path: Callable[[Person, str, str], str | None]
