"""Find submissions in what a learning platform gives, and whose they are."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from assignments.grader import jail, unpacker
from assignments.grader.files import readable
from assignments.grader.inside.reading import MAX_FILE_BYTES
from assignments.grader.records import Found

# An id is letters and digits, with three digits at least, in the file's name or else in its
# folders', the innermost first.
ID_PATTERN = r"(?<![A-Za-z0-9])(?P<id>[A-Za-z]{0,12}\d{3,12}[A-Za-z]{0,3})(?![A-Za-z0-9])"
# But where a learning platform has named a folder, a file or an archive, with the student's number
# there, whatever stands after it is the student's own choice. Moodle: `Name_40001_assignsubmission_
# file_`; Canvas: `name_501001_70001_file.ipynb`, or `name_LATE_501001_70001_file.ipynb`.
_MOODLE = re.compile(r".*?_(?P<id>\d+)_assignsubmission_")
_CANVAS = re.compile(r"[^\W\d_]+(?:_LATE)?_(?P<id>\d+)_\d+_")
GRADABLE = {".ipynb", ".md"}
# What systems, and nbgrader's exchange, put beside what a student sent.
CLUTTER = {"Thumbs.db", "desktop.ini", "timestamp.txt", "submission_secret.txt"}
MAX_ARCHIVE_BYTES = 2 * 2**30
# An honest archive holds no more than so many times its own size, or is small.
MOST_TIMES, FREE_BYTES = 100, 64 * 2**20
MAX_DEPTH = 3


def collect(folder: Path, store: Path, isolation: jail.Isolation) -> Iterator[Found]:
    """Yield every file below a folder, and in archives there, in the order of their paths.

    Archives are unpacked in a jail. Their bytes go to files in ``store`` that are named by their
    content, so no name that an archive holds is ever used as a path.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or archive.
    """
    if not folder.exists():
        raise FileNotFoundError(f"{folder} does not exist; give a folder of submissions, or a .zip")
    store.mkdir(exist_ok=True)
    if folder.is_file():
        yield from _from_file(folder, folder.name, store, isolation)
        return
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_clutter(name))
        for name in sorted(names):
            path = Path(place, name)
            if not _is_clutter(name):
                shown = path.relative_to(folder).as_posix()
                yield from _from_file(path, shown, store, isolation)


def suffix_of(name: str) -> str:
    """Return a file's ending; some browsers save a notebook as ``.ipynb.txt``."""
    suffix, without = PurePosixPath(name.lower()).suffix, name.lower().removesuffix(".txt")
    return found if (found := PurePosixPath(without).suffix) in GRADABLE else suffix


def _is_clutter(name: str) -> bool:
    # A notebook without a name before its ending was sent by somebody; macOS's `._` was not.
    hidden = name.startswith(".") and (name.startswith("._") or not name.endswith(".ipynb"))
    return hidden or name.startswith("__MACOSX") or name in CLUTTER


def _from_file(
    path: Path, display_path: str, store: Path, isolation: jail.Isolation
) -> Iterator[Found]:
    # What was named in another encoding: bytes that are no UTF-8 become question marks.
    display_path = readable(os.fsencode(display_path).decode("utf-8", "replace"))
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        yield Found(display_path, None, status.st_mtime, "it is a link or a device, not a file")
        return
    if not os.access(path, os.R_OK):
        yield Found(
            display_path, None, status.st_mtime, "the file can't be read: permission denied"
        )
        return
    if path.suffix.lower() == ".zip":
        budget = _Budget(MAX_ARCHIVE_BYTES)
        yield from _from_archive(path, display_path, store, isolation, 1, budget)
        return
    yield Found(display_path, path, status.st_mtime)


class _Budget:
    """How many bytes an archive may still hold; what is in it counts for those around it, too."""

    def __init__(self, most_bytes: int, outer: _Budget | None = None) -> None:
        self._left, self._outer = most_bytes, outer

    def left(self) -> int:
        """Return how many are left, here and around it."""
        return min(self._left, self._outer.left()) if self._outer else self._left

    def take(self, count: int) -> None:
        """Use some of them."""
        self._left -= count
        if self._outer:
            self._outer.take(count)


