"""How large a page of feedback may grow, whatever a student wrote.

A page makes more of what it is given: code gets its colors, and of Markdown a few KiB can stand for
many MiB. nbconvert takes a minute for some MiB of text. What cells show is limited in `outputs`.
"""

from __future__ import annotations

import copy
import html
import re

from nbformat import NotebookNode

MAX_CELL, MAX_CELLS = 20_000, 200_000
"""The characters of a cell, and of all together; an assignment's are some 30,000."""

MAX_MADE = 1_000_000
"""The characters of HTML that one text of Markdown may become."""

_DEFINED = re.compile(r"^ {0,3}\[[^\]]+\]:.*(?:\n.+)*", re.MULTILINE)


def cut(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook whose cells together hold no more text than a page may."""
    left = MAX_CELLS
    short = copy.deepcopy(notebook)
    for cell in short.cells:
        room = min(MAX_CELL, left)
        left = max(0, left - len(cell.source))
        if len(cell.source) > room:
            more = len(cell.source) - room
            cell.source = f"{cell.source[:room]}\n[{more:,} more characters are not shown here]"
    return short


def may_swell(text: str) -> bool:
    """Say whether Markdown may become far longer than it is.

    A table has all cells of its rows, also those that are not written; what is defined once can be
    referred to a thousand times.
    """
    lines = text.splitlines()
    columns = max((line.count("|") for line in lines), default=0)
    rows = sum("|" in line for line in lines) if columns > 1 else 0
    # A row may have fewer cells than the first, or none.
    rows = len(lines) if rows > 1 else 0
    longest = max((len(found) for found in _DEFINED.findall(text)), default=0)
    return 10 * rows * columns > MAX_MADE or text.count("[") * longest > MAX_MADE


def as_it_is(text: str) -> str:
    """Return a text as HTML that shows it as it was written."""
    return f"<pre>{html.escape(text)}</pre>"
