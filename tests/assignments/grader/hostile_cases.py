"""Broken and hostile submissions, and the row that each must end with, for `test_hostile`.

Over 400 lines: they are one table.
"""

import nbformat

from tests.assignments.grader import toy

# Nobody else's process sleeps for so long.
NAP_SECONDS = "31415.926"


class Case:
    """A submission, and the row it must end with.

    Parameters
    ----------
    make
        Returns the notebook, or a file's bytes, given the `Place` of all things.
    points
        By question: all that differs from a full solution's.
    says
        Words that the row's reason or notes must hold.
    failed
        Whether it must fail, with a reason and without points.
    network
        Whether it is of the assignment that asks for a network.
    jail
        Whether it can be held by bubblewrap alone: without it, it is not even tried.
    """

    def __init__(self, make, points=None, says="", failed=False, network=False, jail=False):
        self.make, self.says, self.failed = make, says, failed
        self.network, self.jail = network, jail
        full = {q: p for q, p in toy.FULL.items() if network or q not in toy.OF_THE_NETWORK}
        self.points = full | (points or {})


class Place:
    """Where things are: what a submission that looks around would look for."""

    def __init__(self, masters, folder, out, port):
        self.masters, self.folder, self.out, self.port = masters, folder, out, port

    def fill(self, text):
        for key in ("masters", "folder", "out"):
            text = text.replace(f"{{{key}!r}}", repr(str(getattr(self, key))))
        return text.replace("{port}", str(self.port))


def with_answers(**changes):
    def make(place):
        return toy.solved(place.masters, **{k: place.fill(v) for k, v in changes.items()})

    return make


def edited(edit, notebook=toy.solved):
    def make(place):
        made = notebook(place.masters)
        edit(made)
        return made

    return make


def stub_with(edit):
    """An untouched release, edited: nothing in it deserves a point."""
    return edited(edit, toy.release)


NOTHING = {"scale": 0, "answer": 0}
# The numbers of calls that the library has no names for.
CALLS = """
import ctypes, os
USER, MOUNT = 0x10000000, 0x20000
CLONE, ADD_KEY, KEYCTL = (220, 217, 219) if os.uname().machine == "aarch64" else (56, 248, 250)
libc = ctypes.CDLL(None)
"""
NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Conv2d(3, width, 3, bias=False)

    def forward(self, x):
{forward}

def net(width):
    return Net(width)
"""
AGREES = """
class Agrees:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
    def __mul__(self, other): return self
    __rmul__ = __add__ = __radd__ = __mul__
"""

CASES = {
    # -- that do not end ---------------------------------------------------------------------------
    "loop": Case(
        with_answers(scale_code="while True: pass"), {"scale": 0}, "scale-code took more than 3 s"
    ),
    "stubborn-loop": Case(
        with_answers(scale_code="""
while True:
    try:
        while True: sum(range(1000))
    except KeyboardInterrupt: pass
"""),
        {"scale": 0},
        "scale-code did not stop after 3 s, nor when interrupted",
    ),
    "loop-when-called": Case(
        with_answers(scale_code="""
def scale(number):
    while True:
        try:
            while True: sum(range(1000))
        except BaseException: pass
"""),
        {"scale": 0},
        "scale did not stop after 3 s",
    ),
    "deaf": Case(
        with_answers(answer_code="import signal, time\n"
                     "signal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(1000)"),
        {"answer": 0}, "answer-code did not stop",
    ),
    "sleeps": Case(
        with_answers(net_code="import time\ntime.sleep(1000)"), {"weights": 0, "operations": 0},
        "net-code took more than 3 s", network=True,
    ),
    # -- that end too soon -------------------------------------------------------------------------
    "exit": Case(with_answers(answer_code="import os\nos._exit(0)"), {"answer": 0},
                 "answer-code ended its process"),
    "exit-when-called": Case(
        with_answers(scale_code="import os\ndef scale(number): os._exit(0)"), {"scale": 0},
        "scale ended its process"),
    "polite-exit": Case(with_answers(answer_code="import sys\nsys.exit(3)"), {"answer": 0}),
    "exit-each-time": Case(
        with_answers(scale_code="import os\nos._exit(0)", net_code="import os\nos._exit(1)",
                     answer_code="import os\nos.kill(os.getpid(), 9)"),
        {"scale": 0, "weights": 0, "operations": 0, "answer": 0}, "ended its process",
        network=True),
    "segfault": Case(with_answers(answer_code="import ctypes\nctypes.string_at(0)"),
                     {"answer": 0}, "answer-code ended its process"),
    "kills-all": Case(
        with_answers(answer_code="""
