"""How a student's process is shut in: with bubblewrap where there is any, and always without."""

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assignments.grader import calls, jail
from assignments.grader.student import Student
from tests.assignments.grader.school import ROOT, naps, wait_until

# Python 3.12 and later warn of forks where there are threads, as pytest-xdist has them.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
# Nobody else's process sleeps for so long.
NAP_SECONDS = "16180.339"
BARE = jail.Isolation(bwrap=None, own_user=False)


@pytest.fixture(params=["bubblewrap", "bare"])
def either(request):
    """With bubblewrap, and with what is left without it, for whoever runs the tests."""
    return request.getfixturevalue("bubblewrap") if request.param == "bubblewrap" else BARE


@pytest.fixture
def start(request):
    """Return a function that makes a student's process, which ends with the test."""

    def make(isolation, readable=(), hidden=(), cell_seconds=20.0, **limits):
        shut_in = jail.Jail(
            isolation, jail.Limits(**limits), (*jail.readable_paths(), *readable), hidden
        )
        student = Student(shut_in, (), cell_seconds, 200)
        request.addfinalizer(student.stop)
        return student

    return make


# -- with and without ------------------------------------------------------------------------------


def test_cells_run_and_values_pass(either, start):
    student = start(either)

    assert student.run("number = 6 * 7\ndef double(x): return 2 * x", "a").trouble is None
    assert student.get("number") == 42
    assert student.get("double")(21) == 42
    assert student.run("print('said'); 1 / 0", "b").outputs[0]["text"] == "said\n"


def test_an_interrupted_cell_leaves_the_process_as_it_was(either, start):
    student = start(either, cell_seconds=2.0)
    student.run("kept = 1", "a")

    ran = student.run("while True: pass", "b")

    assert ran.trouble == "took more than 2 s"
    student.begin_test()
    assert student.get("kept") == 1
    assert student.starts == 1


def test_a_grader_in_the_background_interrupts_too(either, start):
    """A shell lets what it starts with ``&`` ignore the keyboard's interrupt."""
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        student = start(either, cell_seconds=2.0)
        assert student.run("while True: pass", "a").trouble == "took more than 2 s"
    finally:
        signal.signal(signal.SIGINT, usual)


@pytest.mark.parametrize("leaving", ["", "os.setsid()", "os.fork() and os._exit(0)"])
def test_nothing_that_it_started_is_left(leaving, either, start):
    student = start(either)
    student.run(f"""
import os, subprocess
if os.fork() == 0:
    {leaving or "pass"}
    os.execvp("sleep", ["sleep", "{NAP_SECONDS}"])
""", "a")  # fmt: skip
    wait_until(lambda: naps(NAP_SECONDS))

    student.stop()

    assert not naps(NAP_SECONDS)


def test_too_much_memory_ends_it(either, start):
    student = start(either, memory_bytes=2**29)

    ran = student.run("blocks = []\nwhile True: blocks.append(bytearray(2**24))", "a")

    assert ran.trouble is not None
    assert student.run("1", "b").trouble is None


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name in memory are Linux's")
def test_memory_in_files_without_a_name_counts(start):
    """With bubblewrap there are none: see `calls`."""
    student = start(BARE, memory_bytes=2**28)

    ran = student.run("""
import os, time
files = [os.memfd_create("block") for _ in range(4)]
for file in files:
    for _ in range(96): os.write(file, bytes(2**20))
time.sleep(15)
""", "a")  # fmt: skip

    assert ran.trouble == "ended its process: it used too much memory"


@pytest.mark.parametrize("end", ["", "\\n"])
def test_what_a_test_passes_is_not_in_what_the_next_cell_prints(end, either, start):
    student = start(either)
    student.run(f"def double(x):\n    print('saw', x, end='{end}')\n    return 2 * x", "a")
    student.begin_test()
    assert student.get("double")(271828) == 543656

    assert student.run("print('next')", "b").outputs[0]["text"] == "next\n"


