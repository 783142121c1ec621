"""What people read: feedback for each student, grades.csv, and the summary of a run."""

from __future__ import annotations

import csv
import dataclasses
import html
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median

import nbformat
from nbformat import NotebookNode

from assignments.grader import notebooks
from assignments.grader.files import write_whole
from assignments.grader.pages import POLICY, as_page
from assignments.grader.records import STATES, Row

_FORMULA = re.compile(r"""((?:^|[;\t])[\s"]{0,20}|[\r\n][\s"]{0,20}(?=[=@]|[+-]\S))([=+@\t\r-])""")


def safe_cell(text: str) -> str:
    """Return a text that a spreadsheet takes as text, not as a formula.

    Where a spreadsheet takes a semicolon for the end of a cell, as in much of Europe, or a tab, or
    a line break, what stands after it is a cell of its own. A list's ``- item`` stays one.
    """
    return _FORMULA.sub(r"\1'\2", text)


def plain_cell(text: str) -> str:
    """Return the text that `safe_cell` made a cell of."""
    return text[1:] if text[:1] == "'" and safe_cell(text[1:]) == text else text


def csv_text(columns: list[str], rows: Iterable[Mapping[str, str | float | None]]) -> str:
    """Return rows as CSV; a missing value is an empty cell."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {key: "" if value is None else value for key, value in row.items()}
        writer.writerow({key: safe_cell(value) if isinstance(value, str) else value
                         for key, value in cells.items()})  # fmt: skip
    return file.getvalue()


def grades_csv(rows: Iterable[Row], max_points: Mapping[str, float]) -> str:
    """Return the text of `grades.csv`: a line for each submission, a column for each question."""
    columns = ["id", "assignment", *max_points, "total", "max", "status", "reason", "notes", "file"]
    lines = []
    for row in rows:
        line: dict[str, str | float | None] = {
            "id": row.id, "assignment": row.assignment, "status": row.status,
            "reason": row.reason, "notes": "; ".join(row.notes), "file": row.file,
        }  # fmt: skip
        if row.status != "failed":
            line |= {name: number(row.points[name]) for name in max_points}
            line |= {"total": number(row.total), "max": number(sum(max_points.values()))}
        lines.append(line)
    return csv_text(columns, lines)


def number(value: float | None) -> float | int | None:
    """Return points as they are written: 2, not 2.0, and no more than four decimals."""
    if value is None:
        return None
    rounded = round(value, 4)
    return int(rounded) if rounded == int(rounded) else rounded


# -- feedback --------------------------------------------------------------------------------------


def for_student(
    graded: NotebookNode, points: Mapping[str, float | None], comments: Mapping[str, str]
) -> NotebookNode:
    """Return the notebook that a student may read: with points, without hidden tests."""
    readable = notebooks.without_hidden_tests(graded)
    for cell in readable.cells:
        marks = cell.metadata.get("nbgrader", {})
        cell.metadata.pop("rubric", None)
        text = cell.metadata.pop("for_student", None)
        if text is not None:
            words = {"output_type": "error", "ename": "", "evalue": "", "traceback": [text]}
            cell.outputs = [nbformat.from_dict(words)] if text else []
        if marks.get("grade"):
            # As nbgrader's GetGrades has it, with the marks given by hand.
            marks["score"] = points.get(marks["grade_id"]) or 0.0
            marks["waits"] = points.get(marks["grade_id"], 0.0) is None
        marks.pop("comment", None)
        if marks.get("grade_id") in comments:
            marks["comment"] = comments[marks["grade_id"]]
    return readable


def feedback_html(
    graded: NotebookNode, points: Mapping[str, float | None], max_points: Mapping[str, float],
    title: str, comments: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """Return the feedback page of a graded notebook, which runs and fetches nothing.

    Parameters
    ----------
    graded
        The notebook that the judge wrote.
    points, max_points
        What each question got, None if it waits for marks, and what it can get.
    title
        Of the page.
    comments
        What a marker wrote to an answer, by question.
    """
    waits = [name for name, value in points.items() if value is None]
    resources = {
        "nbgrader": {
            "notebook": title,
            "score": sum(value or 0.0 for value in points.values()),
            "max_score": sum(max_points.values()),
        },
        "waits": waits,
    }
    return as_page(for_student(graded, points, comments or {}), resources)


def failed_html(title: str, reason: str) -> str:
    """Return the page of a submission that could not be graded."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{POLICY}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;"
        "max-width:52rem;margin:1rem auto;padding:0 1rem;overflow-wrap:anywhere}</style>"
        f"<title>Feedback: {html.escape(title)}</title></head>"
        f"<body><h1>Feedback: {html.escape(title)}</h1>"
        f"<p>This submission could not be graded yet: {html.escape(reason)}.</p></body></html>\n"
    )


def write_failed(path: Path, title: str, reason: str) -> None:
    """Write the page of a submission that could not be graded."""
    write_whole(path, failed_html(title, reason))


# -- the summary -----------------------------------------------------------------------------------


