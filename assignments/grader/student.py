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
import math
import os
import pickle
import select
import signal
import socket
import time
from typing import Any

from assignments.grader import outputs
from assignments.grader.inside import values
from assignments.grader.jail import Jail
from assignments.grader.supervisor import supervise

MAX_ANSWER_BYTES = 64 * 2**20
# Of what one cell prints, so much is kept for the feedback.
MAX_PRINTED_BYTES = 20_000
# An interrupted cell still has its traceback to write, for which a busy machine takes a while.
GRACE_SECONDS = 5.0
# For a new process with all its imports, on a machine that is busy.
START_SECONDS = 90.0
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
    """A student's process: started by `start`, and anew when it is needed after it ended.

    Parameters
    ----------
    jail
        How it is shut in.
    preload
        Modules that it imports before time counts.
    cell_seconds
        How long a cell, and a test cell with all its calls, may take.
    total_seconds
        How long all may take together, the starting of processes apart.
    """

    def __init__(
        self, jail: Jail, preload: tuple[str, ...], cell_seconds: float, total_seconds: float
    ) -> None:
        self.jail = jail
        self.preload = preload
        self.cell_seconds = cell_seconds
        self.total_seconds = total_seconds
        self.deadline = time.monotonic() + total_seconds
        self.history: list[str] = []
        self.starts = 0
        self.notes: list[str] = []
        self.number = 0
        self.until = 0.0
        self.lost_bytes = 0
        self.room = outputs.Room()
        self._line: socket.socket | None = None
        self._is_ready = False

    # -- its life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process, and return while it imports what it needs."""
        if self.starts >= MAX_STARTS:
            raise GivenUpError(f"its process ended {self.starts} times")
        self.starts += 1
        self._line, line = socket.socketpair()
        self._control, control = socket.socketpair()
        self._printed, printed = os.pipe()
        self._supervisor = os.fork()
        if self._supervisor == 0:
            try:
                # Open here, these would keep the lines alive after the judge's end.
                self._line.close()
                self._control.close()
                os.close(self._printed)
                supervise(control, (printed, line.detach()), self.jail, self.preload)
            finally:
                os._exit(0)
        os.close(printed)
        line.close()
        control.close()
        self._line.setblocking(False)
        os.set_blocking(self._printed, False)
        self._buffer = bytearray()
        self._output = bytearray()
        self.lost_bytes = 0
        self.number = 0
        self._is_ready = False
        self._started_at = time.monotonic()

    def _get_ready(self) -> None:
        """Wait until the process can run cells, and run again those that ran in the one before."""
        # Starting takes its time neither from a test's alarm nor from the student.
        alarm_seconds = signal.setitimer(signal.ITIMER_REAL, 0)[0]
        self.until = time.monotonic() + START_SECONDS
        left_seconds = self.deadline - self._started_at
        self.deadline = math.inf
        try:
            self._exchange(b"")
        except EndedError as error:
            text = self._output.decode(errors="replace").strip()[-300:]
            raise GivenUpError(
                f"the grader could not start its process: within {START_SECONDS:g} s "
                f"it {error}; {text}"
            ) from error
        finally:
            self.deadline = time.monotonic() + left_seconds
            signal.setitimer(signal.ITIMER_REAL, alarm_seconds)
        self._is_ready = True
        # Before any code of the student's: if this fails, it is not the student who failed.
        if "displayed" not in (answer := self._ask("run", source="pass")):
            raise GivenUpError(f"the grader's shell does not run: {answer.get('message')}")
        for source in self.history:
            self.until = time.monotonic() + self.cell_seconds
            self._ask("run", source=source)
        self._forget_printed()  # it was shown when they ran first

    def stop(self) -> str:
        """End the process and all it started; return why it ended, if it did by itself."""
        if self._line is None:
            return ""
        # If the process has ended already, the supervisor has closed its end; its message waits.
        with contextlib.suppress(OSError):
            self._control.send(b"k")
        self._control.settimeout(30)
        try:
            reason = self._control.recv(1000).decode(errors="replace")
        except OSError as error:
            reason = f"broken: {error}"
        self._drain()
        self._control.close()
        self._line.close()
        os.close(self._printed)
        self._line = None
        os.waitpid(self._supervisor, 0)
        return reason

    # -- one question ------------------------------------------------------------------------------

    def _ask(self, do: str, **order: Any) -> dict[str, Any]:
        """Return the answer to a request, or end the process and raise EndedError."""
        if time.monotonic() > self.deadline:
            self.stop()
            raise GivenUpError(f"took more than {self.total_seconds:g} s in all")
        if self._line is None:
            self.start()
        if not self._is_ready:
            self._get_ready()
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
            readers = [self._line, self._control, self._printed]
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
            if self._control in readable:
                raise EndedError(self._why(""))
            if time.monotonic() >= limit:
                if interrupted:
                    self.stop()
                    seconds = self.cell_seconds
                    raise EndedError(f"did not stop after {seconds:g} s, nor when interrupted")
                interrupted = True
                self._control.send(b"i")
                limit = time.monotonic() + GRACE_SECONDS

    def _why(self, error: str) -> str:
        # The supervisor may be about to say why.
        select.select([self._control], [], [], 0.5)
        reason = self.stop()
        if reason == "memory":
            return "ended its process: it used too much memory"
        if reason == "disk":
            return "ended its process: it wrote too many files"
        if reason.startswith("exit"):
            return f"ended its process ({reason})"
        if reason == "killed":
            return f"cut the line to the grader ({error[:200]})"
        raise GivenUpError(f"the grader could not watch its process: {reason or 'no reason given'}")

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
            room_bytes = max(0, MAX_PRINTED_BYTES - len(self._output))
            self._output += data[:room_bytes]
            self.lost_bytes += len(data) - min(room_bytes, len(data))
            # A process that prints without end must not keep the judge here: the rest waits.
            if self.lost_bytes:
                return

    def _forget_printed(self) -> None:
        """Drop what was printed since the last cell ran, which was for no cell."""
        self._drain()
        self._output.clear()
        self.lost_bytes = 0

    def _printed_text(self) -> str:
        self._drain()
        text = self._output.decode(errors="replace")
        if self.lost_bytes:
            text += f"\n[{self.lost_bytes} more bytes were printed]"
        self._output.clear()
        self.lost_bytes = 0
        return text

    # -- what the judge does -----------------------------------------------------------------------

    def run(self, source: str, what: str) -> Ran:
        """Run a cell, as the student would, and return what it shows, as far as there is room."""
        ran = self._run(source, what)
        return Ran(self.room.kept(ran.outputs), ran.trouble)

    def _run(self, source: str, what: str) -> Ran:
        # What tests passed is not to be read in the feedback of the next cell.
        if self._line is not None:
            self._forget_printed()
        self.until = time.monotonic() + self.cell_seconds
        try:
            answer = self._ask("run", source=source)
        except EndedError as error:
            text = self._output.decode(errors="replace")
            self._output.clear()
            self.notes.append(f"{what} {error}")
            trouble = outputs.error("ProcessEnded", f"This cell {error}.")
            return Ran([*outputs.stream(text), trouble], str(error))
        shown = outputs.stream(self._printed_text())
        if "raised" in answer and not answer.get("interrupted"):
            # Of the shell, not of the cell: no cell could run, unless this one broke it.
            trouble = f"could not be run ({answer['raised']}: {answer.get('message')})"[:300]
            self.notes.append(f"{what} {trouble}")
            return Ran([*shown, outputs.error("NotRun", f"This cell {trouble}.")], trouble)
        shown += outputs.displayed(answer.get("displayed"))
        error = answer.get("error")
        trouble = None
        if answer.get("interrupted"):
            trouble = f"took more than {self.cell_seconds:g} s"
            self.notes.append(f"{what} {trouble}")
            shown.append(outputs.error("TimeoutError", f"This cell {trouble}."))
        elif type(error) is dict:
            shown.append(outputs.raised(error))
            trouble = f"{shown[-1]['ename']}: {shown[-1]['evalue']}"
        if not answer.get("interrupted"):
            # What took too long is not tried again.
            self.history.append(source)
        return Ran(shown, trouble)

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
