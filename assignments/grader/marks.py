"""Marks by hand: `manual.csv` goes out with answers and rubrics, and is read back with points."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from assignments.grader import report
from assignments.grader.records import Row

COLUMNS = ["id", "question", "answer", "rubric", "max", "points"]


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of `manual.csv`: an answer, how it is marked, and the points as they were typed."""

    id: str
    question: str
    answer: str
    rubric: str
    max_points: float | None
    points: str


@dataclasses.dataclass(frozen=True)
class Mark:
    """What was typed for an answer, and the answer that it was typed for."""

    answer: str
    points: str


def csv_text(lines: Iterable[Line]) -> str:
    """Return the text of `manual.csv`."""
    return report.csv_text(COLUMNS, (
        {"id": line.id, "question": line.question, "answer": line.answer, "rubric": line.rubric,
         "max": report.number(line.max_points), "points": line.points}
        for line in lines))  # fmt: skip


def _plain(text: str) -> str:
    """Return an answer as it is compared: spreadsheets change line ends and the spaces at them."""
    lines = text.removeprefix("'").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def read(path: Path) -> dict[tuple[str, str], Mark]:
    """Return marks by (id, question) from a file that was filled in.

    Raises
    ------
    ValueError
        If its columns are not those that were written.
    """
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252")  # as some spreadsheets save
    first = text.partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    if rows.fieldnames is None or not set(COLUMNS) - {"rubric", "max"} <= set(rows.fieldnames):
        raise ValueError(f"{path} has the columns {rows.fieldnames}; expected {COLUMNS}: "
                         "save it with the columns it had, or remove it to start anew")  # fmt: skip
    return {
        (row["id"].removeprefix("'"), row["question"]): Mark(
            row["answer"] or "", row["points"] or ""
        )
        for row in rows
    }


def apply(
    rows: Iterable[Row],
    given: Mapping[tuple[str, str], Mark],
    rubrics: Mapping[str, str],
    max_points: Mapping[str, float],
) -> tuple[list[Row], list[Line]]:
    """Return rows with the points given by hand, and the lines of the next manual.csv.

    A mark belongs to an answer: where the answer has changed since, it waits for marks again.
    A line whose points are empty, or no number that the question can get, leaves its row waiting.

    Parameters
    ----------
    rows
        One for each submission, as the judge wrote them.
    given
        What `read` returned.
    rubrics, max_points
        By question.
    """
    marked, lines = [], []
    for row in rows:
        points, notes = dict(row.points), list(row.notes)
        for question, answer in row.answers.items():
            if points.get(question) == 0.0:
                continue  # left as it was handed out
            mark = given.get((row.id, question), Mark("", ""))
            typed = mark.points.strip().replace(",", ".")
            if typed and _plain(mark.answer) != _plain(report.safe_cell(answer)):
                notes.append(f"{question}: the answer changed after it got {typed} points")
                typed = ""
            value = _number(typed)
            if typed and (value is None or not 0 <= value <= max_points[question]):
                notes.append(f"{question}: {typed!r} in manual.csv is not a number "
                             f"from 0 to {max_points[question]:g}")  # fmt: skip
            elif typed:
                points[question] = value
            lines.append(Line(row.id, question, answer, rubrics.get(question, ""),
                              max_points[question], typed))  # fmt: skip
        status = row.status
        if status != "failed":
            status = "needs-marking" if None in points.values() else "graded"
        marked.append(dataclasses.replace(row, status=status, points=points, notes=tuple(notes)))
    return marked, lines


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
