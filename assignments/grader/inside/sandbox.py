"""The student's process: run cells as a notebook does, and answer the judge's questions.

No grade relies on this module. The student's code runs in this very process and can change all of
it; what it can send is values. Before any of that code runs, `main` gives up what rights the
process has and sets its limits.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import importlib
import io
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import rights, values

LINE = 3
"""The file descriptor of the line to the judge; 0 to 2 are the standard ones."""


def main(text: str) -> None:
    """Give up rights, set limits, import what is slow, and serve the judge.

    Parameters
    ----------
    text
        Settings, as JSON: ``line`` (a file descriptor), ``user`` (a number, or null to stay who
        one is), ``folder`` (where to work; it is made if need be), ``limits`` (the most of each
        resource, by the name that the module `resource` gives it), ``preload`` (modules).
    """
    settings = json.loads(text)
    # Only this package was to be found there.
    sys.path.pop(0)
    sys.argv = [""]
    os.dup2(settings["line"], LINE)
    os.closerange(LINE + 1, 4096)
    rights.give_up(settings["user"], {})
    Path(settings["folder"]).mkdir(exist_ok=True)
    os.chdir(settings["folder"])
    rights.give_up(None, settings["limits"])
    sys.path += settings["path"]
    for name in settings["preload"]:
        _preload(name)
    serve(make_shell(), socket.socket(fileno=LINE))


def _preload(name: str) -> None:
    module = importlib.import_module(name)
    if name == "convcost":
        _ = module.measure  # public names load what they need when they are first asked for
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def make_shell() -> Any:
    """Return IPython's shell with no history, no colors and no terminal."""
    from IPython.core.displayhook import CapturingDisplayHook
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    settings.InteractiveShell.xmode = "Context"
    shell = InteractiveShell.instance(config=settings)
    shell.display_pub = CapturingDisplayPublisher(parent=shell)
    shell.displayhook = CapturingDisplayHook(shell, [])
    shell.display_trap.hook = shell.displayhook
    # It would keep all that is printed a second time.
    shell._tee = lambda **_: contextlib.nullcontext()
    # IPython would open a terminal for it, and a jail may have none to give.
    shell.system = lambda command: _system(shell, command)
    atexit.unregister(shell.atexit_operations)  # it expects what is replaced above
    return shell


def _system(shell: Any, command: str) -> None:
    sys.stdout.flush()
    done = subprocess.run(shell.var_expand(command, depth=2), shell=True, check=False)
    shell.user_ns["_exit_code"] = done.returncode


class _Student:
    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.error: dict[str, Any] | None = None
        shell._showtraceback = self._keep_error

    def _keep_error(self, kind: Any, error: Any, lines: Any) -> None:
        text = [str(line)[:20_000] for line in lines][:50]
        self.error = {"ename": getattr(kind, "__name__", str(kind))[:200],
                      "evalue": _text(error)[:2000], "traceback": text}  # fmt: skip

    def run(self, source: str) -> dict[str, Any]:
        displayed: list[Any] = []
        self.error = None
        self.shell.displayhook.outputs = displayed
        self.shell.display_pub.outputs = displayed
        self.shell.run_cell(source, store_history=False)
        sys.stdout.flush()
        sys.stderr.flush()
        forms = [values.kept_forms(item.get("data", {})) for item in displayed[:50]]
        return {"displayed": forms, "error": self.error}

    def get(self, name: str) -> dict[str, Any]:
        if name not in self.shell.user_ns:
            return {"missing": True}
        return {"value": values.encode(self.shell.user_ns[name])}

    def call(self, name: str, arguments: str) -> dict[str, Any]:
        args, named = pickle.loads(base64.b64decode(arguments))
        try:
            value = self.shell.user_ns[name](*args, **named)
            return {"value": values.encode(value)}
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            return {"raised": type(error).__name__, "message": _text(error)[:2000]}
        finally:
            sys.stdout.flush()  # what a call prints belongs to no cell


def _text(error: Any) -> str:
    try:
        return str(error)
    except Exception as second:
        return f"(printing it raised {type(second).__name__})"


def _stream(file: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(file, "w", closefd=False)),
        "utf-8",
        "replace",
        line_buffering=True,
    )


def serve(shell: Any, line: socket.socket) -> None:
    """Answer what comes over the line, one request after another, until it closes."""
    sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = _stream(1), _stream(2)
    sys.path.insert(0, "")
    # As a notebook's kernel has it.
    sys.modules["__main__"] = shell.user_module
    # What a shell starts in the background ignores interrupts, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    student = _Student(shell)
    reader = line.makefile("r", encoding="utf-8")
    line.sendall(b'{"number": 0}\n')  # ready: from now on, time counts
    while True:
        try:
            request = reader.readline()
            if not request:
                return
            order = json.loads(request)
            number, do = order.pop("number"), order.pop("do")
            try:
                text = json.dumps({**getattr(student, do)(**order), "number": number})
            except (Exception, KeyboardInterrupt) as error:
                answer = {"raised": type(error).__name__, "message": _text(error)[:2000]}
                text = json.dumps({**answer, "number": number})
            line.sendall(text.encode() + b"\n")
        except KeyboardInterrupt:
            continue  # asked to stop when it had just stopped