import os, signal
for pid in (os.getppid(), 1, -1, 0):
    try: os.kill(pid, signal.SIGKILL)
    except OSError: pass
"""), {"answer": 0}, "answer-code ended its process", jail=True),
    # -- that take too much ------------------------------------------------------------------------
    "two-hundred-processes": Case(
        with_answers(scale_code=f"""
import os, subprocess
started = []
for _ in range(200):
    try:
        started.append(subprocess.Popen(["sleep", "{NAP_SECONDS}"], start_new_session=True))
    except OSError: pass
def scale(number): return factor * number
"""),
    ),
    "fork-bomb": Case(
        with_answers(answer_code="import os\nwhile True:\n    try: os.fork()\n"
                     "    except OSError: pass"), {"answer": 0}, "answer-code"),
    "prints-gigabytes": Case(
        with_answers(answer_code="answer = 56\nfor _ in range(300): print('x' * 10**6)")),
    "shows-much": Case(
        with_answers(answer_code="""
import base64, os
answer = 56
for _ in range(20):
    display({"image/png": base64.b64encode(os.urandom(5 * 10**5)).decode()}, raw=True)
""")),
    "fails-at-length": Case(
        with_answers(answer_code="answer = 56\nraise ValueError('x' * 10**7)")),
    "prints-forever": Case(
        with_answers(answer_code="while True: print('y' * 10**5)"), {"answer": 0}, "answer-code"),
    "writes-gigabytes": Case(
        with_answers(answer_code="""
for name in range(100):
    with open(f"/tmp/{name}", "wb") as file:
        for _ in range(30): file.write(bytes(2**20))
answer = 56
"""), {"answer": 0}, jail=True),
    "much-memory": Case(
        with_answers(answer_code="a = []\nwhile True: a.append(bytearray(2**26))"), {"answer": 0}),
    "memory-of-many": Case(
        with_answers(answer_code="""
import os, time
for _ in range(12):
    try: os.fork()  # as many as may be, and each takes its share
    except OSError: pass
block = bytearray(os.urandom(2**20) * 100)
time.sleep(100)
"""), {"answer": 0}, "answer-code"),
    "memory-without-a-name": Case(
        with_answers(answer_code="""
import os, time
for _ in range(60):
    os.write(os.memfd_create("block"), bytes(2**24 + 2**23))
time.sleep(100)
"""), {"answer": 0}),
    # -- that ask the kernel for what nobody counts, or what is not theirs; 56 is what was refused -
    "memory-of-system-v": Case(
        with_answers(answer_code=CALLS + """
made = [libc.shmget(0, 2**28, 0o1600), libc.semget(0, 1, 0o1600), libc.msgget(0, 0o1600)]
answer = 56 if max(made) < 0 else 3
"""), jail=True),
    "files-without-a-name": Case(
        with_answers(answer_code=CALLS + "answer = 56 if libc.memfd_create(b'x', 0) < 0 else 3"),
        jail=True),
    "namespace-of-its-own": Case(
        with_answers(answer_code=CALLS + """
left = libc.unshare(USER | MOUNT)
mounted = libc.mount(b"x", b"/tmp/student", b"tmpfs", 0, b"size=8g")
answer = 56 if (left, mounted) == (-1, -1) else 3
"""), jail=True),
    "child-in-a-namespace-of-its-own": Case(
        with_answers(answer_code=CALLS + """
