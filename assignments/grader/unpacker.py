"""Unpack archives in a jail: what they hold comes out in blocks, and no more than may.

An archive has a process of its own, which has nothing but that open file. A file in it at which the
process ends, or takes too long, costs that file; those after it come from another process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assignments.grader import jail
from assignments.grader.inside.unpacking import BLOCK_BYTES, MAX_ENTRIES
from assignments.grader.quarters import MEMORY_BYTES, Process

LIST_SECONDS = 20.0
FILE_SECONDS = 60.0
MAX_LIST_BYTES = MAX_ENTRIES * 2**12
MAX_LINE_BYTES = 2**16


class PackedError(ValueError):
    """An archive, or a file in it, can't be unpacked; it says why, for the instructor."""


@dataclass(frozen=True)
class Entry:
    """A file in an archive: its number there, its name, and when it was changed."""

    number: int
    name: str
    changed: float


class Archive:
    """An archive, and the process that reads it.

    Parameters
    ----------
    path
        The archive.
    isolation
        What this machine can do to shut a process in.
    """

    def __init__(self, path: Path, isolation: jail.Isolation) -> None:
        self._path, self._isolation = path, isolation
        self._process: Process | None = None

    def entries(self) -> list[Entry]:
        """Return its files.

        Raises
        ------
        PackedError
            If it can't be read, holds too many, or to list them takes too long.
        """
        self.stop()
        with self._path.open("rb") as file:
            self._process = Process(
                self._isolation, "unpacking", {"archive": file.fileno()}, [file.fileno()]
            )
        found = self._answer(time.monotonic() + LIST_SECONDS, MAX_LIST_BYTES)
        try:
            listed = [(str(name), float(changed)) for name, changed in found["entries"]]
        except (KeyError, TypeError, ValueError) as error:
            raise PackedError("the archive can't be read: it has no list of its files") from error
        return [Entry(number, *one) for number, one in enumerate(listed)]

    def unpack(self, entry: Entry, store: Path, suffix: str, most_bytes: int) -> tuple[Path, int]:
        """Write a file to ``store``, named by its content; return its path and its size in bytes.

        Raises
        ------
        PackedError
            If it is broken, a link, takes too long, or holds more bytes than it may.
        """
        if self._process is None or not self._process.runs():
            self.entries()
        assert self._process is not None
        ends = time.monotonic() + FILE_SECONDS
        content, size = hashlib.sha256(), 0
        part = store / f".{os.getpid()}.part"
        try:
            with part.open("wb") as file:
                question = {"entry": entry.number, "most": most_bytes}
                self._process.tell(json.dumps(question).encode() + b"\n")
                while block_bytes := self._answer(ends, MAX_LINE_BYTES)["block"]:
                    size += block_bytes
                    if block_bytes > BLOCK_BYTES or size > most_bytes:
                        raise EOFError  # it was told not to send so much
                    block = self._process.block(block_bytes, ends)
                    content.update(block)
                    file.write(block)
            path = store / f"{content.hexdigest()}{suffix}"
            part.replace(path)
        # No other OSError: where the disk is full, that is what the instructor has to know.
        except (BrokenPipeError, TimeoutError, EOFError, KeyError, TypeError) as error:
            raise self._lost(error) from error
        finally:
            part.unlink(missing_ok=True)
        return path, size

    def _answer(self, ends: float, most_bytes: int) -> Any:
        """Return the next answer; raise PackedError if it is ``trouble``, or none comes."""
        assert self._process is not None
        try:
            found = json.loads(self._process.line(ends, most_bytes))
            trouble = found.get("trouble")
        except (OSError, EOFError, AttributeError, json.JSONDecodeError) as error:
            raise self._lost(error) from error
        if trouble:
            raise PackedError(str(trouble)[:300])
        return found

    def _lost(self, error: Exception) -> PackedError:
        """End the process, and return what became of it."""
        self.stop()
        if isinstance(error, TimeoutError):
            return PackedError("it can't be unpacked: that takes too long")
        return PackedError(
            "it can't be unpacked: the process that tried ended, as happens when it takes more "
            f"than {MEMORY_BYTES / 2**30:.0f} GiB of memory"
        )

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.stop()
            self._process = None


@contextlib.contextmanager
def opened(path: Path, isolation: jail.Isolation) -> Iterator[Archive]:
    """Give an archive, and end its process, whatever happens."""
    archive = Archive(path, isolation)
    try:
        yield archive
    finally:
        archive.stop()