def _from_archive(
    path: Path,
    display_path: str,
    store: Path,
    isolation: jail.Isolation,
    depth: int,
    outer: _Budget,
) -> Iterator[Found]:
    changed = path.stat().st_mtime
    budget = _Budget(FREE_BYTES + MOST_TIMES * path.stat().st_size, outer)
    with unpacker.opened(path, isolation) as archive:
        try:
            entries = archive.entries()
        except (unpacker.PackedError, OSError) as error:
            yield Found(display_path, None, changed, f"{error}")
            return
        for entry in sorted(entries, key=lambda entry: entry.name):
            parts = PurePosixPath(entry.name.replace("\\", "/")).parts
            if any(_is_clutter(part) for part in parts if part not in {"..", "/"}):
                continue
            # For people to read, and to find an id in; never a path that is opened.
            inner = readable("/".join(
                [display_path.removesuffix(".zip"), *(p for p in parts if p not in {"..", "/"})]
            ))  # fmt: skip
            suffix = suffix_of(entry.name)
            if suffix not in GRADABLE | {".zip"}:
                trouble = f"a {suffix or 'nameless'} file is not a notebook"
                yield Found(inner, None, entry.changed, trouble)
                continue
            left_bytes = budget.left()
            max_bytes = min(MAX_FILE_BYTES, left_bytes) if suffix != ".zip" else left_bytes
            try:
                file, size = archive.unpack(entry, store, suffix, max_bytes)
            except unpacker.PackedError as error:
                yield Found(inner, None, entry.changed, f"{error}")
                continue
            budget.take(size)
            if suffix != ".zip":
                yield Found(inner, file, entry.changed)
            elif depth < MAX_DEPTH:
                yield from _from_archive(file, inner, store, isolation, depth + 1, budget)
            else:
                yield Found(inner, None, entry.changed, "archives are nested too deep")


def find_id(path: str, pattern: str, ignored: list[str]) -> str | None:
    """Return the id in a file's path, or None.

    Parameters
    ----------
    path
        Relative, with ``/``.
    pattern
        A regular expression, with the id as its group ``id`` (or as the whole match).
    ignored
        Words that are no ids, as assignments' names and the seed.
    """
    expression = re.compile(pattern)
    if pattern != ID_PATTERN:
        match = expression.search(path)
        return _group(match) if match else None
    given = platform_number(path, ignored)
    found = (expression.search(part) for part in reversed(_cleared(path, ignored)))
    match = next(filter(None, found), None)
    return given or (_group(match) if match else None)


def platform_number(path: str, ignored: list[str]) -> str | None:
    """Return the number that a learning platform gave to whoever sent a file, or None."""
    match = platform_match(path, ignored)
    return match["id"] if match else None


def platform_match(path: str, ignored: list[str]) -> re.Match[str] | None:
    """Return what a learning platform put before a student's own words, with its group ``id``."""
    parts = zip(_parts(path), _cleared(path, ignored), strict=True)
    named = (_MOODLE.match(part) or _CANVAS.match(clear) for part, clear in parts)
    return next(filter(None, named), None)


def is_late(path: str) -> bool:
    """Say whether Canvas marked a file as late, in its name."""
    return any(re.match(r"[^\W\d_]+_LATE_\d+_\d+_", part) for part in path.split("/"))


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    return [*parts[:-1], parts[-1].rpartition(".")[0]]


def _cleared(path: str, ignored: list[str]) -> list[str]:
    """Return the parts of a path without whole words that are no ids, and without "(2)"."""
    no_ids = "|".join(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])" for word in ignored)
    # That is the number of a copy that a browser made.
    pattern = rf"\(\d+\)|{no_ids}" if no_ids else r"\(\d+\)"
    return [re.sub(pattern, " ", part) for part in _parts(path)]


def _group(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    return (groups.get("id") if groups else match[1] if match.re.groups else match[0]) or None
