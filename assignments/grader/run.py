"""Grade a folder: what changed, side by side, each submission by a judge of its own.

Everything that lasts is a file written whole: a row, a graded notebook and a feedback page for each
submission. A run that is killed leaves those that were done; the next does the rest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import select
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from assignments import generate, write_whole
from assignments.grader import intake, jail, marks, notebooks, report, zygote


@dataclasses.dataclass(frozen=True)
class Wish:
    """What to grade and how; the command's options say what each means."""

    folder: Path
    out: Path
    seed: int
    masters: Path
    assignment: str | None = None
    workers: int = 2
    id_pattern: str = intake.ID_PATTERN
    share: tuple[int, int] = (1, 1)
    cell_seconds: float = 30.0
    total_seconds: float = 300.0
    namespaces: bool = True
    limits: jail.Limits = dataclasses.field(default_factory=jail.Limits)


@dataclasses.dataclass
class Assignment:
    """An assignment of the masters' folder, as far as the grader needs it."""

    name: str
    autograder: NotebookNode

    @property
    def fingerprint(self) -> str:
        """A hash of all that the assignment is."""
        return hashlib.sha256(nbformat.writes(self.autograder).encode()).hexdigest()

    @property
    def most(self) -> dict[str, float]:
        """The points that each question can get, in the notebook's order."""
        return {
            cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.points)
            for cell in self.autograder.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }

    @property
    def rubrics(self) -> dict[str, str]:
        """How written questions are marked."""
        return {
            cell.metadata.nbgrader.grade_id: cell.metadata["rubric"]
            for cell in self.autograder.cells
            if "rubric" in cell.metadata
        }


@dataclasses.dataclass
class Submission:
    """What one student sent: the file to grade, or why there is none."""

    id: str
    found: intake.Found
    trouble: str
    notes: list[str]


def load(masters: Path, seed: int) -> dict[str, Assignment]:
    """Return the assignments of a folder of masters, by name."""
    return {
        name: Assignment(name, generate.autograder_notebook(name, seed, masters))
        for name in generate.names(masters)
    }


# -- which files -----------------------------------------------------------------------------------


def sort_out(
    files: list[intake.Found], assignments: dict[str, Assignment], wish: Wish
) -> tuple[str, list[Submission]]:
    """Return the assignment that is graded, and one submission for each id.

    Raises
    ------
    ValueError
        If no file, or files of two assignments alike, tell which it is, and the wish does not.
    """
    known = {name: assignment.autograder for name, assignment in assignments.items()}
    kinds: dict[str, str | None] = {}
    troubles: dict[str, str] = {}
    for found in files:
        trouble, kind = found.trouble, None
        suffix = Path(found.path).suffix.lower()
        if not trouble and suffix not in intake.GRADABLE:
            trouble = f"a {suffix or 'nameless'} file is no notebook; send .ipynb or .md"
        if not trouble and found.file is not None:
            try:
                if found.file.stat().st_size > notebooks.MAX_FILE_BYTES:
                    raise notebooks.UnreadableError("the file is too large")
                kind = notebooks.recognize(
                    notebooks.read(found.path, found.file.read_bytes()), known
                )
                trouble = "" if kind else "it is no notebook of these assignments"
            except notebooks.UnreadableError as error:
                trouble = str(error)
        kinds[found.path], troubles[found.path] = kind, trouble
    name = wish.assignment or _most_common(kinds)
    if name not in assignments:
        raise ValueError(f"there is no assignment {name!r}; there are {sorted(assignments)}")
    for path, kind in kinds.items():
        if kind not in {None, name}:
            troubles[path] = f"it is a notebook of the assignment {kind}, not of {name}"

    ignored = sorted([*assignments, str(wish.seed)], key=len, reverse=True)
    by_id: dict[str, list[intake.Found]] = {}
    for found in files:
        # Without an id the file's path stands for it, so that the row can be found.
        student = intake.find_id(found.path, wish.id_pattern, ignored)
        if student is None:
            student = found.path
            troubles[found.path] = (troubles[found.path] + "; " if troubles[found.path] else "") + (
                "no id in the file's name or its folder's: rename it, or say with --id how ids look"
            )
        by_id.setdefault(student, []).append(found)
    chosen = []
    for student, those in sorted(by_id.items()):
        # The newest that can be graded; where times agree, the last by name.
        best = max(those, key=lambda found: (not troubles[found.path], found.changed, found.path))
        notes = []
        if len(those) > 1:
            others = ", ".join(found.path for found in those if found is not best)
            notes.append(f"graded {best.path}, the newest that can be graded; not {others}")
        chosen.append(Submission(student, best, troubles[best.path], notes))
    return name, chosen


