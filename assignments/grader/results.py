"""What a run leaves of all submissions: grades.csv, manual.csv, the summary, and feedback."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import nbformat

from assignments.grader import marks, report
from assignments.grader.files import write_whole
from assignments.grader.planning import slug
from assignments.grader.records import STATES, Row, RunRecord, Tell


def finish(out: Path, tell: Tell) -> list[Row]:
    """Read the marks given by hand, and write grades.csv, manual.csv, summary.html, feedback.

    Parameters
    ----------
    out
        The folder of results, with its rows.
    tell
        What to do with a line of progress.
    """
    run = RunRecord.read(out)
    judged = [Row.read(out / "rows" / f"{slug(each)}.json") for each in run.ids]
    given = marks.read_all(out)
    marked = marks.apply(judged, given, run.rubrics, run.max_points)
    rows = marked.rows
    for row, before in zip(rows, judged, strict=True):
        if row.status != "failed":
            comments = marked.comments.get(row.id, {})
            _renew_feedback(out, row, before.points, run.max_points, comments)
    write_whole(out / "grades.csv", report.grades_csv(rows, run.max_points))
    marks.write(out, marked.lines, marked.differ)
    for warning in marked.warnings:
        tell(warning)
    title = f"{run.assignment}, seed {run.seed}"
    summary = report.summary_html(title, rows, run.max_points, run.missing_isolation)
    write_whole(out / "summary.html", summary)
    states = Counter(row.status for row in rows)
    tell(", ".join(f"{states[name]} {name}" for name in STATES)
         + f": see grades.csv, manual.csv, summary.html and feedback in {out}.")  # fmt: skip
    return rows


def _renew_feedback(
    out: Path, row: Row, judged: Mapping[str, float | None], max_points: Mapping[str, float],
    comments: Mapping[str, str],
) -> None:  # fmt: skip
    """Make a page again if marks by hand are not the ones it shows."""
    path = out / "feedback" / f"{slug(row.id)}.html"
    text = path.read_text(encoding="utf-8")
    shown = [dict(row.points), *([dict(comments)] if comments else [])]
    digest = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
    stamp = f"<!-- {digest} -->"
    shows_judges_points = "<!-- " not in text[-80:]
    if text.endswith(stamp) or (shows_judges_points and row.points == judged and not comments):
        return
    graded = nbformat.read(out / "graded" / f"{slug(row.id)}.ipynb", 4)
    page = report.feedback_html(graded, row.points, max_points, row.assignment, comments)
    write_whole(path, page + stamp)


def merge(folders: list[Path], out: Path, tell: Tell) -> None:
    """Merge the results of shares of a folder, graded on several machines.

    The folder of results must be this run's alone (see `running.alone`).

    Raises
    ------
    ValueError
        If they are not of one assignment, or two hold the same id.
    """
    runs = [RunRecord.read(folder) for folder in folders]
    if any(run.given != runs[0].given for run in runs):
        kinds = [f"{run.assignment} {run.seed}" for run in runs]
        raise ValueError(f"the results are not of the same assignment, seed and masters: {kinds}")
    ids = [each for run in runs for each in run.ids]
    if twice := [each for each, count in Counter(ids).items() if count > 1]:
        raise ValueError(f"more than one folder has the ids {', '.join(sorted(twice)[:10])}: "
                         "grade shares of one folder (SHARE=1/2, 2/2; --share)")  # fmt: skip
    lines: list[marks.Line] = []
    for folder, run in zip(folders, runs, strict=True):
        for each in run.ids:
            for name in (f"rows/{slug(each)}.json", f"graded/{slug(each)}.ipynb",
                         f"feedback/{slug(each)}.html"):  # fmt: skip
                if (folder / name).exists():
                    write_whole(out / name, (folder / name).read_bytes())
        lines += [line for _, line in marks.read_all(folder)]
    lines += [line for _, line in marks.read_all(out)]
    marks.write(out, dict.fromkeys(lines))
    missing = sorted({line for run in runs for line in run.missing_isolation})
    whole = dataclasses.replace(runs[0], ids=tuple(sorted(ids)), missing_isolation=tuple(missing))
    whole.write(out)
    finish(out, tell)