def test_what_ran_again_is_not_shown_again(either, start):
    student = start(either)
    student.run("print('once')", "a")
    student.run("import os; os._exit(0)", "b")

    assert student.run("print('next')", "c").outputs[0]["text"] == "next\n"


def test_its_environment_holds_nothing_of_the_instructors(either, start, monkeypatch):
    monkeypatch.setenv("COURSE_PASSWORD", "secret")
    student = start(either)
    student.run("import os; names = sorted(os.environ)", "a")

    assert "COURSE_PASSWORD" not in student.get("names")


# -- with ------------------------------------------------------------------------------------------


def test_nothing_but_the_list_is_in_sight(bubblewrap, start, tmp_path):
    for name in ("masters/toy.md", "home/notes.txt", "_build/source/toy.ipynb", "in/s1001.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("secret")
    listed = [str(path) for path in jail.readable_paths()]
    listed += ["/proc", "/dev", *(f"/etc/{name}" for name in jail.ETC), *map(str, jail.SYSTEM)]
    student = start(bubblewrap)
    student.run(f"""
import os
found = []
for place, folders, names in os.walk("/"):
    rest = [name for name in folders + names if os.path.join(place, name) not in {listed}]
    folders[:] = [name for name in folders if name in rest]
    found += [os.path.join(place, name) for name in rest if name not in folders]
root = os.listdir({str(ROOT)!r})
grader = os.listdir({str(jail.HERE)!r})
source = os.listdir({str(ROOT / "src")!r})
usr = os.listdir("/usr") + os.listdir("/usr/local")
""", "a")  # fmt: skip

    # What IPython keeps of itself in its own home.
    assert [path for path in student.get("found") if not path.startswith("/tmp/student/")] == []
    assert set(student.get("root")) <= {".venv", "src", "assignments"}
    assert student.get("grader") == ["inside"]
    assert student.get("source") == ["convcost"]
    # People keep things in /usr/local/share, /usr/local/src and /usr/src.
    assert set(student.get("usr")) <= {"bin", "lib", "lib32", "lib64", "libexec", "libx32", "sbin",
                                       "share", "local"}  # fmt: skip


def test_what_is_hidden_stays_so_below_what_is_listed(bubblewrap, start, tmp_path):
    masters = tmp_path / "packages" / "masters"
    masters.mkdir(parents=True)
    (masters / "toy.md").write_text("secret")
    (tmp_path / "packages" / "code.py").write_text("")
    (tmp_path / "packages" / "all.zip").write_text("secret")
    student = start(bubblewrap, readable=[tmp_path / "packages"],
                    hidden=[masters, tmp_path / "packages" / "all.zip"])  # fmt: skip
    student.run(f"""
import os
os.chdir({str(tmp_path / "packages")!r})
seen, masters = sorted(os.listdir()), os.listdir("masters")
try: text = open("all.zip").read()
except PermissionError: text = ""
""", "a")  # fmt: skip

    assert student.get("seen") == ["all.zip", "code.py", "masters"]
    assert student.get("masters") == []
    assert student.get("text") == ""


def test_it_has_no_rights_and_few_places_to_write_to(bubblewrap, start):
    student = start(bubblewrap, disk_bytes=2**20)
    student.run("""
import os
lines = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines())
rights = {int(lines[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")}
gains_no_more = lines["NoNewPrivs"] == "1"
user, written = os.getuid(), []
for place in ("/", "/usr", "/etc", "/dev", "/tmp", "/dev/shm", os.path.expanduser("~")):
    try:
        open(os.path.join(place, "a"), "w").close()
        written.append(place)
    except OSError: pass
try:
    with open("/tmp/large", "wb") as file: file.write(bytes(2**22))
except OSError as error: full = error.strerror
""", "a")  # fmt: skip

    assert student.get("user") != 0
    assert student.get("rights") == {0}
    assert student.get("gains_no_more")
    assert student.get("written") == ["/tmp", "/dev/shm", "/tmp/student"]
    assert student.get("full") == "No space left on device"


@pytest.mark.parametrize("killed", ["supervisor", "judge"])
def test_a_kill_leaves_no_jail(killed, bubblewrap, start):
    """A judge of its own is forked, as the warm process does it."""
    judge = os.fork()
    if judge == 0:
        student = start(bubblewrap)
        student.run(f'import subprocess; subprocess.Popen(["sleep", "{NAP_SECONDS}"])', "a")
        time.sleep(1000)
    wait_until(lambda: naps(NAP_SECONDS))
    jailed = psutil.Process(judge).children(recursive=True)
    # The supervisor, bubblewrap twice, the student's process, and what that started.
    assert len(jailed) == 5
    supervisor = psutil.Process(judge).children()[0]

    os.kill(judge if killed == "judge" else supervisor.pid, signal.SIGKILL)

    wait_until(lambda: not any(process.is_running() and process.status() != "zombie"
                               for process in jailed))  # fmt: skip
    if killed == "supervisor":
        os.kill(judge, signal.SIGKILL)
    os.waitpid(judge, 0)


# -- what is said ----------------------------------------------------------------------------------


def test_without_bubblewrap_it_is_said_what_is_lost_and_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = jail.available()

    assert found.bwrap is None
    [first, *rest] = found.missing()
    assert "the network and files that your own user can read are not hidden" in first
    assert "`apt-get install bubblewrap`" in first
    assert "virtual machine" in first
    assert len(rest) == (os.geteuid() != 0)


def test_a_bubblewrap_that_does_not_work_is_not_relied_on(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'No permissions to create' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    found = jail.available()

    assert found.bwrap is None
    assert "bubblewrap does not work here (No permissions to create)" in found.missing()[0]


def test_where_all_is_covered_nothing_is_said(monkeypatch):
    isolation = jail.Isolation(bwrap="/usr/bin/bwrap", own_user=False)
    for machine in ("x86_64", "aarch64"):
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        assert isolation.missing() == []


def test_on_a_machine_whose_calls_are_not_known_it_is_said(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "sparc64")
    isolation = jail.Isolation(bwrap="/usr/bin/bwrap", own_user=False)

    assert calls.refused() == b""
    assert "--seccomp" not in jail.view("bwrap", (), (), None, 1, 3)
    assert "does not know this machine's system calls (sparc64)" in isolation.missing()[0]


def test_root_says_when_others_can_not_use_its_python(tmp_path):
    closed = tmp_path / "closed"
    (closed / "python").mkdir(parents=True)
    closed.chmod(0o700)
    root = jail.Isolation(bwrap=None, own_user=True)

    with pytest.raises(RuntimeError, match="closed to other users"):
        jail.check_that_it_can_run(root, [closed / "python"])


def test_a_process_that_can_not_start_is_the_graders_fault(start, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'it broke' >&2\nexit 1\n")
    broken.chmod(0o755)
    student = start(jail.Isolation(bwrap=str(broken), own_user=False))

    with pytest.raises(RuntimeError, match=r"could not start .*: within 90 s it .*it broke"):
        student.run("1", "a")


def test_bubblewrap_is_looked_for_before_tests_run(monkeypatch, tmp_path):
    """With nothing on the PATH it says what to install, and does not stop the tests."""
    done = subprocess.run([sys.executable, "-m", "tools.bubblewrap"], cwd=ROOT, text=True,
                          capture_output=True, env={"PATH": str(tmp_path)}, check=True)  # fmt: skip
    assert "install it" in done.stderr

    found = shutil.which("bwrap")
    if found:
        done = subprocess.run([sys.executable, "-m", "tools.bubblewrap"], cwd=ROOT, text=True,
                              capture_output=True, check=True)  # fmt: skip
        assert Path(done.stdout.strip()) == Path(found)
