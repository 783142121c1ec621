"""A look at what was sent before anything is graded: what is in doubt stops a run, and is named.

A file without a number, a number that two files bear, a notebook of another seed or of another
assignment: each is easy to mend as long as nothing is graded, and hard to see afterward. Who has
seen it goes on; what was seen once is not asked again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from assignments.grader.files import write_whole
from assignments.grader.records import Options, Submission, Tell

SEEN = "seen.json"
MOST_LINES = 40


class InDoubtError(ValueError):
    """Something that was sent is in doubt; it names each, and says how to go on."""


def doubts(submissions: Iterable[Submission], options: Options) -> list[str]:
    """Return what is in doubt, a line for each."""
    found = []
    for each in submissions:
        if each.trouble:
            found.append(f"{each.found.path}: {each.trouble}")
            continue
        if len(each.paths) > 1 and not each.by_platform:
            found.append(
                f"{', '.join(each.paths)}: the same number, {each.id}; if one student sent them, "
                "the newest counts, and if two did, one of them would be lost"
            )
        if each.found.seed not in ("", str(options.seed)):
            found.append(
                f"{each.found.path}: made for the seed {each.found.seed}, but this run is for "
                f"{options.seed}"
            )
    return found


def look(submissions: list[Submission], options: Options, tell: Tell) -> None:
    """Tell who was recognized how, and stop where something is in doubt that nobody has seen.

    Raises
    ------
    InDoubtError
        If something is in doubt, and `options` do not say to go on.
    """
    known = sum(each.by_platform for each in submissions)
    late = sum(each.late for each in submissions)
    tell(
        f"{len(submissions)} submissions: {known} known by the platform's number, "
        f"{len(submissions) - known} by a number in their names"
        + (f"; {late} late" if late else "")
        + "."
    )
    found = doubts(submissions, options)
    path = options.out / SEEN
    seen = _seen(path)
    new = [line for line in found if line not in seen]
    if new and not options.go_on:
        listed = [f"  {line}" for line in new[:MOST_LINES]]
        if len(new) > MOST_LINES:
            listed.append(f"  and {len(new) - MOST_LINES} more")
        raise InDoubtError(
            "Nothing is graded yet, because this is in doubt:\n" + "\n".join(listed) + "\n"
            "Rename files, remove copies, or give the seed of the release (SEED=…; --seed …). "
            "Or go on with things as they are (make grade … GO_ON=1; --go-on): what can't be "
            "graded then gets a row that says why."
        )
    if found:
        write_whole(path, json.dumps(found, indent=1) + "\n")


def _seen(path: Path) -> set[str]:
    try:
        lines = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return set()
    return {line for line in lines if isinstance(line, str)} if isinstance(lines, list) else set()
