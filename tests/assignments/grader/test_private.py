"""What is private stays so: a submission reads all that it can open, and finds none of it.

Secrets are laid where an instructor has them: masters outside of the repository, what was made of
them, a home folder, other submissions, grades, the environment, open files, other processes.
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import pytest

from assignments import generate
from tests.assignments.grader import prying, toy
from tests.assignments.grader.school import ROOT, command, table

WORDS = secrets.token_hex(4)  # so that no other run's are found


def secret(name):
    return f"PRIVATE-{name}_{WORDS}"


def private_master():
    """A master with secrets in all that students don't get."""
    text = toy.SMALL.replace("SECRET WORDS", secret("hidden_test"))
    text = text.replace("THE SOLUTION", secret("solution")).replace("THE RUBRIC", secret("rubric"))
    line = "    return factor * number"
    return text.replace(line, f'    "{secret("code")}"\n{line}')


class Whisperer:
    """A server on a socket without a file, which tells its secret to all who come."""

    def __init__(self):
        self.name = f"\0whisper_{WORDS}"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.name)
        self.socket.listen()
        threading.Thread(target=self.tell, daemon=True).start()

    def tell(self):
        while True:
            try:
                with self.socket.accept()[0] as line:
                    line.sendall(secret("socket").encode())
            except OSError:
                return


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """Lay the secrets, and return what `pry` and `grade` need of them."""
    since = time.time() - 2
    base = tmp_path_factory.mktemp("private")
    course = ROOT / "_build" / "assignments" / f"9999_{WORDS}"
    with contextlib.ExitStack() as ends:
        ends.callback(shutil.rmtree, course, ignore_errors=True)
        masters = base / "mine"
        masters.mkdir()
        (masters / "small.md").write_text(private_master())
        generate.main(["--masters", str(masters), "--out", str(course), "--seed", "7"])
        (course / "release" / "notes.md").write_text(secret("beside_release"))
        home = base / "home"
        for name in (".ssh/id_rsa", ".bash_history", "notes.txt", "grades-2025/grades.csv"):
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(secret("home"))
        out = base / "out"
        out.mkdir()
        (out / "earlier.csv").write_text(secret("grades"))
        shared = Path(ends.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm")))
        (shared / "block").write_text(secret("shared_memory"))
        opened = ends.enter_context((base / "opened.txt").open("w+"))
        opened.write(secret("open_file"))
        opened.flush()
        whisperer = Whisperer()
        ends.callback(whisperer.socket.close)
        other = subprocess.Popen(["sleep", "1000"], env={"WORDS": secret("process")})
        ends.callback(other.wait)
        ends.callback(other.kill)
        yield {
            "base": base, "masters": masters, "home": home, "out": out, "since": since,
            "course": course, "shared": shared, "opened": opened, "socket": whisperer.name,
        }  # fmt: skip


def pry(laid, roots):
    return (f"ROOTS, SINCE, SOCKETS = {[str(root) for root in roots]!r}, {laid['since']!r}, "
            f"[{laid['socket']!r}]\n" + prying.SOURCE)  # fmt: skip


def environment(laid):
    return os.environ | {"HOME": str(laid["home"]), "COURSE_PASSWORD": secret("environment")}


def found_in(text):
    looked_at = int(re.search(r"looked at (\d+)", text)[1])
    return looked_at, dict(re.findall(rf"found (\w+)_{WORDS} in (.*)", text))


def test_it_finds_all_of_them_outside_of_a_jail(laid):
    code = pry(laid, [laid["base"], laid["course"], laid["shared"]])
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(laid), capture_output=True, text=True,
        pass_fds=[laid["opened"].fileno()], check=True,
    )  # fmt: skip

    _, found = found_in(done.stdout)

    laid_out = {"hidden_test", "solution", "rubric", "code", "beside_release", "home", "grades",
                "shared_memory", "open_file", "socket", "process", "environment"}  # fmt: skip
    assert found.keys() >= laid_out
    assert "mine/small.md" in found["rubric"] or "source/small" in found["rubric"]


@pytest.fixture(scope="module")
def graded(laid, bubblewrap):
    """Grade one that pries, beside two others which hold secrets of their own, and return where."""
    folder = laid["base"] / "in"
    walks = pry(laid, ["/"]) + "\nanswer = 56 if not found and looked_at > 1000 else 3"
    toy.save(toy.solved(laid["masters"], answer_code=walks), folder / "s1001.ipynb")
    for student in ("s1002", "s1003"):
        holds = f"""
import os, socket, time
words = "PRI" + "VATE-neighbor_{WORDS}"
for place in ("/tmp", "/dev/shm", os.path.expanduser("~")):
    open(os.path.join(place, "mine"), "w").write(words)
server = socket.socket(socket.AF_UNIX)
server.bind({laid["socket"]!r} + "2")
time.sleep(5)
answer = 56
"""
        toy.save(toy.solved(laid["masters"], answer_code=holds, why=secret("submission")),
                 folder / f"{student}.ipynb")  # fmt: skip
    options = ["--workers", "3", "--seconds", "200", "--assignment", "small"]
    line = command(folder, laid["out"], laid["masters"], *options)

    done = subprocess.run(
        line, cwd=ROOT, env=environment(laid), capture_output=True, text=True,
        pass_fds=[laid["opened"].fileno()], check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    return laid["out"]


def test_a_submission_finds_nothing(graded):
    notebook = nbformat.read(graded / "graded" / "s1001.ipynb", 4)
    text = "".join(
        output.get("text", "") for output in toy.cell_of(notebook, "answer-code").outputs
    )
    looked_at, found = found_in(text)
    assert found == {}
    assert looked_at > 1000
    rows = table(graded / "grades.csv")
    assert [rows[student]["answer"] for student in ("s1001", "s1002", "s1003")] == ["1", "1", "1"]


def test_nor_does_a_page_of_feedback_hold_any(graded):
    """Beside what its author wrote."""
    pages = {page.stem: page.read_text() for page in (graded / "feedback").glob("*.html")}

    assert len(pages) == 3
    assert secret("submission") in pages["s1002"]
    for page in pages.values():
        assert set(re.findall(rf"PRIVATE-(\w+)_{WORDS}", page)) <= {"submission", "neighbor"}
