"""A class is graded where less is given: without root's rights, and without bubblewrap."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.assignments.grader import toy
from tests.assignments.grader.school import NAP_SECONDS, ROOT, command, naps, table

NOBODY = 65534
BOMB = f"import subprocess\nfor _ in range(100): subprocess.Popen(['sleep', '{NAP_SECONDS}'])"


def with_python_open(line):
    """Return a command line that runs another where any user may read this Python.

    Root's own Python may lie below a folder that is closed to others: bubblewrap shows it there.
    """
    paths = {Path(sys.base_prefix).resolve(), ROOT, Path(sys.prefix)}
    closed = {path: at for path in paths for at in path.parents if not at.stat().st_mode & 0o001}
    if not closed:
        return line
    if not shutil.which("bwrap"):
        pytest.skip(f"needs bubblewrap, as {next(iter(closed.values()))} is closed to others")
    view = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--cap-add", "ALL"]
    for at in sorted(set(closed.values())):
        view += ["--perms", "0755", "--tmpfs", str(at)]
    for path, at in sorted(closed.items()):
        for folder in [*reversed(path.relative_to(at).parents)][1:]:
            view += ["--perms", "0755", "--dir", str(at / folder)]
        view += ["--ro-bind", str(path), str(path)]
    return [*view, *line]


@pytest.fixture
def folder():
    # Not below pytest's folder, which is closed to others.
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.parametrize("options", [[], ["--no-bubblewrap"]], ids=["bubblewrap", "bare"])
def test_without_roots_rights(options, small_masters, folder):
    if not options and not shutil.which("bwrap"):
        pytest.skip("needs bubblewrap (bwrap) on the PATH")
    shutil.copytree(small_masters, folder / "masters")
    toy.save(toy.solved(small_masters), folder / "in" / "s1001.ipynb")
    toy.save(toy.solved(small_masters, answer_code=BOMB), folder / "in" / "s1005.ipynb")
    line = command(folder / "in", folder / "out", folder / "masters", *options)
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv, of util-linux, to leave root's rights")
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        nobody = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
        line = with_python_open([*nobody, *line])

    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"HOME": str(folder)}, check=False)  # fmt: skip

    assert done.returncode == 0, done.stderr
    rows = table(folder / "out" / "grades.csv")
    assert [rows[student]["scale"] for student in ("s1001", "s1005")] == ["2", "2"]
    assert [rows[student]["answer"] for student in ("s1001", "s1005")] == ["1", "0"]
    assert (folder / "out").stat().st_uid == (NOBODY if os.geteuid() == 0 else os.getuid())
    advised = "run the grader as root" in done.stdout
    assert advised == bool(options) or "bubblewrap does not work here" in done.stdout
    assert not naps()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
def test_root_without_bubblewrap_still_drops_rights(small_masters, folder):
    looks = "import os\nanswer = 56 if os.getuid() >= 2_000_000_000 else 3"
    reads = f"""
import os
try:
    answer = len(os.listdir({str(folder / "out")!r}))
except PermissionError:
    answer = 56
"""
    toy.save(toy.solved(small_masters, answer_code=looks), folder / "in" / "s1001.ipynb")
    toy.save(toy.solved(small_masters, answer_code=reads), folder / "in" / "s1002.ipynb")
    folder.chmod(0o755)
    line = command(folder / "in", folder / "out", small_masters, "--no-bubblewrap")

    done = subprocess.run(with_python_open(line), cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip

    assert done.returncode == 0, done.stderr
    rows = table(folder / "out" / "grades.csv")
    assert [rows[student]["answer"] for student in ("s1001", "s1002")] == ["1", "1"]
    assert "are not hidden from submissions: the run was told to do without it" in done.stdout
