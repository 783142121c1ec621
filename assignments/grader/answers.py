"""Find answers where students put them: in the cells for them, beside these, and in their place.

A written answer may stand in a new cell below its question, in the question itself, in a cell of
code; a cell may have been cut in two, or deleted and typed anew. What stands between two cells that
bear a mark of nbgrader's and was not handed out belongs to the answer there. What has no such home
is noted, so that somebody looks.
"""

from __future__ import annotations

import ast
import dataclasses
import keyword
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence

from nbformat import NotebookNode

# Longer cells of a student's own are taken as code, unread.
_MAX_PARSED = 20_000
# A line of fewer words may stand in any answer, as "$$" does.
_FEWEST_WORDS = 3
_WORD = r"[^\W\d_]+"
_WORDS_IN_A_ROW = re.compile(rf"{_WORD}(?:[ ,'’]+{_WORD}){{3}}")
_KEYWORD = re.compile(rf"\b(?:{'|'.join(keyword.kwlist)})\b")
# In Chinese or Japanese no spaces part the words.
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{4}")
# The site's notebooks lead to the site where those for a class lead elsewhere.
_TARGET = re.compile(r"\]\([^)\s]*\)")


@dataclasses.dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes
    ----------
    order
        The grade_ids of all cells that bear one, in the order in which they were handed out.
    written
        What stands in each cell for a written answer before anything is written.
    code
        The grade_ids of the cells for code.
    released
        The texts of the cells without a mark, as they were handed out.
    locked
        The texts of locked cells and tests: a copy of one is nobody's answer.
    """

    order: Sequence[str]
    written: Mapping[str, Sequence[str]]
    code: Iterable[str]
    released: Iterable[str]
    locked: Iterable[str]


@dataclasses.dataclass(frozen=True)
class Gathered:
    """What was found.

    Attributes
    ----------
    written
        The whole text of each written answer of which there is any.
    code
        For cells for code that are gone: what stands in their place.
    moved
        The places, in the submission, of cells that are part of an answer now and nothing else.
    beside
        The grade_ids of written answers of which a part stood in another cell.
    homeless
        The places of texts that belong to no answer, each with the grade_id of the cell above.
    """

    written: dict[str, str]
    code: dict[str, str]
    moved: set[int]
    beside: list[str]
    homeless: dict[int, str | None]


@dataclasses.dataclass(frozen=True)
class _Item:
    """A cell of the submission: with a grade_id, or of the release, or the student's own (text)."""

    place: int
    grade_id: str | None = None
    text: str | None = None
    is_code: bool = False


def gather(cells: Sequence[NotebookNode], asked: Asked) -> Gathered:
    """Return the answers of a submission that are not just one cell each.

    Parameters
    ----------
    cells
        The submission's, clean, with ``grade_id`` in their metadata.
    asked
        What was asked for.
    """
    items = list(_items(cells, asked))
    parts: dict[str, list[tuple[int, str]]] = {name: [] for name in asked.written}
    code: dict[str, list[str]] = {}
    there = {item.grade_id for item in items if item.grade_id}
    moved: set[int] = set()
    beside: set[str] = set()
    alone: list[int] = []
    for number, item in enumerate(items):
        if item.grade_id in parts:
            if parts[item.grade_id]:  # cut in two, with the mark on both
                beside.add(item.grade_id)
                moved.add(item.place)
            parts[item.grade_id].append((item.place, cells[item.place].source))
        if item.text is None:
            continue
        home = _home(items, number, asked, there)
        if home in parts:
            parts[home].append((item.place, item.text))
            beside.add(home)
            moved |= set() if item.is_code else {item.place}
        elif home is not None:
            code.setdefault(home, []).append(cells[item.place].source)
            moved.add(item.place)
        elif not item.is_code:
            alone.append(number)
    texts = {name: _joined(found, asked.written[name]) for name, found in parts.items()}
    homeless = {}
    for number in alone:
        item, above = items[number], _nearest(items, number, -1, marked=True)
        # Above all of them stand names and the like.
        empty = _nearest_empty(above.grade_id, texts, asked.order) if above else None
        if empty is None:
            homeless[item.place] = above.grade_id if above else None
        else:
            parts[empty].append((item.place, str(item.text)))
            beside.add(empty)
            moved.add(item.place)
    texts = {name: _joined(found, asked.written[name]) for name, found in parts.items()}
    return Gathered(
        written={name: text for name, text in texts.items() if text},
        code={name: "\n\n".join(found) for name, found in code.items()},
        moved=moved,
        beside=[name for name in asked.order if name in beside and texts[name]],
        homeless=homeless,
    )


# -- whose is a cell -------------------------------------------------------------------------------


