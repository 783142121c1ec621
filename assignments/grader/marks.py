"""Marks by hand: `manual.csv` goes out with answers and rubrics, and is read back with points.

A spreadsheet may change all that it shows: letters that it can't read, ids that look like numbers,
ends of lines, the separator. So a line says by its key whose it is, and for which answer.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from assignments.grader import report
from assignments.grader.files import write_whole
from assignments.grader.records import Row

COLUMNS = [
    "id", "question", "answer", "rubric", "max", "points", "comment", "earlier", "key",
]  # fmt: skip
_NEEDED = {"id", "question", "answer", "points"}


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of `manual.csv`: an answer, how it is marked, and what was typed for it.

    `earlier` has the points that an earlier answer to the question got.
    """

    id: str
    question: str
    answer: str
    rubric: str = ""
    max_points: float | None = None
    points: str = ""
    comment: str = ""
    earlier: str = ""
    key: str = ""

    @property
    def is_typed(self) -> bool:
        """Whether a marker's work would be lost with it."""
        return bool(self.points.strip() or self.comment.strip() or self.earlier.strip())


@dataclasses.dataclass(frozen=True)
class Marked:
    """What comes of marks: rows with points, the next manual.csv, and what people are to know."""

    rows: list[Row]
    lines: list[Line]
    comments: Mapping[str, Mapping[str, str]]  # by id and question
    warnings: list[str]
    differ: frozenset[str]  # the files of markers who differ


def key_of(student: str, question: str, answer: str) -> str:
    """Return what tells a line from all others, which no spreadsheet takes for a number."""
    return f"k{_digest(student, question)}-{_digest(answer)}"


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:10]


def csv_text(lines: Iterable[Line]) -> str:
    """Return the text of `manual.csv`, which says of itself that it is UTF-8."""
    return "\ufeff" + report.csv_text(COLUMNS, (
        {"id": _as_text(line.id), "question": line.question, "answer": line.answer,
         "rubric": line.rubric, "max": report.number(line.max_points), "points": line.points,
         "comment": line.comment, "earlier": line.earlier, "key": line.key}
        for line in lines))  # fmt: skip


def _as_text(student: str) -> str:
    """Keep an id of digits from becoming a number, without its zeros or its last digits."""
    return f"'{student}" if student.isdigit() else student


def _plain(text: str) -> str:
    """Return an answer as it is compared: spreadsheets change line ends and the spaces at them."""
    lines = text.removeprefix("'").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


# -- reading ---------------------------------------------------------------------------------------


def read(path: Path) -> list[Line]:
    """Return the lines of a file that was filled in; none if there is no such file.

    Raises
    ------
    ValueError
        If its columns are not those that were written.
    """
    if not path.exists():
        return []
    text = decoded(path.read_bytes())
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    if rows.fieldnames is None or not set(rows.fieldnames) >= _NEEDED:
        raise ValueError(f"{path} has the columns {rows.fieldnames}; expected {COLUMNS}: "
                         "save it with the columns it had, or remove it to start over")  # fmt: skip
    found = []
    for row in rows:
        cells = {name: str(row.get(name) or "") for name in COLUMNS}
        if any(cells.values()):  # some spreadsheets write empty rows below the last
            cells["id"] = cells["id"].strip().removeprefix("'")
            del cells["max"]
            found.append(Line(**cells))
    return found


def read_all(folder: Path) -> list[tuple[str, Line]]:
    """Return the lines of manual.csv and of several markers' manual-….csv, with their file's name.

    Raises
    ------
    ValueError
        If the columns of one are not those that were written.
    """
    files = [folder / "manual.csv", *sorted(folder.glob("manual-*.csv"))]
    return [(path.name, line) for path in files for line in read(path)]