def summary_html(
    title: str, rows: Sequence[Row], max_points: Mapping[str, float], missing: Iterable[str]
) -> str:
    """Return the page that says how a class did: a histogram, and questions by what they lost.

    Parameters
    ----------
    title
        The assignment.
    rows
        One for each submission.
    max_points
        What each question can get.
    missing
        What submissions were not kept from on this machine.
    """
    graded = [row for row in rows if row.status != "failed"]
    totals = [row.total for row in graded]
    states = Counter(row.status for row in rows)
    whole = sum(max_points.values())
    counts = ", ".join(f"{states[name]} {name}" for name in STATES)
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{counts}, of {len(rows)} submissions.</p>",
    ]
    if missing := list(missing):
        parts.append("<p><strong>Isolation:</strong> " + html.escape("; ".join(missing)) + ".</p>")
    if graded:
        parts.append("<h2>Totals</h2>")
        parts.append(f"<p>Mean {fmean(totals):.1f}, median {median(totals):.1f}, "
                     f"of {whole:g} points; answers still to be marked count 0.</p>")  # fmt: skip
        parts.append(_histogram(totals, whole))
        parts.append("<h2>Questions, the most missed first</h2>")
        parts.append(_questions(graded, max_points))
    failed = [row for row in rows if row.status == "failed"]
    if failed:
        parts.append("<h2>Failed</h2><table><tr><th>id</th><th>file</th><th>reason</th></tr>")
        for row in failed:
            cells = (html.escape(text) for text in (row.id, row.file, row.reason))
            parts.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        parts.append("</table>")
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
        "color:#222;background:#fff}table{border-collapse:collapse}td,th{padding:.2rem .8rem;"
        "text-align:left;border-bottom:1px solid #ddd;overflow-wrap:anywhere}"
        "td.n{text-align:right}"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{POLICY}'
        f"<title>{html.escape(title)}: summary</title><style>{style}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def histogram_counts(totals: list[float], whole: float, bins: int = 10) -> list[int]:
    """Return how many totals fall into each of equal parts; the last takes in all points."""
    counts = [0] * bins
    for total in totals:
        counts[min(bins - 1, int(bins * total / whole)) if whole else 0] += 1
    return counts


def _histogram(totals: list[float], whole: float) -> str:
    counts = histogram_counts(totals, whole)
    high = max(counts)
    width, height = 560, 160
    step = width / len(counts)
    bars, words = [], []
    for place, count in enumerate(counts):
        tall = height * count / high
        low, top = whole * place / len(counts), whole * (place + 1) / len(counts)
        bars.append(
            f'<rect x="{place * step + 2:.0f}" y="{height - tall + 18:.0f}" width="{step - 4:.0f}" '
            f'height="{tall:.0f}" fill="#3b6ea5"><title>{low:g} to {top:g}: {count}</title></rect>'
            f'<text x="{(place + 0.5) * step:.0f}" y="{height + 36}" font-size="12" '
            f'text-anchor="middle">{low:g}–{top:g}</text>'
        )
        if count:
            bars.append(f'<text x="{(place + 0.5) * step:.0f}" y="{height - tall + 13:.0f}" '
                        f'font-size="12" text-anchor="middle">{count}</text>')  # fmt: skip
            words.append(f"{count} from {low:g} to {top:g}")
    label = f"Histogram of totals: {', '.join(words)} points."
    return (
        f'<svg role="img" aria-label="{html.escape(label)}" viewBox="0 0 {width} {height + 42}" '
        f'style="max-width:100%;height:auto">{"".join(bars)}</svg>'
    )


@dataclasses.dataclass(frozen=True)
class QuestionMean:
    """How a class did on a question.

    Attributes
    ----------
    name, max_points
        Which question, and what it can get.
    marked_count, short_count
        How many have points for it, and how many of them not all.
    share
        The mean share of its points, None where nobody is marked yet.
    """

    name: str
    max_points: float
    marked_count: int
    short_count: int
    share: float | None


def question_means(rows: Sequence[Row], max_points: Mapping[str, float]) -> list[QuestionMean]:
    """Return how a class did on each question, the one that lost most first."""
    found = []
    for name, best in max_points.items():
        given = [value for row in rows if (value := row.points.get(name)) is not None]
        share = sum(given) / (best * len(given)) if given and best else None
        short_count = sum(value < best for value in given)
        found.append(QuestionMean(name, best, len(given), short_count, share))
    return sorted(found, key=lambda mean: (mean.share is None, mean.share or 0.0))


def _questions(rows: Sequence[Row], max_points: Mapping[str, float]) -> str:
    parts = [
        "<table><tr><th>question</th><th>points</th><th>mean</th><th>not full points</th></tr>"
    ]
    for mean in question_means(rows, max_points):
        percent = "not marked yet" if mean.share is None else f"{100 * mean.share:.0f}%"
        parts.append(
            f'<tr><td>{html.escape(mean.name)}</td><td class="n">{mean.max_points:g}</td>'
            f'<td class="n">{percent}</td>'
            f'<td class="n">{mean.short_count} of {mean.marked_count}</td></tr>'
        )
    return "".join([*parts, "</table>"])
