"""Run a page's cells: with Python's standard library, the part of convcost beside it, and no more.

This one file runs in two places. While the book is built, in a bare Python, it says which cells
need nothing else (see `cells.py`); in a reader's browser it runs them (see `worker.js`). So what a
page offers to run is what has been run, with the same output.

Each run begins with an empty namespace and takes the cells above that it needs with it: what was
run before, and in which order, makes no difference.
"""

from __future__ import annotations

import ast
import contextlib
import json
import linecache
import pprint
import random
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from names import needed

# What is shown of an output: a screenful, and as much again to scroll. The rest is counted.
MOST_LINES, MOST_CHARACTERS = 80, 8_000
WIDTH = 79
# More of a list or dictionary nobody reads, and to lay it out takes seconds.
MOST_ITEMS = 1_000
# The lines of a chain of calls that are shown, from its end.
MOST_CALLS = 6


class Printed:
    """What is printed, to a screenful; what comes after is counted and dropped."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.room = MOST_CHARACTERS
        self.dropped = 0

    def write(self, text: str) -> int:
        """Keep a text while there is room."""
        if not isinstance(text, str):
            raise TypeError(f"write() takes text, not {type(text).__name__}")
        part = text[: self.room]
        if part:
            self.kept.append(part)
        self.room -= len(part)
        self.dropped += len(text) - len(part)
        return len(text)

    def flush(self) -> None:
        """Do nothing: all is kept here."""

    def isatty(self) -> bool:
        """Say that nobody types here."""
        return False


def cut(text: str, dropped: int = 0) -> str:
    """Return the beginning of a text, with a word on how much is left out."""
    lines = text.splitlines(keepends=True)
    kept = "".join(lines[:MOST_LINES])[:MOST_CHARACTERS]
    dropped += len(text) - len(kept)
    if not dropped:
        return text
    return f"{kept.rstrip()}\n… and {dropped:,} characters more, which are not shown."


def text_of(value: Any) -> str:
    """Return a value as a notebook shows it."""
    short = value
    if isinstance(value, list | tuple | set | frozenset | dict) and len(value) > MOST_ITEMS:
        items = list(value.items() if isinstance(value, dict) else value)[:MOST_ITEMS]
        short = dict(items) if isinstance(value, dict) else items
        return f"{cut(text_of(short))}\n({len(value):,} items in all)"
    text = repr(short)
    if len(text) > WIDTH and isinstance(value, list | tuple | set | frozenset | dict):
        text = pprint.pformat(short, width=WIDTH, sort_dicts=False)
    return cut(text)


def shown(value: Any) -> dict[str, str]:
    """Return a cell's last value as an output: its HTML if it has any, else its text."""
    if hasattr(value, "_repr_mimebundle_"):
        data, _ = value._repr_mimebundle_()
        if "text/html" in data:
            return {"kind": "html", "text": data["text/html"]}
    if hasattr(value, "_repr_html_"):
        return {"kind": "html", "text": value._repr_html_()}
    return {"kind": "text", "text": text_of(value)}


def execute(source: str, name: str, namespace: dict[str, Any]) -> tuple[bool, Any]:
    """Run one cell in a namespace; return whether it ends with an expression, and its value."""
    filename = f"<{name}>"
    # So that a traceback can show the reader's own line.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    tree = ast.parse(source, filename)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    exec(compile(tree, filename, "exec"), namespace)
    if last is None:
        return False, None
    return True, eval(compile(last, filename, "eval"), namespace)


def explain(error: BaseException) -> str:
    """Return what a reader is told of an error: their own lines, then the error itself."""
    if isinstance(error, SystemExit):
        return "SystemExit: the code has asked Python to end. The page goes on."
    said = traceback.TracebackException.from_exception(error, compact=True)
    lines = [
        f"{frame.filename[1:-1]}, line {frame.lineno}:\n    {frame.line}"
        for frame in said.stack
        if frame.filename.startswith("<") and not frame.filename.startswith("<frozen")
    ]
    if isinstance(error, SyntaxError) and error.filename and error.filename.startswith("<"):
        lines.append(
            f"{error.filename[1:-1]}, line {error.lineno}:\n    {(error.text or '').strip()}"
        )
        last = f"{type(error).__name__}: {error.msg}"
    else:
        last = "".join(said.format_exception_only()).strip()
    if len(lines) > MOST_CALLS:
        left_out = len(lines) - MOST_CALLS
        lines = [f"… {left_out:,} calls, then", *lines[-MOST_CALLS:]]
    if isinstance(error, MemoryError):
        last = "MemoryError: that is more memory than Python has in a page (1 GiB)."
    elif isinstance(error, ModuleNotFoundError):
        ours = str(error.name).startswith("convcost.")
        last += (
            ": that part of convcost needs PyTorch, which no browser has."
            if ours
            else ". A page has Python's standard library and what convcost counts by formula."
        )
    elif isinstance(error, NotImplementedError) and not error.args:
        last = (
            "NotImplementedError: nothing is written here yet. Put your code in this line's place."
        )
    return cut("\n".join([*lines, last]))


