"""Canvas's gradebook as it is exported and imported, and the names in its archive of submissions.

`lib/gradebook_exporter.rb` of canvas-lms writes, and `lib/gradebook_importer.rb` reads: columns
about the student up to ``Section``, then a column for each assignment, ``Title (12345)``, then
read-only totals; a row of points possible, perhaps one that says ``Manual Posting``, then people.
"""

from __future__ import annotations

import re

from assignments.grader import intake
from assignments.platforms import sheet as sheets
from assignments.platforms.roster import Person, Roster, RosterError
from assignments.platforms.sheet import Sheet, number_in

HOW = "expected the file of Grades, Export, Export Entire Gradebook"
OTHER_IDS = ("SIS User ID", "SIS Login ID", "Integration ID")
# Excused, and not assigned to this student; a mark in their place would be refused, or be wrong.
KEPT = frozenset({"EX", "N/A"})
# Canvas's own student for looking at a course as one.
TEST_STUDENT = "Student, Test"
_ASSIGNMENT = re.compile(r"(?P<title>.*)\s\((?P<number>\d+)\)", re.DOTALL)
_TOTAL = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
_HIDDEN = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)


def read(sheet: Sheet, column: str | None = None) -> Roster:
    """Return the people of a gradebook.

    Parameters
    ----------
    sheet
        The file.
    column
        Which assignment's column is meant, by its name, its title or its number, if the gradebook
        has more than one.

    Raises
    ------
    RosterError
        If a column is missing, or which is meant can't be told.
    """
    header = sheet.header
    named = {"Student"} if header[0] == "Student" else {"LastName", "FirstName"}
    if missing := [name for name in (*sorted(named), "ID", "Section") if name not in header]:
        raise RosterError(f"{sheet.looks()}: there is no column {' and no '.join(missing)}; {HOW}")
    mark_column = _mark_column(sheet, column)
    id_column, section = header.index("ID"), header.index("Section")
    ids = [header.index(name) for name in OTHER_IDS if name in header[:section]]
    people, max_points = [], None
    for place, row in enumerate(sheet.rows[1:], start=1):
        if "Points Possible" in row[0]:
            max_points = number_in(row[mark_column]) or None
        elif not all(_HIDDEN.fullmatch(cell) for cell in row) and row[0] != TEST_STUDENT:
            name = ", ".join(row[:id_column])
            others = frozenset(row[at].strip() for at in ids if row[at].strip())
            people.append(Person(place, row[id_column].strip(), others, name))
    if not people:
        raise RosterError(f"{sheet.looks()}: no row is a student's; {HOW}")
    numbers = [cell for row in sheet.rows[1:] for cell in row[section + 1 :]]
    return Roster("Canvas", sheet, tuple(people), mark_column, max_points,
                  sheets.decimal_sign(numbers), KEPT, feedback_path)  # fmt: skip


def _mark_column(sheet: Sheet, column: str | None) -> int:
    start = sheet.header.index("Section") + 1
    found = {
        at: match
        for at, name in enumerate(sheet.header)
        if at >= start and (match := _ASSIGNMENT.fullmatch(name)) and not _TOTAL.search(name)
    }
    wanted = [
        at for at, match in found.items() if column in (None, match[0], *match.groups())
    ]  # fmt: skip
    if len(wanted) != 1:
        which = "; ".join(match[0] for match in found.values()) or "none"
        raise RosterError(
            f"{sheet.looks()}: "
            + (f"{len(wanted)} columns of assignments are {column!r}. " if column
               else "it is not clear which column the marks are for. ")
            + f"Name it, or give its number, as COLUMN=12345 (--column). There are: {which}. "
            "An assignment that is missing there is unpublished, or not graded"
        )  # fmt: skip
    return wanted[0]


def feedback_path(person: Person, path: str, assignment: str) -> str | None:
    """Return a name that *Re-Upload Submissions* takes for somebody, or None.

    ``infer_comment_context_from_filename`` in `app/models/abstract_assignment.rb` goes by the first
    two parts between underscores that are numbers, of the student and of the file that was sent;
    so what did not come from Canvas's own archive has no place there.
    """
    match = intake.platform_match(path, [])
    if match is None or match["id"] != person.number:
        return None
    return f"{match[0]}{assignment}-feedback.html"