def _most_common(kinds: dict[str, str | None]) -> str:
    counts = Counter(kind for kind in kinds.values() if kind)
    if not counts:
        raise ValueError("no file is a notebook of these assignments: is the folder the right one? "
                         "Name the assignment with --assignment")  # fmt: skip
    (name, most), *others = counts.most_common()
    if others and others[0][1] == most:
        raise ValueError(f"the folder holds {dict(counts)}: say which to grade with --assignment")
    return name


def in_share(student: str, share: tuple[int, int]) -> bool:
    """Return whether an id belongs to share k of n: the same on every machine."""
    number, count = share
    return int(hashlib.sha256(student.encode()).hexdigest(), 16) % count == number - 1


def slug(student: str) -> str:
    """Return a file name for an id, another for each."""
    safe = re.sub(r"[^A-Za-z0-9-]", "_", student)[:60]
    if safe == student:
        return safe
    return f"{safe}.{hashlib.sha256(student.encode()).hexdigest()[:8]}"


# -- what it depends on ----------------------------------------------------------------------------


def fingerprint_of_grader() -> str:
    """Return a hash of what grades: this package, convcost, and the versions of what they use."""
    import convcost

    digest = hashlib.sha256()
    for home in (Path(__file__).parent, Path(convcost.__file__).parent):
        for path in sorted(home.rglob("*.py")):
            digest.update(path.read_bytes())
    for name in ("torch", "nbgrader", "nbconvert", "nbformat", "ipython"):
        digest.update(f"{name} {importlib.metadata.version(name)}".encode())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def _shown(hidden: list[Path]) -> list[Path]:
    """Return the folders that a student's process may read: Python, its packages, and convcost."""
    import convcost

    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1]}
    found |= {Path(path).resolve() for path in sys.path if Path(path).is_dir()}
    found.add(Path(convcost.__file__).resolve().parents[1])
    hidden = [path.resolve() for path in hidden]
    shown = {path for path in found if not any(at.is_relative_to(path) for at in hidden)}
    # A tree is shown whole, so what lies in one already needs nothing.
    return sorted(path for path in shown if not any(path != at and path.is_relative_to(at)
                                                    for at in shown))  # fmt: skip


def _check_that_it_can_run(isolation: jail.Isolation, shown: list[Path]) -> None:
    """Raise RuntimeError if a user without rights could not use this Python."""
    if isolation.namespaces or not isolation.own_user:
        return  # in a root of its own, all that is shown can be reached
    closed = [at for path in shown for at in [path, *path.parents] if not at.stat().st_mode & 0o001]
    if closed:
        raise RuntimeError(
            f"{closed[0]} is closed to other users, so submissions, which root runs as a user "
            "without rights, could not use this Python: install it where all may read"
        )