def no_input(prompt: object = "") -> str:
    """Refuse to wait for somebody who can't answer."""
    raise OSError(f"input({prompt!r}): nobody can type here. Give the value in the code.")


@contextlib.contextmanager
def unchanged() -> Iterator[None]:
    """Undo what code does to Python's own names and to convcost's: the next run begins as this."""
    ours = [m for name, m in sys.modules.items() if name.split(".")[0] in ("builtins", "convcost")]
    kept = [(module.__dict__, dict(module.__dict__)) for module in ours]
    try:
        yield
    finally:
        for module_names, before in kept:
            module_names.clear()
            module_names.update(before)


def run(
    before: Sequence[tuple[str, str]],
    source: str,
    tests: Sequence[tuple[str, str]] = (),
    numbers: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run a cell after the cells that it needs, in an empty namespace, then its tests.

    Parameters
    ----------
    before : sequence of (str, str)
        What the cells above are called when one fails, and their sources. Only those run that the
        cell, or a test, needs; what they print is not shown.
    source : str
        The cell itself.
    tests : sequence of (str, str)
        Names and sources of tests, each of which raises what it has to say.
    numbers : mapping, optional
        What stands in the namespace at the beginning.

    Returns
    -------
    dict
        ``outputs``: a list of ``kind`` (text, html, error) and ``text``; ``ok``: whether the cell
        ran to its end; ``tests``: for each test its ``name``, ``passed`` and ``text``.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "input": no_input, **(numbers or {})}
    printed, quiet = Printed(), Printed()
    outputs: list[dict[str, str]] = []
    results: list[dict[str, Any]] = []
    ok, name = True, ""
    try:
        for place in needed(
            [text for _, text in before], "\n".join([source, *(t for _, t in tests)])
        ):
            name, above = before[place]
            with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
                execute(above, name, namespace)
        name = "Your code" if tests else "This cell"
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            has_value, value = execute(source, name, namespace)
            last = shown(value) if has_value and value is not None else None
    except BaseException as error:  # whatever it is, the reader is told
        ok, last = False, {"kind": "error", "text": explain(error)}
    if printed.kept or printed.dropped:
        outputs.append({"kind": "text", "text": cut("".join(printed.kept), printed.dropped)})
    if last:
        outputs.append(last)
    if ok:
        results = [check(title, test, namespace) for title, test in tests]
    return {"outputs": outputs, "ok": ok, "tests": results}


def check(title: str, test: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run a test behind the reader's code; return whether it passes, and what it says if not."""
    quiet = Printed()
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            execute(test, "The test", namespace)
    except AssertionError as error:
        text = str(error) or failed_line(error.__traceback__)
        return {"name": title, "passed": False, "text": cut(text)}
    except NameError as error:
        text = f"Your code gives no {error.name}." if error.name else explain(error)
        return {"name": title, "passed": False, "text": text}
    except BaseException as error:
        return {"name": title, "passed": False, "text": explain(error)}
    return {"name": title, "passed": True, "text": ""}


def failed_line(trace: TracebackType | None) -> str:
    """Return the line of a test that does not hold, where it has no words of its own."""
    lines = [frame.line for frame in traceback.extract_tb(trace) if frame.filename == "<The test>"]
    return f"This does not hold:\n{lines[-1].strip()}" if lines and lines[-1] else ""


def drawn(source: str, seed: int) -> dict[str, Any]:
    """Return new numbers for an exercise: what its ``draw(random)`` gives for a seed."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    execute(source, "draw", namespace)
    return dict(namespace["draw"](random.Random(seed)))


def answer(request: str) -> str:
    """Return the answer to a page's message, both as JSON."""
    asked = json.loads(request)
    if "draw" in asked:
        return json.dumps(drawn(asked["draw"], asked["seed"]))
    with unchanged():
        answered = run(asked["before"], asked["source"], asked["tests"], asked["numbers"])
    return json.dumps(answered)