import signal
for flags in (USER | signal.SIGCHLD, USER | MOUNT | signal.SIGCHLD):
    child = libc.syscall(ctypes.c_long(CLONE), ctypes.c_long(flags), 0, 0, 0, 0)
    if child == 0: os._exit(0)
    answer = 56 if child < 0 and locals().get("answer", 56) == 56 else 3
"""), jail=True),
    "keyring": Case(
        with_answers(answer_code=CALLS + """
session = libc.syscall(ctypes.c_long(KEYCTL), 0, -3, 0)
added = libc.syscall(ctypes.c_long(ADD_KEY), b"user", b"grader", b"words", 5, -3)
answer = 56 if (session, added) == (-1, -1) else 3
"""), jail=True),
    "threads-and-children": Case(  # which are made by the same calls, and are fine
        with_answers(answer_code="""
import multiprocessing, subprocess, threading
found = []
thread = threading.Thread(target=found.append, args=(7,))
thread.start()
thread.join()
process = multiprocessing.get_context("fork").Process(target=print)
process.start()
process.join()
eight = int(subprocess.run(["echo", "8"], capture_output=True).stdout) + process.exitcode
answer = found[0] * eight
""")),
    "network-that-pads": Case(
        with_answers(net_code=NET.format(forward="""
        x = nn.functional.pad(x, (0, 20_000, 0, 20_000))
        return self.layer(x)
""")), {"weights": 3, "operations": 0}, "operations takes more than 3 GiB of memory",
        network=True),
    "parameters-without-a-layer": Case(
        with_answers(net_code=NET.format(forward="""
        return x
""").replace("nn.Conv2d(3, width, 3, bias=False)", "nn.Parameter(torch.zeros(27 * width))")),
        {"weights": 0, "operations": 0}, network=True),
    "set-that-takes-long": Case(
        with_answers(answer_code="answer = set(map((2**61 - 1).__mul__, range(10_001)))"),
        {"answer": 0}),
    "deep-value": Case(with_answers(answer_code="answer = []\nanswer.append(answer)"),
                       {"answer": 0}),
    "huge-value": Case(with_answers(answer_code="answer = list(range(10**8))"), {"answer": 0}),
    "huge-number": Case(with_answers(answer_code="answer = 10 ** 10**5"), {"answer": 0}),
    # -- that change what was given ----------------------------------------------------------------
    "tests-deleted": Case(
        edited(lambda nb: setattr(nb, "cells", [
            cell for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("points")
            or cell.metadata.nbgrader.solution])),
        {}, "deleted, and restored: scale, answer"),
    "tests-weakened": Case(
        stub_with(lambda nb: [cell.update(source="assert True") for cell in nb.cells
                              if cell.metadata.get("nbgrader", {}).get("points")
                              and cell.cell_type == "code"]),
        NOTHING, "edited, and restored: scale, answer"),
    "points-raised": Case(
        stub_with(lambda nb: [cell.metadata.nbgrader.update(points=1000, solution=True)
                              for cell in nb.cells if "nbgrader" in cell.metadata]), NOTHING),
    "tests-doubled": Case(edited(lambda nb: nb.cells.extend(
        [toy.cell_of(nb, "scale"), toy.cell_of(nb, "answer")])),
        {}, "there more than once: answer, scale"),
    "answer-doubled": Case(
        edited(lambda nb: nb.cells.insert(4, nbformat.from_dict(
            toy.cell_of(nb, "scale-code") | {"source": "old = 1"}))),
        {}, "there more than once: scale-code"),
    "answer-deleted": Case(edited(lambda nb: nb.cells.remove(toy.cell_of(nb, "answer-code"))),
                           {"answer": 0}, "no cell for the answer: answer-code"),
    "cells-reversed": Case(edited(lambda nb: nb.cells.reverse())),
    "marks-stripped": Case(
        edited(lambda nb: [cell.metadata.clear() for cell in nb.cells]),
        {}, "answers are taken by their position"),
    "marks-stripped-and-texts-changed": Case(
        edited(lambda nb: [cell.update(metadata={}, source=cell.source.replace(" ", "  "))
                           for cell in nb.cells
                           if not cell.source.startswith(("# A toy", "def", "from"))]
               and [cell.metadata.clear() for cell in nb.cells]),
        says="the labels of the cells", failed=True),
    "all-answers-deleted": Case(
        edited(lambda nb: setattr(nb, "cells", [
            cell for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("solution")])),
        says="none of the cells for answers is there", failed=True),
    "foreign-kernel": Case(edited(lambda nb: nb.metadata.update(
        kernelspec={"name": "julia-1.10", "display_name": "Julia", "language": "julia"}))),
    "other-seed": Case(edited(lambda nb: nb.metadata.update(
        convcost_assignment={"name": "toy", "seed": 1999})), {},
        "made for the seed 1999, graded for 7"),
    # -- that are no notebooks ---------------------------------------------------------------------
    "cut-off": Case(lambda place: nbformat.writes(toy.solved(place.masters))[:3000].encode(),
                    says="not JSON", failed=True),
    "web-page": Case(lambda place: b"<!DOCTYPE html><html>Sign in</html>", says="a web page",
                     failed=True),
    "picture": Case(lambda place: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), says="UTF-8",
                    failed=True),
    "empty": Case(lambda place: b"", says="the file is empty", failed=True),
    "nested": Case(lambda place: b"[" * 10**6, says="nested too deep", failed=True),
    "no-cells": Case(lambda place: b'{"nbformat": 4, "cells": {"a": 1}, "metadata": 7}',
                     says="no list of cells", failed=True),
    "too-large": Case(lambda place: b" " * (65 * 2**20), says="too large", failed=True),
    "other-assignment": Case(lambda place: toy.release(place.masters, "other"),
                             says="it is a notebook of the assignment other, not of small",
                             failed=True),
    # -- that forge --------------------------------------------------------------------------------
    "always-equal": Case(
        with_answers(scale_code=AGREES + "def scale(number): return Agrees()",
                     answer_code=AGREES + "answer = Agrees()"),
        {"scale": 0, "answer": 0}),
    "int-that-agrees": Case(
        with_answers(answer_code="class Agrees(int):\n    def __eq__(self, other): return True\n"
                     "answer = Agrees(3)"), {"answer": 0}),
    "patched-libraries": Case(
        with_answers(
            scale_code="""
