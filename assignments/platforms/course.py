"""Feedback into the folders of an nbgrader course, from where a JupyterHub's exchange takes it.

``nbgrader collect`` puts what students sent into ``submitted/<student>/<assignment>/``, with the
time and a secret beside it; ``nbgrader release_feedback`` wants the page and both of these in
``feedback/<student>/<assignment>/`` (`nbgrader/exchange/default/release_feedback.py`).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from assignments.grader.files import write_whole
from assignments.grader.planning import slug
from assignments.grader.records import RunRecord, Tell
from assignments.platforms.entering import results

BESIDE = ("timestamp.txt", "submission_secret.txt")


def release(course: Path, out: Path, tell: Tell) -> None:
    """Put the page of each submission that is graded to the end where nbgrader releases it from.

    Parameters
    ----------
    course
        The folder of the course.
    out
        The folder of results.
    tell
        What to do with a line of progress.

    Raises
    ------
    FileNotFoundError
        If nothing of the assignment was collected into the course.
    """
    name = RunRecord.read(out).assignment
    collected = {path.parent.name for path in course.glob(f"submitted/*/{name}")}
    if not collected:
        raise FileNotFoundError(
            f"{course} has no submitted/<student>/{name}; name the folder of the course, after "
            f"nbgrader collect {name} (COURSE=…)"
        )
    found = [each for each in results(out) if each.id in collected and each.points is not None]
    for each in found:
        target = course / "feedback" / each.id / name
        # The exchange knows a page by the notebook that it is of.
        notebook = PurePosixPath(each.file).stem
        page = (out / "feedback" / f"{slug(each.id)}.html").read_bytes()
        write_whole(target / f"{notebook}.html", page)
        for beside in BESIDE:
            source = course / "submitted" / each.id / name / beside
            if source.exists():
                write_whole(target / beside, source.read_bytes())
    tell(
        f"Feedback on {len(found)} of {len(collected)} collected is in {course / 'feedback'}: "
        f"nbgrader release_feedback {name} hands it out."
    )
