"""Unpack an archive that a student sent: in a jail, since what it says of itself may be anything.

The archive comes as an open file. First all of its files are listed, then one after the other is
asked for and answered in blocks, so that no more is held or sent than the one who asks will take.
"""

from __future__ import annotations

import json
import os
import stat
import time
import zipfile
from typing import Any, BinaryIO

from . import answering

MAX_ENTRIES = 20_000
BLOCK_BYTES = 2**20


def main(text: str) -> None:
    """Give up rights, set limits, list the archive, and answer until no more is asked.

    Parameters
    ----------
    text
        Settings, as JSON: ``user`` and ``limits``, as for `sandbox.main`, and ``archive``, the
        descriptor of the open file.
    """
    settings = json.loads(text)
    questions, answers = answering.begin(settings)
    answering.answer(answers, {"ready": True})
    with os.fdopen(settings["archive"], "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                answering.answer(answers, listed(entries))
                while line := questions.readline():
                    question = json.loads(line)
                    send(archive, entries[question["entry"]], question["most"], answers)
        # Broken archives fail in many ways: a name that is no UTF-8, a wrong length.
        except Exception as error:
            answering.answer(answers, {"trouble": f"the archive can't be read: {error}"})


def listed(entries: list[zipfile.ZipInfo]) -> dict[str, Any]:
    """Return the name and time of each file, or ``trouble``: why there is nothing to give."""
    if len(entries) > MAX_ENTRIES:
        return {"trouble": f"the archive holds {len(entries)} files: too many"}
    return {"entries": [[entry.filename, _time(entry)] for entry in entries]}


def send(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most_bytes: int, answers: BinaryIO
) -> None:
    """Answer what a file holds, in blocks, each after a line with its size, or ``trouble``."""
    size = 0
    try:
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ValueError("it is a link")
        with archive.open(entry) as file:
            # What an entry says of its own length is not believed.
            while block := file.read(BLOCK_BYTES):
                size += len(block)
                if size > most_bytes:
                    raise ValueError(
                        f"it holds more than {most_bytes / 2**20:.0f} MiB, which is too much for a "
                        "notebook, or for an archive of this size"
                    )
                answering.answer(answers, {"block": len(block)})
                answers.write(block)
    # Broken, encrypted, packed in a way that Python does not know: each library fails in its own.
    except Exception as error:
        answering.answer(answers, {"trouble": f"it can't be unpacked: {error}"})
    else:
        answering.answer(answers, {"block": 0})


def _time(entry: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0