def _items(cells: Sequence[NotebookNode], asked: Asked) -> Iterable[_Item]:
    released = [_plain(text) for text in asked.released]
    released += [_plain(stub) for stubs in asked.written.values() for stub in stubs]
    lines = {_plain(line) for text in asked.released for line in text.splitlines()}
    lines = {line for line in lines if len(line.split()) >= _FEWEST_WORDS}
    seen = set()
    for place, cell in enumerate(cells):
        grade_id = cell.metadata.get("grade_id")
        if grade_id in asked.order:
            # A second cell of code with the same mark is looked at elsewhere.
            if grade_id not in seen or grade_id in asked.written:
                yield _Item(place, grade_id=grade_id)
            seen.add(grade_id)
        elif cell.cell_type == "code":
            if cell.source.strip() and cell.source.strip() not in asked.locked:
                prose = prose_of(cell.source)
                quoted = f"```python\n{cell.source}\n```"
                yield _Item(place, text=prose or quoted, is_code=prose is None)
        elif _plain(cell.source) in released:
            yield _Item(place)
        else:
            before, own, after = _apart(cell.source, lines)
            if before:
                yield _Item(place)
            if own:
                yield _Item(place, text=own)
            if after:
                yield _Item(place)


def _plain(text: str) -> str:
    return " ".join(_TARGET.sub("]", text).split())


def _apart(text: str, lines: set[str]) -> tuple[bool, str, bool]:
    """Part what a student wrote from lines of the release above and below it, in one cell."""
    own = text.splitlines()
    first, last = 0, len(own)
    while first < last and (_plain(own[first]) in lines or not own[first].strip()):
        first += 1
    while last > first and (_plain(own[last - 1]) in lines or not own[last - 1].strip()):
        last -= 1
    before = any(line.strip() for line in own[:first])
    after = any(line.strip() for line in own[last:])
    return before, "\n".join(own[first:last]), after


def _nearest(items: Sequence[_Item], number: int, step: int, marked: bool) -> _Item | None:
    """Return the nearest cell above (-1) or below (1) that is not the student's own."""
    number += step
    while 0 <= number < len(items):
        if items[number].text is None and (items[number].grade_id or not marked):
            return items[number]
        number += step
    return None


def _home(items: Sequence[_Item], number: int, asked: Asked, there: set[str | None]) -> str | None:
    """Return the answer to which a student's own cell belongs."""
    beside = [_nearest(items, number, step, marked=False) for step in (-1, 1)]
    above, below = (_nearest(items, number, step, marked=True) for step in (-1, 1))
    # A cell of code runs where it stands, so it gets lost nowhere: it is quoted in an answer only
    # where it stands right beside it.
    for item in beside if items[number].is_code else [*beside, above, below]:
        if item is not None and item.grade_id in asked.written:
            return item.grade_id
    order = list(asked.order)
    first = order.index(above.grade_id) if above and above.grade_id else -1
    last = order.index(below.grade_id) if below and below.grade_id else len(order)
    gone = [name for name in order[first + 1 : last] if name not in there]
    kinds = [asked.code, asked.written] if items[number].is_code else [asked.written]
    return next((name for kind in kinds for name in gone if name in kind), None)


def _nearest_empty(above: str | None, texts: Mapping[str, str], order: Sequence[str]) -> str | None:
    """Return the first empty written answer below a cell, or else the last above it."""
    start = order.index(str(above))
    empty = [name for name in order if name in texts and not texts[name]]
    return next((name for name in empty if order.index(name) > start), empty[-1] if empty else None)


# -- what a cell says ------------------------------------------------------------------------------


def _joined(parts: Iterable[tuple[int, str]], stubs: Sequence[str]) -> str:
    """Return one text of several parts, without what was there before and what stands twice."""
    empty = {_plain(stub) for stub in stubs} | {""}
    texts = (text for _, text in sorted(parts) if _plain(text) not in empty)
    return "\n\n".join(dict.fromkeys(texts))


def prose_of(source: str) -> str | None:
    """Return the words in a cell of code that holds no code but words, as comments or as they are.

    Parameters
    ----------
    source
        What stands in a cell of code.

    Returns
    -------
    str or None
        The words without marks of comments and quotes; None if it may be code.
    """
    if len(source) > _MAX_PARSED or re.search(r"^\s*[%!]", source, re.MULTILINE):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source if _reads_as_words(source) else None
    if _WITHOUT_SPACES.search(source) and all(isinstance(each, ast.Expr) for each in statements):
        return source  # to Python, such a sentence is a name
    texts = [
        statement.value.value
        for statement in statements
        if isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ]
    if len(texts) < len(statements):
        return None
    comments = re.findall(r"^[ \t]*#+[ \t]?(.*)$", source, re.MULTILINE) if not texts else []
    words = "\n\n".join(texts) or "\n".join(comments)
    return words if _reads_as_words(words) else None


def _reads_as_words(text: str) -> bool:
    without = _KEYWORD.sub(";", text)
    return bool(_WORDS_IN_A_ROW.search(without) or _WITHOUT_SPACES.search(text))
