"""The judge's handle on a student's process: run a cell, fetch a value, call a function.

Whatever comes back is data of unknown honesty. A process that ends or does not answer is ended;
the next request starts another, which runs again the cells that ran before.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import dataclasses
import json
import os
import pickle
import select
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from assignments.grader import values

MAX_ANSWER_BYTES = 64 * 2**20
# What one cell prints, kept for the feedback.
MAX_PRINTED = 20_000
GRACE_SECONDS = 2.0
START_SECONDS = 60.0
MAX_STARTS = 6


class EndedError(RuntimeError):
    """The student's process ended, or had to be ended."""


class GivenUpError(RuntimeError):
    """No further process is started for this submission; it says why."""


@dataclasses.dataclass
class Ran:
    """What running a cell gave: nbformat outputs, and what went wrong."""

    outputs: list[dict[str, Any]]
    trouble: str | None = None


class RemoteFunction:
    """Stands in a test cell for a function or class that the student wrote."""

    def __init__(self, student: Student, name: str) -> None:
        self._student, self.__name__ = student, name

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the student's function in the student's process; its value comes as plain data."""
        return self._student.call(self.__name__, args, named)

    def __repr__(self) -> str:
        return f"<the student's {self.__name__}>"


class Student:
    """A student's process, started when first needed and anew when it ended.

    Parameters
    ----------
    starter
        The zygote's socket: a message with two file descriptors starts a sandbox.
    cell_seconds
        How long a cell, and a test cell with all its calls, may take.
    total_seconds
        How long all may take together.
    """

    def __init__(self, starter: socket.socket, cell_seconds: float, total_seconds: float) -> None:
        self.starter = starter
        self.cell_seconds = cell_seconds
        self.deadline = time.monotonic() + total_seconds
        self.total_seconds = total_seconds
        self.history: list[str] = []
        self.starts = 0
        self.notes: list[str] = []
        self.number = 0
        self.until = 0.0
        self._line: socket.socket | None = None

    # -- its life ----------------------------------------------------------------------------------

    def _start(self) -> None:
        if self.starts >= MAX_STARTS:
            raise GivenUpError(f"its process ended {self.starts} times")
        self.starts += 1
        self._folder = Path(tempfile.mkdtemp(prefix="submission-"))
        self._line, line = socket.socketpair()
        self._keeper, keeper = socket.socketpair()
        self._printed, printed = os.pipe()
        message = json.dumps({"do": "sandbox", "folder": str(self._folder)}).encode()
        socket.send_fds(self.starter, [message], [printed, line.fileno(), keeper.fileno()])
        os.close(printed)
        line.close()
        keeper.close()
        self._line.setblocking(False)
        os.set_blocking(self._printed, False)
        self._buffer = bytearray()
        self._output = bytearray()
        self.lost = 0
        self.number = 0
        self.until = time.monotonic() + START_SECONDS
        self._exchange(b"")
        # Before any code of the student's: if this fails, it is not the student who failed.
        if "shown" not in (answer := self._ask("run", source="pass")):
            raise GivenUpError(f"the grader's shell does not run: {answer.get('message')}")
        for source in self.history:
            self.until = time.monotonic() + self.cell_seconds
            self._ask("run", source=source)

    def stop(self) -> str:
        """End the process and all it started, and return why it ended, if it did by itself."""
        if self._line is None:
            return ""
        # It may be through already, and has left its word.
        with contextlib.suppress(OSError):
            self._keeper.send(b"k")
        self._keeper.settimeout(30)
        try:
            word = self._keeper.recv(1000).decode(errors="replace")
        except OSError as error:
            word = f"broken: {error}"
        self._drain()
        self._keeper.close()
        self._line.close()
        os.close(self._printed)
        self._line = None
        shutil.rmtree(self._folder, ignore_errors=True)
        return word

    # -- one question ------------------------------------------------------------------------------

    def _ask(self, do: str, **order: Any) -> dict[str, Any]:
        """Return the answer to a request, or end the process and raise EndedError."""
        if time.monotonic() > self.deadline:
            self.stop()
            raise GivenUpError(f"took more than {self.total_seconds:g} s in all")
        if self._line is None:
            self._start()
            self.until = time.monotonic() + self.cell_seconds
        self.number += 1
        return self._exchange(
            json.dumps({"number": self.number, "do": do, **order}).encode() + b"\n"
        )

    def _exchange(self, request: bytes) -> dict[str, Any]:
        """Send a request and return the answer with its number."""
        assert self._line is not None
        interrupted = False
        limit = min(self.until, self.deadline)
        while True:
            writers = [self._line] if request else []
            readers = [self._line, self._keeper, self._printed]
            wait = max(0.0, limit - time.monotonic())
            readable, writable, _ = select.select(readers, writers, [], wait)
            try:
                if writable:
                    request = request[self._line.send(request) :]  # type: ignore[union-attr]
                if self._printed in readable:
                    self._drain()
                if self._line in readable:
                    answer = self._receive()
                    if answer is not None:
                        answer["interrupted"] = interrupted
                        return answer
            except (OSError, ValueError) as error:
                raise EndedError(self._why(f"{type(error).__name__}: {error}")) from error
            if self._keeper in readable:
                raise EndedError(self._why(""))
            if time.monotonic() >= limit:
                if interrupted:
                    self.stop()
                    seconds = self.cell_seconds
                    raise EndedError(f"did not stop after {seconds:g} s, nor when interrupted")
                interrupted = True
                self._keeper.send(b"i")
                limit = time.monotonic() + GRACE_SECONDS

    def _why(self, error: str) -> str:
        # It may be about to say so itself.
        select.select([self._keeper], [], [], 0.5)
        word = self.stop()
        if word == "memory":
            return "ended its process: it used too much memory"
        if word == "disk":
            return "ended its process: it wrote too many files"
        if word.startswith("exit"):
            return f"ended its process ({word})"
        if word == "killed":
            return f"broke off the line to the grader ({error[:200]})"
        raise GivenUpError(f"the grader could not keep its process: {word or 'no word of it'}")

    def _receive(self) -> dict[str, Any] | None:
        """Return the answer to the present request once it is complete; skip what is older."""
        assert self._line is not None
        data = self._line.recv(2**18)
        if not data:
            raise OSError("closed")
        # Only the new part can hold the end of a line.
        start = len(self._buffer)
        self._buffer += data
        if len(self._buffer) > MAX_ANSWER_BYTES:
            raise OSError("an answer is too long")
        end = self._buffer.find(b"\n", start)
        while end >= 0:
            text = self._buffer[:end].decode()
            del self._buffer[: end + 1]
            try:
                answer = json.loads(text)
            except RecursionError as error:
                raise ValueError("an answer is nested too deep") from error
            if type(answer) is not dict:
                raise ValueError("an answer is not an object")
            if answer.get("number") == self.number:
                return answer
            end = self._buffer.find(b"\n")
        return None

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._printed, 2**16)
            except BlockingIOError:
                return
            if not data:
                return
            room = max(0, MAX_PRINTED - len(self._output))
            self._output += data[:room]
            self.lost += len(data) - min(room, len(data))
            # Others have to be heard too; what is left is read the next time.
            if self.lost:
                return

    def _printed_text(self) -> str:
        self._drain()
        text = self._output.decode(errors="replace")
        if self.lost:
            text += f"\n[{self.lost} more bytes were printed]"
        self._output.clear()
        self.lost = 0
        return text

    # -- what the judge does -----------------------------------------------------------------------

    def run(self, source: str, what: str) -> Ran:
        """Run a cell, as the student would."""
        self.until = time.monotonic() + self.cell_seconds
        try:
            answer = self._ask("run", source=source)
        except EndedError as error:
            text = self._output.decode(errors="replace")
            self._output.clear()
            self.notes.append(f"{what} {error}")
            trouble = _error("ProcessEnded", f"This cell {error}.")
            return Ran([*_stream(text), trouble], str(error))
        outputs = _stream(self._printed_text())
        if "raised" in answer and not answer.get("interrupted"):
            # Of the shell, not of the cell: no cell could run, unless this one broke it.
            trouble = f"could not be run ({answer['raised']}: {answer.get('message')})"[:300]
            self.notes.append(f"{what} {trouble}")
            return Ran([*outputs, _error("NotRun", f"This cell {trouble}.")], trouble)
        forms = answer.get("shown")
        for data in map(values.shown, forms[:50] if type(forms) is list else []):
            outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
        error = answer.get("error")
        trouble = None
        if answer.get("interrupted"):
            trouble = f"took more than {self.cell_seconds:g} s"
            self.notes.append(f"{what} {trouble}")
            outputs.append(_error("TimeoutError", f"This cell {trouble}."))
        elif type(error) is dict:
            lines = error.get("traceback")
            lines = [str(line)[:20_000] for line in lines[:50]] if type(lines) is list else []
            name, text = str(error.get("ename"))[:200], str(error.get("evalue"))[:2000]
            outputs.append(_error(name, text, lines))
            trouble = f"{name}: {text}"
        if not answer.get("interrupted"):
            # What took too long is not tried again.
            self.history.append(source)
        return Ran(outputs, trouble)

    def begin_test(self) -> None:
        """Give a test cell its time, for all its calls together."""
        self.until = time.monotonic() + self.cell_seconds

    def get(self, name: str) -> Any:
        """Return what a name stands for: a plain value, or a stand-in for a function.

        Raises
        ------
        NameError
            If the student's code does not define it.
        values.NotPlainError
            If it is a value of no plain kind.
        """
        answer = self._asked("get", name=name)
        if answer.get("missing"):
            raise NameError(f"name '{name}' is not defined")
        value = _decoded(answer)
        return RemoteFunction(self, name) if isinstance(value, values.StaysThere) else value

    def call(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call a function of the student's, and return its value as plain data."""
        packed = base64.b64encode(pickle.dumps((args, named))).decode("ascii")
        answer = self._asked("call", name=name, arguments=packed)
        value = _decoded(answer)
        if isinstance(value, values.StaysThere):
            raise values.NotPlainError(f"{name} returned a function or class; expected plain data")
        return value

    def _asked(self, do: str, **order: Any) -> dict[str, Any]:
        try:
            answer = self._ask(do, **order)
        except EndedError as error:
            self.notes.append(f"{order['name']} {error}")
            if "did not stop" in str(error):
                raise TimeoutError(f"{order['name']} {error}") from error
            raise RuntimeError(f"{order['name']} {error}") from error
        if answer.get("interrupted"):
            self.notes.append(f"{order['name']} took more than {self.cell_seconds:g} s")
            raise TimeoutError(f"{order['name']} did not return in {self.cell_seconds:g} s")
        if "raised" in answer:
            kind, message = str(answer["raised"])[:200], str(answer.get("message"))[:2000]
            known = getattr(builtins, kind, None)
            if isinstance(known, type) and issubclass(known, Exception):
                try:
                    error = known(message)
                except TypeError:  # UnicodeDecodeError wants more than a text
                    error = RuntimeError(f"{kind}: {message}")
                raise error
            raise RuntimeError(f"{kind}: {message}")
        return answer


def _decoded(answer: dict[str, Any]) -> Any:
    try:
        return values.decode(answer.get("value"))
    except values.NotPlainError:
        raise
    except Exception as error:
        raise values.NotPlainError(f"what came back is not a value: {error}") from error


def _stream(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []


def _error(name: str, text: str, lines: list[str] | None = None) -> dict[str, Any]:
    lines = lines if lines is not None else [f"{name}: {text}"]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": lines}