def decoded(data: bytes) -> str:
    """Read what Excel, LibreOffice and Numbers save: UTF-8, UTF-16, or Windows' old encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def write(folder: Path, lines: Iterable[Line], differ: frozenset[str] = frozenset()) -> None:
    """Write manual.csv, and put away what it was, if somebody typed in it.

    The markers' own files, whose marks it has now, are put away too, but for those that differ.
    """
    path = folder / "manual.csv"
    text = csv_text(lines)
    if path.exists() and path.read_bytes() != text.encode():
        _keep(path)
    write_whole(path, text)
    for other in sorted(folder.glob("manual-*.csv")):
        if other.name not in differ:
            _keep(other)
            other.unlink()


def _keep(path: Path) -> None:
    if any(line.is_typed for line in read(path)):
        when = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(path.stat().st_mtime))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:6]
        name = f"{path.stem}-{when}-{digest}.csv"
        write_whole(path.parent / "manual-before" / name, path.read_bytes())


# -- marks and answers -----------------------------------------------------------------------------


def apply(
    rows: Iterable[Row],
    given: Sequence[tuple[str, Line]],
    rubrics: Mapping[str, str],
    max_points: Mapping[str, float],
) -> Marked:
    """Return rows with the points given by hand, and the lines of the next manual.csv.

    A mark belongs to an answer: where the answer has changed since, it waits for marks again, and
    the line shows the mark that the earlier answer got. A line whose points are empty, or no number
    that the question can get, leaves its row waiting; and so do two markers who differ. Lines that
    belong to no answer stay at the end of the file.

    Parameters
    ----------
    rows
        One for each submission, as the judge wrote them.
    given
        What `read_all` returned.
    rubrics, max_points
        By question.
    """
    rows = list(rows)
    homes = _homes(rows, given)
    marked, lines, warnings, differ = [], [], [], set()
    comments: dict[str, dict[str, str]] = {}
    for row in rows:
        points, notes = dict(row.points), list(row.notes)
        for question, answer in row.answers.items():
            typed = homes.pop((row.id, question), [])
            if points.get(question) == 0.0 and not any(line.is_typed for _, line in typed):
                continue  # left as it was handed out
            line = Line(row.id, question, answer, rubrics.get(question, ""), max_points[question],
                        key=key_of(row.id, question, answer))  # fmt: skip
            line, said = _merged(line, typed)
            notes += [f"{question}: {one}" for one in said]
            value = _number(line.points)
            if files := _who_differ(line, typed):
                notes.append(f"{question}: markers differ, {' and '.join(files.values())}; "
                             "change one of them")  # fmt: skip
                differ |= files.keys()
            elif line.points and (value is None or not 0 <= value <= max_points[question]):
                notes.append(f"{question}: {line.points!r} in manual.csv is not a number "
                             f"from 0 to {max_points[question]:g}")  # fmt: skip
            elif line.points:
                points[question] = value
            if line.comment:
                comments.setdefault(row.id, {})[question] = line.comment
            lines.append(line)
        status = row.status
        if status != "failed":
            status = "needs-marking" if None in points.values() else "graded"
        marked.append(dataclasses.replace(row, status=status, points=points, notes=tuple(notes)))
    left = [pair for pairs in homes.values() for pair in pairs if pair[1].is_typed]
    for name, line in left:
        whose = f"{line.id or 'no id'}, {line.question or 'no question'}"
        warnings.append(f"{name}: the line of {whose} belongs to no answer of this run; "
                        "manual.csv keeps it at the end")  # fmt: skip
    lines += [line for _, line in left]
    return Marked(marked, lines, comments, warnings, frozenset(differ))


def _homes(
    rows: Iterable[Row], given: Sequence[tuple[str, Line]]
) -> dict[tuple[str, str], list[tuple[str, Line]]]:
    """Sort lines by id and question; by their key, or what a spreadsheet has left of the id."""
    known = {(row.id, question) for row in rows for question in row.answers}
    by_key = {f"k{_digest(*place)}": place for place in known}
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for student, question in known:
        alike.setdefault((student.lstrip("0"), question), []).append((student, question))
    homes: dict[tuple[str, str], list[tuple[str, Line]]] = {}
    for name, line in given:
        place = by_key.get(line.key.partition("-")[0], (line.id, line.question))
        near = alike.get((line.id.lstrip("0"), line.question), [])
        if place not in known and len(near) == 1:  # 00123 that has become 123
            place = near[0]
        homes.setdefault(place, []).append((name, line))
    return homes


def _merged(line: Line, typed: Sequence[tuple[str, Line]]) -> tuple[Line, list[str]]:
    """Return a line with what was typed for its answer, in all files, and what to know of it."""
    said = []
    current, earlier = [], []
    for name, one in typed:
        (current if _is_for(line, one) else earlier).append((name, one))
    before = next((one.earlier for _, one in current if one.earlier), "")
    for _, one in earlier:
        if one.points.strip():
            before = _tidy(one.points)
            said.append(f"the answer changed after it got {before} points")
    chosen = next((_tidy(one.points) for _, one in current if one.points.strip()), "")
    remarks = dict.fromkeys(one.comment.strip() for _, one in typed if one.comment.strip())
    merged = dataclasses.replace(
        line, points=chosen, comment="\n".join(remarks), earlier="" if chosen else before
    )
    return merged, said


def _who_differ(line: Line, typed: Sequence[tuple[str, Line]]) -> dict[str, str]:
    """Return who typed what, by the file's name, if not all typed the same; else nothing."""
    points = {
        name: _tidy(one.points) for name, one in typed if one.points.strip() and _is_for(line, one)
    }
    numbers = {_number(each) for each in points.values()}
    return {name: f"{each} in {name}" for name, each in points.items()} if len(numbers) > 1 else {}


def _is_for(line: Line, typed: Line) -> bool:
    """Say whether marks were typed for the answer as it is; older files have no key."""
    if typed.key:
        return typed.key == line.key
    return _plain(typed.answer) == _plain(report.safe_cell(line.answer))


def _tidy(points: str) -> str:
    return points.strip().removeprefix("'").replace(",", ".")


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