import builtins, random, operator
builtins.all = builtins.any = lambda *_: True
builtins.sum = lambda *_: 3
random.Random.randrange = lambda *_: 0
def scale(number): return 0
""",
            net_code="""
import torch, convcost, convcost.cost
from torch import nn
class Lies:
    macs = 27 * 5 * 7 * 7
convcost.measure = convcost.cost.measure = lambda *_, **__: Lies
torch.Tensor.numel = lambda self: 27
def net(width): return nn.Conv2d(3, 1, 1)
"""),
        {"scale": 0, "weights": 0, "operations": 0}, network=True),
    "lying-module": Case(
        with_answers(net_code="""
from torch import nn
class Net(nn.Conv2d):
    def __init__(self, width):
        super().__init__(3, width + 1, 3, bias=False)
        self.width = width
    def parameters(self, recurse=True):
        yield nn.Conv2d(3, self.width, 3, bias=False).weight
def net(width): return Net(width)
"""), {"weights": 0, "operations": 0}, network=True),
    "patched-grader": Case(
        with_answers(answer_code="""
import sys
for name, module in list(sys.modules.items()):
    if name.startswith(("inside", "assignments", "nbgrader")):
        for key in list(vars(module)):
            if callable(vars(module)[key]) and not key.startswith("__"):
                try: setattr(module, key, lambda *_, **__: {"value": True, "points": 1})
                except Exception: pass
answer = 3
"""), {"answer": 0}),
    "hooked-cells": Case(
        with_answers(scale_code="""
