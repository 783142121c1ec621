"""Moodle's grading worksheet, and the names in its archive of submissions.

The worksheet is what *Download grading worksheet* gives, written by `mod/assign/gradingtable.php`:
first an identifier ("Participant 40001"), names and status, then the mark and, in the column right
of it, the most that it can be. Moodle names columns in the language of whoever downloads it, and
`mod/assign/feedback/offline/importgradeslib.php` looks for the names of the same language again; so
columns are found here by what stands in them, and keep their names.
"""

from __future__ import annotations

import re

from assignments.grader import intake
from assignments.platforms import sheet as sheets
from assignments.platforms.roster import Person, Roster, RosterError
from assignments.platforms.sheet import Sheet, number_in

HOW = (
    "expected the file of View all submissions, Download grading worksheet (with the feedback type "
    "Offline grading worksheet in the assignment's settings)"
)
_IDENTIFIER = re.compile(r"\D+?(\d+)")


def read(sheet: Sheet, column: str | None = None) -> Roster:
    """Return the people of a worksheet.

    Parameters
    ----------
    sheet
        The file.
    column
        The name of the column of marks, if it can't be told.

    Raises
    ------
    RosterError
        If the identifiers or the marks can't be found.
    """
    if sheet.header[0] in {"Student", "LastName"}:
        raise RosterError(f"{sheet.looks()}: that is a gradebook of Canvas; give it as CANVAS=…")
    first = [row[0].strip() for row in sheet.rows[1:]]
    numbers = [found[1] if (found := _IDENTIFIER.fullmatch(cell)) else None for cell in first]
    if not numbers or None in numbers:
        odd = next((cell for cell in first if not _IDENTIFIER.fullmatch(cell)), "no rows")
        raise RosterError(f"{sheet.looks()}: its first column should hold identifiers such as "
                          f"'Participant 40001', and holds {odd!r}; {HOW}")  # fmt: skip
    mark_column = _mark_column(sheet, column)
    max_column = mark_column + 1
    max_points = number_in(sheet.rows[1][max_column]) if _is_maximum(sheet, max_column) else None
    cells = [cell for row in sheet.rows[1:] for cell in row[mark_column : max_column + 1]]
    people = []
    for place, (row, number) in enumerate(zip(sheet.rows[1:], numbers, strict=True), start=1):
        # Between the identifier and the mark stand the name, unless marking is anonymous, what the
        # school shows of identity (an ID number, a login, an address), and the status.
        assert number is not None
        between = [cell.strip() for cell in row[1:mark_column]]
        name = between[0] if len(between) > 1 else row[0]
        people.append(Person(place, number, frozenset(filter(None, between[1:])), name))
    return Roster("Moodle", sheet, tuple(people), mark_column, max_points,
                  sheets.decimal_sign(cells), frozenset(), feedback_path)  # fmt: skip


def _mark_column(sheet: Sheet, column: str | None) -> int:
    if column is not None:
        if column not in sheet.header:
            raise RosterError(f"{sheet.looks()}: there is no column {column!r} (COLUMN=…)")
        return sheet.header.index(column)
    found = [
        at
        for at in range(1, len(sheet.header) - 1)
        if _is_maximum(sheet, at + 1) and all(_is_mark(row[at]) for row in sheet.rows[1:])
    ]
    if len(found) != 1:
        raise RosterError(
            f"{sheet.looks()}: {'no column' if not found else 'more than one column'} has marks, "
            f"with their maximum in the column to its right; {HOW}. An assignment "
            "that is graded by a scale takes no points; otherwise name the column (COLUMN=…)"
        )
    return found[0]


def _is_mark(cell: str) -> bool:
    return cell.strip() in {"", "-"} or number_in(cell) is not None


def _is_maximum(sheet: Sheet, at: int) -> bool:
    """Say whether a column holds the same positive number in all rows."""
    cells = {row[at].strip() for row in sheet.rows[1:]} if at < len(sheet.header) else set()
    return len(cells) == 1 and (number_in(cells.pop()) or 0) > 0


def feedback_path(person: Person, path: str, assignment: str) -> str:
    """Return a path that *Upload multiple feedback files in a zip* takes for somebody.

    `mod/assign/feedback/file/importziplib.php` splits the folder's name at underscores, and goes by
    the second part, the number, and the third and fourth, a plugin. The folder is that of the
    submission, where it came from Moodle's own archive, and else made as Moodle makes it.
    """
    match = intake.platform_match(path, [])
    folder = match[0] if match and match["id"] == person.number else ""
    if not folder.endswith("_assignsubmission_"):
        clean = re.sub(r"[_/\\]", " ", person.name)
        folder = f"{clean}_{person.number}_assignsubmission_"
    return f"{folder}file_/{assignment}-feedback.html"
