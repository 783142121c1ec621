"""Run test cells in the judge's own process, with stand-ins for what the student defined."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import linecache
import math
import signal
import symtable
import types
from collections.abc import Iterator
from typing import Any

import nbformat

from assignments.grader import notebooks
from assignments.grader.preparing import MasterError
from assignments.grader.student import GivenUpError, Student

# A test cell waits for the student's process at most for the time of a cell; what it computes by
# itself may take this long besides.
OWN_SECONDS = 10.0


def wanted_names(source: str, filename: str) -> set[str]:
    """Return the names that a cell uses and does not define itself."""
    top = symtable.symtable(source, filename, "exec")
    own = {
        name.get_name() for name in top.get_symbols() if name.is_assigned() or name.is_imported()
    }
    used = set()

    def visit(table: symtable.SymbolTable) -> None:
        for name in table.get_symbols():
            here = table is top or name.is_global()
            if here and name.is_referenced():
                used.add(name.get_name())
        for child in table.get_children():
            visit(child)

    visit(top)
    return used - own


class TestCells:
    """Locked cells and test cells, run in this process, with the student's names filled in."""

    def __init__(self, student: Student, max_bytes: int) -> None:
        self.student = student
        self.max_bytes = max_bytes  # that this process may hold
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}

    def define(self, grade_id: str, source: str) -> None:
        """Run a locked cell, whose names all later test cells see."""
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                exec(compile(source, f"<{grade_id}>", "exec"), self.names)
        except Exception as error:
            raise MasterError(
                f"the locked cell {grade_id} of the master fails: {error!r}"
            ) from error

    def test(self, grade_id: str, source: str, points: float) -> tuple[list[Any], str]:
        """Run a test cell; return its outputs, and the words that its student may read of them."""
        filename = f"<{grade_id}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        names = dict(self.names)
        printed = io.StringIO()
        self.student.begin_test()
        try:
            with (
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
                _alarm(self.student.cell_seconds + OWN_SECONDS),
            ):
                for name in sorted(wanted_names(source, filename)):
                    if name not in names and not hasattr(builtins, name):
                        with contextlib.suppress(NameError):
                            names[name] = self.student.get(name)
                outputs = self._run(source, filename, names, points)
        except (GivenUpError, MasterError):
            raise
        except (Exception, SystemExit) as error:
            if _lacks_memory(error):
                trouble = f"takes more than {self.max_bytes / 2**30:g} GiB of memory"
                self.student.notes.append(f"{grade_id} {trouble}")
                # What torch says of it is of this process, and not of the student's network.
                error = MemoryError(
                    f"what your code returned {trouble} in this test"
                ).with_traceback(error.__traceback__)
            return _failed(error, source, filename)
        return outputs, ""

    def _run(self, source: str, filename: str, names: dict[str, Any], points: float) -> list[Any]:
        tree = ast.parse(source, filename)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, filename, "exec"), names)
        if last is None:
            return []
        value = eval(compile(ast.Expression(last.value), filename, "eval"), names)
        if value is None:
            return []
        if type(value) not in {int, float} or not math.isfinite(value) or not 0 <= value <= points:
            # Otherwise nbgrader would give full points.
            raise ValueError(
                f"the test's last value is {value!r:.80}, not from 0 to {points:g} points"
            )
        data = {"text/plain": repr(value)}
        return [nbformat.v4.new_output("execute_result", data, execution_count=1)]


def _lacks_memory(error: BaseException) -> bool:
    # torch has no error of its own for it.
    words = ("not enough memory", "allocate memory")
    return isinstance(error, MemoryError) or any(word in str(error) for word in words)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise TimeoutError("the test took too long")

    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def _failed(error: BaseException, source: str, filename: str) -> tuple[list[Any], str]:
    number = error.lineno or 0 if isinstance(error, SyntaxError) else 0
    step: types.TracebackType | None = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            number = step.tb_lineno
        step = step.tb_next
    lines = source.splitlines()
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    words = f"{type(error).__name__}: {error}".removesuffix(": ")[:2000]
    where = f"Line {number}: {line}\n" if line else ""
    output = nbformat.v4.new_output(
        "error", ename=type(error).__name__, evalue=str(error)[:2000], traceback=[where + words]
    )
    if number in notebooks.hidden_lines(source):
        kind = "" if isinstance(error, AssertionError) else f" ({type(error).__name__})"
        return [output], f"A hidden test failed{kind}."
    return [output], where + words