# -- the run ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[Path]:
    """Hold the results' folder for this run alone, and give it a place to work in."""
    out.mkdir(parents=True, exist_ok=True)
    out.chmod(0o700)
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"another run is writing to {out}; wait for it") from None
        work = out / ".work"
        shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def grade(wish: Wish, tell: Callable[[str], None]) -> dict[str, Any]:
    """Grade a folder of submissions, as far as it changed, and write all results.

    Parameters
    ----------
    wish
        What to grade and how.
    tell
        What to do with a line of progress.

    Returns
    -------
    dict
        ``graded``: how many were graded in this run; ``kept``: how many had not changed.
    """
    with _alone(wish.out) as work:
        store = work / "files"
        store.mkdir()
        assignments = load(wish.masters, wish.seed)
        files = list(intake.collect(wish.folder, store))
        name, submissions = sort_out(files, assignments, wish)
        submissions = [each for each in submissions if in_share(each.id, wish.share)]
        assignment = assignments[name]
        prepared = work / "assignment"
        given, grader = assignment.fingerprint, fingerprint_of_grader()
        jobs: list[dict[str, Any]] = []
        for place, submission in enumerate(submissions):
            job = _job(
                submission, assignment, wish, work / f"job{place}", prepared, [given, grader]
            )
            if not _is_done(job):
                jobs.append(job)
        _write_run(wish.out, name, wish, assignment, given, [each.id for each in submissions])
        # What cannot be read needs no process of its own.
        for job in jobs:
            if job["trouble"]:
                _failed(job, job["trouble"], again=False)
                tell(_line(job))
        to_run = [job for job in jobs if not job["trouble"]]
        if to_run:
            isolation = jail.available(wish.namespaces)
            shown = _shown([wish.masters, wish.out, wish.folder])
            _check_that_it_can_run(isolation, shown)
            for line in isolation.missing():
                tell(f"Isolation: {line}.")
            warm = zygote.start(shown, isolation, wish.limits)
            with _ended(warm):
                # Meanwhile, as it takes seconds to get warm.
                from assignments.grader import judge

                released = generate.student_notebook(name, wish.seed, wish.masters)
                judge.prepare(prepared, name, assignment.autograder, released)
                _run_all(to_run, wish, warm, tell)
            write_whole(wish.out / "isolation.json", json.dumps(isolation.missing()))
        finish(wish.out, tell)
    return {"graded": len(jobs), "kept": len(submissions) - len(jobs)}


def _job(
    submission: Submission, assignment: Assignment, wish: Wish, folder: Path, prepared: Path,
    versions: list[str],
) -> dict[str, Any]:  # fmt: skip
    out, name = wish.out.resolve(), slug(submission.id)
    data = b"" if submission.found.file is None or submission.trouble else (
        submission.found.file.read_bytes())  # fmt: skip
    depends = [*versions, hashlib.sha256(data).hexdigest(), submission.found.path,
               submission.trouble, wish.cell_seconds, wish.total_seconds,
               dataclasses.astuple(wish.limits), assignment.name]  # fmt: skip
    key = hashlib.sha256(json.dumps(depends).encode()).hexdigest()
    return {
        "folder": str(folder), "prepared": str(prepared.resolve()),
        "name": submission.found.path, "file": str(submission.found.file),
        "assignment": assignment.name, "trouble": submission.trouble,
        "cell_seconds": wish.cell_seconds, "total_seconds": wish.total_seconds,
        "row": str(out / "rows" / f"{name}.json"), "graded": str(out / "graded" / f"{name}.ipynb"),
        "feedback": str(out / "feedback" / f"{name}.html"), "most": assignment.most,
        "known": {"key": key, "id": submission.id, "file": submission.found.path,
                  "assignment": assignment.name, "notes": submission.notes},
    }  # fmt: skip


