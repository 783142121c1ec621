"""Read what students send, whatever it holds: in a jail, since readers of foreign files are large.

A reader takes one file after the other over its standard input, and answers each with what matters
of a notebook, as plain values: the text of its cells, by which of the given cells each was, and
which assignment it says to be. None of a student's code runs here.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

from . import answering

MAX_FILE_BYTES = 64 * 2**20
MAX_CELLS = 2_000
MAX_TEXT_BYTES = 20 * 2**20
"""What all cells together may hold; outputs are not read, and may be larger."""


class UnreadableError(ValueError):
    """A file is no notebook that can be graded; it says why, for the instructor."""


def main(text: str) -> None:
    """Give up rights, set limits, and answer until no more comes.

    Parameters
    ----------
    text
        Settings, as JSON: ``user`` and ``limits``, as for `sandbox.main`.
    """
    settings = json.loads(text)
    questions, answers = answering.begin(settings)
    warnings.simplefilter("ignore")
    import jupytext
    import nbformat

    _ = jupytext, nbformat  # they take a while: from now on, time counts
    answering.answer(answers, {"ready": True})
    while header := questions.readline():
        question = json.loads(header)
        data = questions.read(question["size"])
        answering.answer(answers, answer(question["name"], data))


def answer(name: str, data: bytes) -> dict[str, Any]:
    """Return what a file holds, or ``trouble``: why it can't be graded."""
    try:
        return read(name, data)
    except UnreadableError as error:
        return {"trouble": str(error)}
    except MemoryError:
        return {"trouble": "reading the file takes more memory than a notebook may"}


def read(name: str, data: bytes) -> dict[str, Any]:
    """Return what matters of the notebook in a file, whatever its format was.

    Parameters
    ----------
    name
        The file's name, for its ending.
    data
        What is in the file.

    Returns
    -------
    dict
        ``cells``: of each whether it is ``code``, its ``source`` and its ``grade_id`` or None;
        ``hint``: the ``name`` and ``seed`` of the assignment that it says to be.

    Raises
    ------
    UnreadableError
        If it cannot be read.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(f"the file is too large: {len(data) / 2**20:.0f} MiB, "
                              f"at most {MAX_FILE_BYTES / 2**20:.0f}")  # fmt: skip
    if not data.strip():
        raise UnreadableError("the file is empty")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"the file is not text in UTF-8: {error.reason}") from error
    try:
        if name.lower().endswith(".md"):
            import jupytext

            return _what_matters(jupytext.reads(text, fmt="md:myst"))
        return _what_matters(_from_json(text))
    except (UnreadableError, MemoryError):
        raise
    except RecursionError as error:
        raise UnreadableError("the file is nested too deep") from error
    # Readers of foreign files fail in as many ways as there are broken files.
    except Exception as error:
        raise UnreadableError(
            f"the file can't be read as a notebook: {type(error).__name__}: {error}"[:300]
        ) from error


def _from_json(text: str) -> dict[str, Any]:
    import nbformat

    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        hint = "it looks like a web page, " if text.lstrip().startswith("<") else ""
        raise UnreadableError(f"the file is not a notebook: {hint}not JSON ({error})") from error
    if not isinstance(data, dict) or not isinstance(data.get("nbformat"), int):
        raise UnreadableError("the file is JSON, but not a notebook")
    major = data["nbformat"]
    if major < 4:
        converted: dict[str, Any] = nbformat.convert(nbformat.reader.reads(text), 4)
        return converted
    if major > 4:
        raise UnreadableError(f"the notebook's format {major} is newer than this grader's")
    return data


def _what_matters(notebook: dict[str, Any]) -> dict[str, Any]:
    found = notebook.get("cells")
    if not isinstance(found, list) or len(found) > MAX_CELLS:
        raise UnreadableError("the notebook has no list of cells, or too long a one")
    cells = []
    for cell in found:
        source = cell.get("source", "") if isinstance(cell, dict) else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise UnreadableError("a cell of the notebook has no text")
        is_code = cell.get("cell_type") == "code"
        cells.append({"code": is_code, "source": source, "grade_id": grade_id_of(cell)})
    if sum(len(cell["source"]) for cell in cells) > MAX_TEXT_BYTES:
        raise UnreadableError(
            f"the notebook's cells hold more than {MAX_TEXT_BYTES / 2**20:.0f} MiB"
        )
    metadata = notebook.get("metadata", {})
    hint = metadata.get("convcost_assignment") if isinstance(metadata, dict) else None
    hint = hint if isinstance(hint, dict) else {}
    return {"cells": cells, "hint": {
        key: hint[key] for key in ("name", "seed")
        if isinstance(hint.get(key), (str, int)) and len(str(hint[key])) < 100
    }}  # fmt: skip


def grade_id_of(cell: dict[str, Any]) -> str | None:
    """Return which of the given cells a cell says to be."""
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    return grade_id if isinstance(grade_id, str) and len(grade_id) < 200 else None
