"""Marks into a platform's own list, a page of feedback to each, and who is missing.

A mark is entered where a submission is graded to the end and its person is in the list, once and
without doubt. All other cells stay as they were: of who sent nothing, of what failed or waits for
marks by hand, and of whoever is excused.
"""

from __future__ import annotations

import csv
import dataclasses
import os
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from assignments.grader import intake, report
from assignments.grader.files import write_whole
from assignments.grader.planning import slug
from assignments.grader.records import RunRecord, Tell
from assignments.platforms import canvas, moodle, sheet
from assignments.platforms.roster import Person, Roster
from assignments.platforms.sheet import number_in

MOST_NAMES = 20
COLUMNS = ["id", "name", "what", "before", "after", "note", "file"]
READERS: Mapping[str, Callable[[sheet.Sheet, str | None], Roster]] = {
    "moodle": moodle.read,
    "canvas": canvas.read,
}


def read(platform: str, path: Path, column: str | None = None) -> Roster:
    """Return the people of a platform's file.

    Parameters
    ----------
    platform
        One of `READERS`.
    path
        The file that the platform exported.
    column
        Which column marks are for, where the file has several.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is not there, or not what was expected.
    """
    return READERS[platform](sheet.read(path), column)


@dataclasses.dataclass(frozen=True)
class Result:
    """What `grades.csv` says of a submission; points only where it is graded to the end."""

    id: str
    file: str
    status: str
    reason: str
    points: float | None


@dataclasses.dataclass(frozen=True)
class Line:
    """What became of a person's mark, or of a submission: a line of ``…-people.csv``."""

    id: str
    name: str
    what: str
    before: str = ""
    after: str = ""
    note: str = ""
    file: str = ""


def results(out: Path) -> list[Result]:
    """Return what a folder of results holds of each submission.

    Raises
    ------
    FileNotFoundError
        If nothing was graded into it.
    """
    path = out / "grades.csv"
    if not path.exists():
        raise FileNotFoundError(f"{out} holds no grades.csv; grade into it first")
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Result(
                id=report.plain_cell(row["id"]),
                file=report.plain_cell(row["file"]),
                status=row["status"],
                reason=row["reason"],
                points=float(row["total"]) if row["status"] == "graded" else None,
            )
            for row in csv.DictReader(file)
        ]


def enter(roster: Roster, out: Path, tell: Tell) -> list[Line]:
    """Write the list with marks, the archive of feedback, and what became of each.

    Parameters
    ----------
    roster
        The platform's list.
    out
        The folder of results, which gets ``<platform>-grades.csv``, ``<platform>-feedback.zip``
        and ``<platform>-people.csv``.
    tell
        What to do with a line of progress.

    Returns
    -------
    list of Line
        One for each person of the list, in its order, and then one for each submission of nobody
        in it.

    Raises
    ------
    ValueError
        If none of the submissions is of anybody in the list.
    """
    run, found = RunRecord.read(out), results(out)
    of_person, lines_of_nobody = _assign(roster, found)
    if found and not of_person:
        raise ValueError(
            f"none of the {len(found)} submissions belongs to anyone in {roster.sheet.path}: "
            f"numbers there look like {roster.people[0].number}, here like {found[0].id}; is it "
            "the list of this class?"
        )
    most = sum(run.max_points.values())
    scale = roster.max_points / most if roster.max_points and most else 1.0
    lines, changes, pages = [], {}, {}
    for person in roster.people:
        line = _line(person, of_person.get(person, []), roster, scale)
        lines.append(line)
        if line.what in {"entered", "same"}:
            changes[person.row, roster.mark_column] = line.after
            page = out / "feedback" / f"{slug(of_person[person][0].id)}.html"
            if name := roster.feedback_path(person, line.file, run.assignment):
                pages[name] = page
    lines += lines_of_nobody
    platform = roster.platform.lower()
    write_whole(out / f"{platform}-grades.csv", roster.sheet.text(changes))
    _pack(out / f"{platform}-feedback.zip", pages)
    ledger = report.csv_text(COLUMNS, map(dataclasses.asdict, lines))
    write_whole(out / f"{platform}-people.csv", sheet.BOM + ledger)
    _tell(roster, lines, most, len(pages), out, tell)
    return lines