def _is_done(job: dict[str, Any]) -> bool:
    try:
        row = json.loads(Path(job["row"]).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    whole = row["status"] == "failed" or Path(job["graded"]).exists()
    return bool(row["key"] == job["known"]["key"] and whole and Path(job["feedback"]).exists())


def _failed(job: dict[str, Any], reason: str, again: bool) -> None:
    """Write the row of a submission that no judge could grade; ``again``: the next run tries it."""
    row = {"status": "failed", "reason": reason, "points": {}, "answers": {}} | job["known"]
    if again:
        row["key"] = ""
    write_whole(Path(job["feedback"]), report.failed_html(job["assignment"], reason))
    write_whole(Path(job["row"]), json.dumps(row, indent=1))


def _run_all(
    jobs: list[dict[str, Any]], wish: Wish, warm: tuple[Any, socket.socket],
    tell: Callable[[str], None],
) -> None:  # fmt: skip
    process, starter = warm
    waiting = list(reversed(jobs))
    running: dict[int, tuple[dict[str, Any], list[int], float]] = {}
    done = 0
    while waiting or running:
        while waiting and len(running) < wish.workers:
            job = waiting.pop()
            running[_start(job, starter)] = (job, [], time.monotonic())
        for file in select.select(list(running), [], [], 0.5)[0]:
            job, pids, began = running[file]
            if told := os.read(file, 8):
                pids.append(int.from_bytes(told, sys.byteorder))
                continue
            os.close(file)
            del running[file]
            if not _is_done(job):
                _failed(job, "the grader's own process for this submission ended", again=True)
            shutil.rmtree(job["folder"], ignore_errors=True)
            done += 1
            seconds = time.monotonic() - began
            tell(f"[{done}/{len(jobs)}] {_line(job)} ({seconds:.1f} s)")
        for _, pids, began in running.values():
            # Beyond what it may take in all, and what starting it and its page may take.
            if pids and time.monotonic() - began > wish.total_seconds + 120:
                os.kill(pids[0], signal.SIGKILL)
        if process.poll() is not None:
            raise RuntimeError(f"the warm process ended ({process.returncode}); run it again: "
                               "what was graded is kept")  # fmt: skip


@contextlib.contextmanager
def _ended(warm: tuple[Any, socket.socket]) -> Iterator[None]:
    """End the warm process, and with it all that it forked, whatever happens."""
    process, starter = warm
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            starter.send(json.dumps({"do": "quit"}).encode())
        starter.close()
        process.wait(timeout=60)


def _start(job: dict[str, Any], starter: socket.socket) -> int:
    folder = Path(job["folder"])
    folder.mkdir(mode=0o700)
    write_whole(folder / "job.json", json.dumps(job))
    told, tell = os.pipe()
    message = json.dumps({"do": "judge", "folder": str(folder.resolve())}).encode()
    try:
        socket.send_fds(starter, [message], [tell, starter.fileno()])
    except OSError as error:
        raise RuntimeError(f"the warm process ended ({error}); its words are above") from error
    finally:
        os.close(tell)
    return told


def _line(job: dict[str, Any]) -> str:
    row = json.loads(Path(job["row"]).read_text())
    total = sum(value or 0.0 for value in row["points"].values())
    words = f"{report.number(total)} of {report.number(sum(job['most'].values()))}"
    return f"{row['id']}: {row['status']}, {row['reason'] or words}"


# -- what is written of all ------------------------------------------------------------------------


def _write_run(
    out: Path, name: str, wish: Wish, assignment: Assignment, given: str, ids: list[str]
) -> None:
    write_whole(out / "run.json", json.dumps({
        "assignment": name, "seed": wish.seed, "given": given, "most": assignment.most,
        "rubrics": assignment.rubrics, "ids": ids}, indent=1))  # fmt: skip


def finish(out: Path, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Read the marks given by hand, and write grades.csv, manual.csv, summary.html, feedback.

    Parameters
    ----------
    out
        The folder of results, with its rows.
    tell
        What to do with a line of progress.
    """
    run = json.loads((out / "run.json").read_text())
    most = run["most"]
    rows = [json.loads((out / "rows" / f"{slug(each)}.json").read_text()) for each in run["ids"]]
    by_judge = [dict(row["points"]) for row in rows]
    lines = marks.apply(rows, marks.read(out / "manual.csv"), run["rubrics"], most)
    for row, before in zip(rows, by_judge, strict=True):
        if row["status"] != "failed":
            _renew_feedback(out, row, before, most)
    columns = ["id", "assignment", *most, "total", "max", "status", "reason", "notes", "file"]
    table = []
    for row in rows:
        told = {key: row[key] for key in ("id", "assignment", "status", "reason", "file")}
        told["notes"] = "; ".join(row["notes"])
        if row["status"] != "failed":
            told |= {name: report.number(row["points"][name]) for name in most}
            told["total"] = report.number(sum(value or 0.0 for value in row["points"].values()))
            told["max"] = report.number(sum(most.values()))
        table.append(told)
    write_whole(out / "grades.csv", report.csv_text(columns, table))
    write_whole(out / "manual.csv", report.csv_text(marks.COLUMNS, lines))
    missing = (
        json.loads((out / "isolation.json").read_text())
        if (out / "isolation.json").exists()
        else []
    )
    title = f"{run['assignment']}, seed {run['seed']}"
    write_whole(out / "summary.html", report.summary_html(title, rows, most, missing))
    states = Counter(row["status"] for row in rows)
    tell(", ".join(f"{states[name]} {name}" for name in report.STATES)
         + f": see grades.csv, manual.csv, summary.html and feedback in {out}.")  # fmt: skip
    return rows


def _renew_feedback(
    out: Path, row: dict[str, Any], before: dict[str, float | None], most: dict[str, float]
) -> None:
    """Make a page again if marks by hand are not the ones it shows."""
    path = out / "feedback" / f"{slug(row['id'])}.html"
    stamp = f"<!-- {hashlib.sha256(json.dumps(row['points']).encode()).hexdigest()} -->"
    first = row["points"] == before and "<!-- " not in path.read_text()[-80:]
    if first or path.read_text().endswith(stamp):
        return
    graded = nbformat.read(out / "graded" / f"{slug(row['id'])}.ipynb", 4)
    page = report.feedback_html(graded, row["points"], most, row["assignment"])
    write_whole(path, page + stamp)


def merge(folders: list[Path], out: Path, tell: Callable[[str], None]) -> None:
    """Merge the results of shares of a folder, graded on several machines.

    Raises
    ------
    ValueError
        If they are not of one assignment, or two hold the same id.
    """
    runs = [json.loads((folder / "run.json").read_text()) for folder in folders]
    if any(run["given"] != runs[0]["given"] for run in runs):
        kinds = [f"{run['assignment']} {run['seed']}" for run in runs]
        raise ValueError(f"the results are not of the same assignment, seed and masters: {kinds}")
    ids = [each for run in runs for each in run["ids"]]
    if twice := [each for each, count in Counter(ids).items() if count > 1]:
        raise ValueError(f"more than one folder has the ids {', '.join(sorted(twice)[:10])}: "
                         "grade shares of one folder with --share 1/2, 2/2")  # fmt: skip
    with _alone(out):
        lines, missing = [], []
        for folder, run in zip(folders, runs, strict=True):
            for each in run["ids"]:
                for name in (f"rows/{slug(each)}.json", f"graded/{slug(each)}.ipynb",
                             f"feedback/{slug(each)}.html"):  # fmt: skip
                    if (folder / name).exists():
                        write_whole(out / name, (folder / name).read_text(encoding="utf-8"))
            given = marks.read(folder / "manual.csv")
            lines += [{"id": one, "question": question, "answer": answer.removeprefix("'"),
                       "rubric": run["rubrics"].get(question, ""),
                       "max": run["most"].get(question), "points": points}
                      for (one, question), (answer, points) in given.items()]  # fmt: skip
            if (folder / "isolation.json").exists():
                missing += json.loads((folder / "isolation.json").read_text())
        known = marks.read(out / "manual.csv")
        for line in lines:
            if not line["points"] and (line["id"], line["question"]) in known:
                line["points"] = known[line["id"], line["question"]][1]
        write_whole(out / "manual.csv", report.csv_text(marks.COLUMNS, lines))
        write_whole(out / "isolation.json", json.dumps(sorted(set(missing))))
        write_whole(out / "run.json", json.dumps(runs[0] | {"ids": sorted(ids)}, indent=1))
        finish(out, tell)