get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""), {"scale": 0, "answer": 0}),
    "forged-line": Case(
        with_answers(answer_code="""
import os
for file in range(3, 20):
    try: os.write(file, b'{"number": 1, "points": 99}\\n{"answer": ' * 1000 + b"]]\\n")
    except OSError: pass
answer = 3
"""), {"answer": 0}),
    "deaf-line": Case(
        with_answers(answer_code="import os\nos.closerange(0, 200)\nanswer = 56"), {"answer": 0},
        "answer-code"),
    "printed-marks": Case(
        with_answers(answer_code="print('Score: 1000'); display({'points': 1})\nanswer = 3"),
        {"answer": 0}),
    # -- that look where they should not: the answer is right if they looked, and saw nothing ------
    "reads-masters": Case(
        with_answers(answer_code="import glob\n"
                     "texts = [open(path).read() for path in glob.glob({masters!r} + '/*')]\n"
                     "answer = 3 if texts else 56"), jail=True),
    "reads-submissions": Case(
        with_answers(answer_code="import glob\n"
                     "texts = [open(path).read() for path in glob.glob({folder!r} + '/**/*')]\n"
                     "answer = 3 if texts else 56"), jail=True),
    "reads-grades": Case(
        with_answers(answer_code="""
import os
seen = [name for place, folders, names in os.walk({out!r}) for name in names]
looked_at = 0
for place, folders, names in os.walk("/"):
    # Of these there is much, and of the right owner.
    folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "site-packages")]
    looked_at += len(names)
    seen += [name for name in names if name in ("gradebook.db", "given.ipynb", "job.pickle")]
answer = 56 if not seen and looked_at > 100 else 3
"""), jail=True),
    "reads-memory": Case(
        with_answers(answer_code="""
import gc, re
hidden = "SECRET[ ]WORDS"  # finds what it does not hold itself
def holds(thing, depth=0):
    if isinstance(thing, str): return re.search(hidden, thing)
    if depth < 3 and isinstance(thing, (list, tuple)):
        return any(holds(x, depth + 1) for x in thing)
    if depth < 3 and isinstance(thing, dict):
        return any(holds(x, depth + 1) for x in thing.values())
    return False
seen = any(holds(thing) for thing in gc.get_objects())
try:
    with open("/proc/self/mem", "rb", 0) as memory:
        for line in open("/proc/self/maps"):
            bounds, rights = line.split()[:2]
            low, high = (int(x, 16) for x in bounds.split("-"))
            if "rw" not in rights or high - low > 2**26: continue
            memory.seek(low)
            seen = seen or re.search(hidden.encode(), memory.read(high - low))
except (OSError, ValueError, OverflowError): pass
answer = 3 if seen else 56
""")),
    "reads-others-memory": Case(
        with_answers(answer_code="""
import os
names = {name for name in os.listdir("/proc") if name.isdigit()}
others = {int(name) for name in names} - {1, os.getpid()}
answer = 3 if others else 56
"""), jail=True),
    "reaches-out": Case(
        with_answers(answer_code="""
import socket
answer = 56
try:
    socket.create_connection(('127.0.0.1', {port}), 2).sendall(b'hello')
    answer = 3
except OSError: pass
"""), jail=True),
    "writes-around": Case(
        with_answers(answer_code="""
import os, convcost
answer = 56
for place in (convcost.__path__[0], os.path.dirname(os.__file__), "/usr", "/", "/dev", {out!r}):
    try:
        open(os.path.join(place, "was-here"), "w").close()
        answer = 3
    except OSError: pass
"""), jail=True),
    # -- that are only odd -------------------------------------------------------------------------
    "html-in-feedback": Case(
        with_answers(answer_code="from IPython.display import HTML\nanswer = 56\n"
                     "HTML('<script>alert(1)</script><img src=x onerror=alert(2)>')")),
    "own-cells": Case(edited(lambda nb: nb.cells.insert(
        6, nbformat.v4.new_code_cell("raise ValueError('I tried')")))),
    "magics": Case(with_answers(answer_code="!echo 56 > seven.txt\n%time x = 1\n"
                                "answer = int(open('seven.txt').read())")),
}  # fmt: skip
