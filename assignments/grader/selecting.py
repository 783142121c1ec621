"""Which file is whose: the assignment that is graded, and one submission for each student."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import nbformat

from assignments.grader import intake, notebooks
from assignments.grader.assignment import Assignment
from assignments.grader.files import write_whole
from assignments.grader.inside.reading import MAX_FILE_BYTES, UnreadableError
from assignments.grader.reader import Reader
from assignments.grader.records import Found, Options, Submission


def select(
    files: Iterable[Found],
    assignments: Mapping[str, Assignment],
    options: Options,
    reader: Reader,
    store: Path,
) -> tuple[Assignment, list[Submission]]:
    """Return the assignment that is graded, and one submission for each id of this share.

    Of each file the reader makes a clean notebook, which goes to ``store``; what a student sent is
    not read again.

    Raises
    ------
    ValueError
        If no file, or files of two assignments alike, tell which it is, and the options do not.
    """
    looked_at = [_look_at(found, assignments, reader, store) for found in files]
    name = options.assignment or _most_common(kind for _, kind, _ in looked_at)
    if name not in assignments:
        raise ValueError(f"there is no assignment {name!r}; there are {sorted(assignments)}")
    no_ids = sorted([*assignments, str(options.seed)], key=len, reverse=True)
    by_id: dict[str, list[tuple[Found, str]]] = {}
    for found, kind, trouble in looked_at:
        troubles = [trouble] if trouble else []
        if kind not in {None, name}:
            troubles = [f"it is a notebook of the assignment {kind}, not of {name}"]
        student = intake.find_id(found.path, options.id_pattern or intake.ID_PATTERN, no_ids)
        if student is None:
            troubles.append("no id in the file's name or its folder's: rename it, or say how ids "
                            "look, as in OPTIONS=\"--id '^(?P<id>[^/]+)/'\"")  # fmt: skip
        # Without an id the file's path stands for it, so that the row can be found.
        by_id.setdefault(student or found.path, []).append((found, "; ".join(troubles)))
    return assignments[name], [
        _newest(student, those, options, no_ids)
        for student, those in sorted(by_id.items())
        if in_share(student, options.share)
    ]


def _look_at(
    found: Found, assignments: Mapping[str, Assignment], reader: Reader, store: Path
) -> tuple[Found, str | None, str]:
    """Return a file as it was read, its assignment, and why it can't be graded, if it can't."""
    if found.trouble:
        return found, None, found.trouble
    suffix = intake.suffix_of(found.path)
    if suffix not in intake.GRADABLE:
        return found, None, f"a {suffix or 'nameless'} file is not a notebook; send .ipynb or .md"
    if found.file is None:
        return found, None, ""
    known = {name: assignment.autograder for name, assignment in assignments.items()}
    try:
        if found.file.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableError(
                f"the file is too large: more than {MAX_FILE_BYTES / 2**20:.0f} MiB"
            )
        notebook = reader.read(f"file{suffix}", found.file.read_bytes())
    except UnreadableError as error:
        return found, None, str(error)
    text = nbformat.writes(notebook)
    clean = store / f"{hashlib.sha256(text.encode()).hexdigest()}.clean.ipynb"
    write_whole(clean, text)
    kind = notebooks.recognize(notebook, known)
    seed = str(notebook.metadata.get("convcost_assignment", {}).get("seed", ""))
    found = dataclasses.replace(found, file=clean, seed=seed)
    return found, kind, "" if kind else "it is not a notebook of these assignments"


def _most_common(kinds: Iterable[str | None]) -> str:
    counts = Counter(kind for kind in kinds if kind)
    if not counts:
        raise ValueError("no file is a notebook of these assignments: is the folder the right one? "
                         "Or name the assignment (ASSIGNMENT=name; --assignment name)")  # fmt: skip
    (name, count), *others = counts.most_common()
    if others and others[0][1] == count:
        raise ValueError(f"the folder holds {dict(counts)}: say which to grade "
                         "(ASSIGNMENT=name; --assignment name)")  # fmt: skip
    return name


def _newest(
    student: str, those: list[tuple[Found, str]], options: Options, no_ids: list[str]
) -> Submission:
    """Return the newest of a student's files that can be graded; of equal age, the last by name."""
    best, trouble = max(those, key=lambda one: (not one[1], one[0].changed, one[0].path))
    notes = []
    if len(those) > 1:
        others = ", ".join(found.path for found, _ in those if found is not best)
        notes.append(f"graded {best.path}, the newest that can be graded; not {others}")
    default = options.id_pattern in (None, intake.ID_PATTERN)
    return Submission(
        student,
        best,
        trouble,
        tuple(notes),
        paths=tuple(found.path for found, _ in those),
        by_platform=not default or intake.platform_number(best.path, no_ids) is not None,
        late=intake.is_late(best.path),
    )


def in_share(student: str, share: tuple[int, int]) -> bool:
    """Return whether an id belongs to share k of n: the same on every machine."""
    number, count = share
    return int(hashlib.sha256(student.encode()).hexdigest(), 16) % count == number - 1
