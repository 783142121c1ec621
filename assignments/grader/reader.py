"""Read what students sent in a jail, one file after the other, each within its limits.

One process reads them all, since it takes a second to start. A file at which it ends, or takes too
long, costs that file; the next one is read by another process.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from assignments.grader import jail, notebooks
from assignments.grader.inside.reading import MAX_TEXT_BYTES, UnreadableError
from assignments.grader.quarters import MEMORY_BYTES, Process

READ_SECONDS = 20.0
MAX_ANSWER_BYTES = 8 * MAX_TEXT_BYTES  # as JSON, in which a character may take six


class Reader:
    """Reads files in a jail.

    Parameters
    ----------
    isolation
        What this machine can do to shut a process in.
    """

    def __init__(self, isolation: jail.Isolation) -> None:
        self._isolation = isolation
        self._process: Process | None = None

    def read(self, name: str, data: bytes) -> NotebookNode:
        """Return the notebook in a file.

        Parameters
        ----------
        name
            The file's name, for its ending.
        data
            What is in the file.

        Raises
        ------
        notebooks.UnreadableError
            If it can't be read, or not within the limits.
        """
        if self._process is None or not self._process.runs():
            self._process = Process(self._isolation, "reading")
        header = json.dumps({"name": Path(name).suffix, "size": len(data)}).encode()
        ends = time.monotonic() + READ_SECONDS
        try:
            self._process.tell(header + b"\n" + data)
            found = json.loads(self._process.line(ends, MAX_ANSWER_BYTES))
            if trouble := found.get("trouble"):
                raise UnreadableError(str(trouble)[:300])
            return notebooks.made_of(found)
        except TimeoutError as error:
            self.stop()
            raise UnreadableError(
                f"reading the file takes more than {READ_SECONDS:.0f} seconds"
            ) from error
        except (OSError, EOFError, KeyError, TypeError, AttributeError,
                json.JSONDecodeError) as error:  # fmt: skip
            self.stop()
            raise UnreadableError(
                "reading the file ended the process that read it, as happens when it takes more "
                f"than {MEMORY_BYTES / 2**30:.0f} GiB of memory"
            ) from error

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.stop()
            self._process = None


@contextlib.contextmanager
def started(isolation: jail.Isolation) -> Iterator[Reader]:
    """Give a reader, and end its process, whatever happens."""
    reader = Reader(isolation)
    try:
        yield reader
    finally:
        reader.stop()
