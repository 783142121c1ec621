"""Marks by hand: `manual.csv` goes out with answers and rubrics, and is read back with points."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

from assignments.grader import report

COLUMNS = ["id", "question", "answer", "rubric", "max", "points"]


def _plain(text: str) -> str:
    """Return an answer as it is compared: spreadsheets change line ends and the spaces at them."""
    lines = text.removeprefix("'").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def read(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (answer, points) by (id, question) from a file that was filled in.

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
        (row["id"].removeprefix("'"), row["question"]): (row["answer"] or "", row["points"] or "")
        for row in rows
    }


def apply(
    rows: list[dict[str, Any]],
    given: dict[tuple[str, str], tuple[str, str]],
    rubrics: dict[str, str],
    most: dict[str, float],
) -> list[dict[str, Any]]:
    """Put points given by hand into rows, and return the lines of the next manual.csv.

    A mark belongs to an answer: where the answer has changed since, it waits for marks again.
    A line whose points are empty, or no number from 0 to the most, leaves its row waiting.

    Parameters
    ----------
    rows
        One for each submission; points and status are changed.
    given
        What `read` returned.
    rubrics, most
        By question.
    """
    lines = []
    for row in rows:
        for question, answer in row["answers"].items():
            if row["points"].get(question) == 0.0:
                continue  # left as it was handed out
            old, points = given.get((row["id"], question), ("", ""))
            points = points.strip().replace(",", ".")
            if points and _plain(old) != _plain(report.safe_cell(answer)):
                row["notes"].append(f"{question}: the answer changed after it got {points} points")
                points = ""
            value = _number(points)
            if points and (value is None or not 0 <= value <= most[question]):
                row["notes"].append(f"{question}: {points!r} in manual.csv is not a number "
                                    f"from 0 to {most[question]:g}")  # fmt: skip
            elif points:
                row["points"][question] = value
            lines.append({"id": row["id"], "question": question, "answer": answer,
                          "rubric": rubrics.get(question, ""), "max": report.number(most[question]),
                          "points": points})  # fmt: skip
        if row["status"] != "failed":
            waits = any(value is None for value in row["points"].values())
            row["status"] = "needs-marking" if waits else "graded"
    return lines


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