def _assign(
    roster: Roster, found: Iterable[Result]
) -> tuple[dict[Person, list[Result]], list[Line]]:
    """Return the submissions of each person, and lines for those of nobody, or of two."""
    by_number: dict[str, list[Person]] = defaultdict(list)
    by_any: dict[str, list[Person]] = defaultdict(list)
    for person in roster.people:
        by_number[person.number].append(person)
        for each in {person.number, *person.other_ids}:
            by_any[each.casefold()].append(person)
    of_person: dict[Person, list[Result]] = {}
    lines = []
    for result in found:
        # Where the platform itself put its number into the name, no other id is meant.
        match = intake.platform_match(result.file, [])
        own = match is not None and match["id"] == result.id
        people = (by_number[result.id] if own else by_any[result.id.casefold()])  # fmt: skip
        if len(people) == 1:
            of_person.setdefault(people[0], []).append(result)
            continue
        names = " and ".join(person.name for person in people)
        lines.append(
            Line(result.id, names, "in doubt" if people else "not in the list",
                 note=f"{len(people)} people have this id" if people else result.reason,
                 file=result.file)
        )  # fmt: skip
    return of_person, lines


def _line(person: Person, sent: list[Result], roster: Roster, scale: float) -> Line:
    """Return what becomes of a person's mark."""
    before = roster.sheet.rows[person.row][roster.mark_column]
    line = Line(person.number, person.name, "missing", before, before)
    if not sent:
        return line
    line = dataclasses.replace(line, file=sent[0].file)
    if len(sent) > 1:
        note = "two submissions: " + ", ".join(each.file for each in sent)
        return dataclasses.replace(line, what="in doubt", note=note)
    late = "late" if intake.is_late(line.file) else ""
    if before.strip() in roster.kept_words:
        return dataclasses.replace(line, what="kept", note=f"{before.strip()} in the list")
    if sent[0].points is None:
        what = "failed" if sent[0].status == "failed" else "waiting"
        return dataclasses.replace(line, what=what, note=sent[0].reason or late)
    mark = report.number(sent[0].points * scale)
    after = str(mark).replace(".", roster.decimal_sign)
    was = number_in(before)
    # Platforms show two digits after the point.
    same = was is not None and mark is not None and abs(was - mark) < 0.005
    return dataclasses.replace(line, what="same" if same else "entered", after=after, note=late)


def _pack(path: Path, pages: Mapping[str, Path]) -> None:
    """Write an archive whole or not at all; the same pages make the same archive."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, page in sorted(pages.items()):
                entry = zipfile.ZipInfo(name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o600 << 16
                archive.writestr(entry, page.read_bytes())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _tell(
    roster: Roster, lines: list[Line], most: float, pages: int, out: Path, tell: Tell
) -> None:
    counts = Counter(line.what for line in lines)
    entered = counts["entered"] + counts["same"]
    column = roster.sheet.header[roster.mark_column]
    if roster.max_points is None:
        words = f"of {most:g} points, as they are, because the file does not say how many it gives"
    elif roster.max_points != most:
        words = f"scaled from {most:g} points to {roster.platform}'s {roster.max_points:g}"
    else:
        words = f"of {most:g} points"
    tell(f"{roster.platform}, {column}: {entered} marks entered, {words}.")
    changed = [
        line for line in lines if line.what == "entered" and number_in(line.before) is not None
    ]
    for what, group in (
        ("change a mark that was there", changed),
        ("wait for marks by hand", [line for line in lines if line.what == "waiting"]),
        ("failed", [line for line in lines if line.what == "failed"]),
        ("keep the word that is there", [line for line in lines if line.what == "kept"]),
        ("sent nothing", [line for line in lines if line.what == "missing"]),
        ("in doubt", [line for line in lines if line.what == "in doubt"]),
        ("sent something, but are not in the list",
         [line for line in lines if line.what == "not in the list"]),
    ):  # fmt: skip
        if group:
            names = [f"{line.name} ({line.id})" if line.name else line.id for line in group]
            more = f", and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            tell(f"  {len(group)} {what}: {'; '.join(names[:MOST_NAMES])}{more}.")
    platform = roster.platform.lower()
    first = (
        f"Import {platform}-grades.csv, then {platform}-feedback.zip ({pages} pages)" if entered
        else f"There is nothing to import yet: {platform}-grades.csv is as it was"
    )  # fmt: skip
    tell(f"{first}; {platform}-people.csv says what happened to each: see {out}.")
    if entered > pages:
        tell(
            f"  Not in that archive, because their files did not come from "
            f"{roster.platform}'s own: {entered - pages}. Send these from the folder feedback."
        )
