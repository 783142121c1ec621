"""A class is graded: points, files, again after a change, after a kill, in shares, by hand."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import psutil
import pytest

from assignments.grader import jail, marks, report, run
from tests.assignments import toy

ROOT = Path(__file__).parents[2]
# Nobody else's process sleeps for so long.
NAP = "27182.818"

# What students send, by id, and what it deserves, question by question; None waits for marks.
HALF = "def net(width):\n    from torch import nn\n    return nn.Conv2d(3, 8, 3, bias=False)"
POINTS = {
    "s1001": {"scale": 2, "weights": 3, "operations": 2, "answer": 1, "why": None},
    "s1002": {"scale": 0, "weights": 0, "operations": 0, "answer": 0, "why": 0},
    "s1003": {"scale": 2, "weights": 1, "operations": 0, "answer": 0, "why": None},
    "s1004": {"scale": 2, "weights": 3, "operations": 2, "answer": 1, "why": 0},
}


def write_class(folder, masters):
    why = 'Because 7 * 8 is **56**;\nas "everybody" knows.\n\n=SUM(A1)'
    toy.save(toy.solved(masters, why=why), folder / "s1001.ipynb")
    toy.save(toy.release(masters), folder / "s1002.ipynb")
    half = toy.solved(masters, net_code=HALF, answer_code="answer = 57", why="= I do not know.")
    toy.save(half, folder / "Doe_1_assignsubmission_file_" / "s1003 (1).ipynb")
    text = jupytext.writes(toy.solved(masters), fmt="md:myst")
    (folder / "toy-s1004.md").write_text(text)


def wish(folder, out, masters, **settings):
    return run.Wish(folder=folder, out=out, seed=toy.SEED, masters=masters, **settings)


def grade(folder, out, masters, **settings):
    said = []
    did = run.grade(wish(folder, out, masters, **settings), said.append)
    return did, said


def table(path):
    with path.open(newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def points_of(row):
    return {question: float(row[question]) if row[question] else None for question in toy.MOST}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, toy_masters):
    """Return the folders of a class and its results; who changes them copies them first."""
    base = tmp_path_factory.mktemp("class")
    write_class(base / "in", toy_masters)
    did, said = grade(base / "in", base / "out", toy_masters)
    assert did == {"graded": 4, "kept": 0}
    return base, said


@pytest.fixture
def again(graded, tmp_path):
    for name in ("in", "out"):
        shutil.copytree(graded[0] / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("student", POINTS)
def test_each_gets_what_it_deserves(student, graded):
    row = table(graded[0] / "out" / "grades.csv")[student]

    assert points_of(row) == POINTS[student]
    waits = None in POINTS[student].values()
    assert row["status"] == ("needs-marking" if waits else "graded")
    assert float(row["total"]) == sum(value or 0 for value in POINTS[student].values())
    assert float(row["max"]) == sum(toy.MOST.values())


def test_progress_is_told(graded):
    said = "\n".join(graded[1])

    for student in POINTS:
        assert f"{student}: " in said
    assert "[4/4]" in said


def test_results_are_for_the_instructor_alone(graded):
    assert (graded[0] / "out").stat().st_mode & 0o777 == 0o700


def test_feedback_shows_points_and_no_hidden_test(graded):
    page = (graded[0] / "out" / "feedback" / "s1003.html").read_text()

    assert "Score: 3.0 / 12.0" in page
    assert "A hidden test failed." in page
    for secret in ("SECRET WORDS", "THE RUBRIC", "THE SOLUTION", "HIDDEN", "answer == 56"):
        assert secret not in page


def test_the_summary_tells_how_a_class_did(graded):
    page = (graded[0] / "out" / "summary.html").read_text()

    assert "2 graded, 2 needs-marking, 0 failed, of 4 submissions" in page
    assert "Histogram of totals: 1 from 0 to 1.2, 1 from 2.4 to 3.6, 2 from 7.2 to 8.4" in page
    order = [page.index(f"<td>{question}</td>") for question in
             ("why", "operations", "answer", "weights", "scale")]  # fmt: skip
    assert order == sorted(order)
    assert "<script" not in page


def test_the_median_of_an_even_class_lies_between_its_middle_two():
    rows = [{"status": "graded", "points": {"q": float(points)}} for points in (0, 2, 3, 4)]
    page = report.summary_html("A class", rows, {"q": 4.0}, [])
    assert "Mean 2.2, median 2.5, of 4 points" in page


# -- again -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def changed(graded, toy_masters, tmp_path_factory):
    """Return results after a second run, with changes, and what the rows were before."""
    base = tmp_path_factory.mktemp("changed")
    for name in ("in", "out"):
        shutil.copytree(graded[0] / name, base / name)
    rows = base / "out" / "rows"
    fill_in(base / "out", {"s1001": "4"})
    before = {path.name: path.stat().st_mtime_ns for path in rows.iterdir()}
    toy.save(toy.solved(toy_masters, why="Another answer."), base / "in" / "s1001.ipynb")
    one = toy.solved(toy_masters, scale_code="def scale(number):\n    return 1")
    toy.save(one, base / "in" / "s1002.ipynb")
    (base / "out" / "feedback" / "s1004.html").unlink()
    did, _ = grade(base / "in", base / "out", toy_masters)
    return base / "out", before, did


def test_only_what_changed_is_graded_again(changed):
    out, before, did = changed

    assert did == {"graded": 3, "kept": 1}
    now = {path.name: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    assert [name for name in before if now[name] == before[name]] == ["s1003.json"]
    rows = table(out / "grades.csv")
    assert [rows[student]["total"] for student in POINTS] == ["8", "6", "3", "8"]
    assert (out / "feedback" / "s1004.html").exists()


def test_a_mark_belongs_to_an_answer(changed):
    row = table(changed[0] / "grades.csv")["s1001"]

    assert row["status"] == "needs-marking"
    assert "the answer changed after it got 4 points" in row["notes"]
    assert table(changed[0] / "manual.csv")["s1001"]["points"] == ""


def test_a_visible_test_says_what_failed(changed):
    page = (changed[0] / "feedback" / "s1002.html").read_text()

    assert "assert scale(1) == factor" in page
    assert "AssertionError" in page


def test_a_changed_or_wrong_master_grades_all_again(again, toy_masters, tmp_path):
    masters = tmp_path / "masters"
    shutil.copytree(toy_masters, masters)
    text = (masters / "toy.md").read_text().replace("answer == 56", "answer == 57")
    (masters / "toy.md").write_text(text.replace("sum(right)", "sum(right) + 7"))
    (again / "out" / "rows" / "s1001.json").write_text('{"status": "gra')  # by a broken disk

    did, _ = grade(again / "in", again / "out", masters)

    assert did["kept"] == 0
    rows = table(again / "out" / "grades.csv")
    assert [rows[student]["answer"] for student in POINTS] == ["0", "0", "1", "0"]
    # A value that nbgrader would take for full points.
    assert {rows[student]["weights"] for student in POINTS} == {"0"}
    graded_text = (again / "out" / "graded" / "s1001.ipynb").read_text()
    assert "the test's last value is 10, not from 0 to 3 points" in graded_text


def test_two_runs_do_not_write_to_one_folder(again, toy_masters):
    with run._alone(again / "out"), pytest.raises(RuntimeError, match="another run is writing"):
        grade(again / "in", again / "out", toy_masters)


def command(folder, out, masters, *options):
    return [sys.executable, "-m", "assignments.grade", str(folder), "--out", str(out),
            "--seed", str(toy.SEED), "--masters", str(masters), *options]  # fmt: skip


def naps():
    found = []
    for process in psutil.process_iter():
        try:
            found += [process] if NAP in process.cmdline() else []
        except psutil.Error:
            continue
    return found


def wait_until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def test_a_killed_run_loses_nothing_and_the_next_grades_nothing_twice(toy_masters, tmp_path):
    nap = (f"import subprocess\nsubprocess.Popen(['sleep', '{NAP}'], start_new_session=True)\n"
           "import time\ntime.sleep(0.3)\nanswer = 56")  # fmt: skip
    for number in range(8):
        toy.save(
            toy.solved(toy_masters, answer_code=nap), tmp_path / "in" / f"s{2000 + number}.ipynb"
        )
    rows = tmp_path / "out" / "rows"

    def written():
        return {path.name: path.stat().st_mtime_ns for path in rows.glob("[!.]*")}

    line = command(tmp_path / "in", tmp_path / "out", toy_masters)
    killed = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL)
    wait_until(lambda: len(written()) >= 2)
    killed.kill()
    killed.wait()
    wait_until(lambda: not naps())
    before = written()
    assert 2 <= len(before) < 8

    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)

    assert f"{8 - len(before)} graded now, {len(before)} unchanged" in done.stdout
    assert {name: when for name, when in written().items() if name in before} == before
    totals = [row["total"] for row in table(tmp_path / "out" / "grades.csv").values()]
    assert totals == ["8"] * 8
    assert not naps()


# -- by hand ---------------------------------------------------------------------------------------


def fill_in(out, points):
    lines = list(csv.DictReader((out / "manual.csv").read_text().splitlines(keepends=True)))
    for line in lines:
        line["points"] = points.get(line["id"], line["points"])
    (out / "manual.csv").write_text(report.csv_text(marks.COLUMNS, lines))


def test_manual_csv_has_what_a_marker_needs(graded):
    lines = table(graded[0] / "out" / "manual.csv")

    assert set(lines) == {"s1001", "s1003"}
    assert 'as "everybody" knows.' in lines["s1001"]["answer"]
    assert lines["s1001"]["rubric"] == "4 points for THE RUBRIC."
    assert lines["s1001"]["max"] == "4"
    # A spreadsheet must not take an answer for a formula.
    assert lines["s1003"]["answer"] == "'= I do not know."


def test_marks_by_hand_are_read_back(again, toy_masters):
    fill_in(again / "out", {"s1001": "3.5", "s1003": "0"})

    did, _ = grade(again / "in", again / "out", toy_masters)

    assert did == {"graded": 0, "kept": 4}
    rows = table(again / "out" / "grades.csv")
    assert [rows[s]["status"] for s in ("s1001", "s1003")] == ["graded", "graded"]
    assert [rows[s]["total"] for s in ("s1001", "s1003")] == ["11.5", "3"]
    assert "Score: 11.5 / 12.0" in (again / "out" / "feedback" / "s1001.html").read_text()
    # And once more, with nothing new.
    grade(again / "in", again / "out", toy_masters)
    assert table(again / "out" / "grades.csv") == rows


def test_a_spreadsheets_semicolons_and_commas_are_read(again, toy_masters):
    lines = list(csv.DictReader((again / "out" / "manual.csv").read_text().splitlines(True)))
    with (again / "out" / "manual.csv").open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, marks.COLUMNS, delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(line | {"points": "3,5", "answer": line["answer"].replace("\n", "\r\n")}
                         for line in lines)  # fmt: skip

    grade(again / "in", again / "out", toy_masters)

    assert table(again / "out" / "grades.csv")["s1001"]["why"] == "3.5"


@pytest.mark.parametrize("points", ["5", "-1", "nan", "good"])
def test_marks_that_can_not_be_are_said_to_be_so(points, again, toy_masters):
    fill_in(again / "out", {"s1001": points})

    grade(again / "in", again / "out", toy_masters)

    row = table(again / "out" / "grades.csv")["s1001"]
    assert row["status"] == "needs-marking"
    assert "is not a number from 0 to 4" in row["notes"]


def test_a_manual_csv_with_other_columns_is_not_guessed_at(again, toy_masters):
    (again / "out" / "manual.csv").write_text("name,mark\nAnn,4\n")

    with pytest.raises(ValueError, match="save it with the columns it had"):
        grade(again / "in", again / "out", toy_masters)


# -- in shares -------------------------------------------------------------------------------------


def test_two_shares_merged_are_the_whole(graded, toy_masters, tmp_path):
    source = graded[0] / "in"
    for number in (1, 2):
        line = command(source, tmp_path / f"out{number}", toy_masters, "--share", f"{number}/2")
        subprocess.run(line, cwd=ROOT, capture_output=True, check=True)
    fill_in(tmp_path / "out1", dict.fromkeys(POINTS, "2"))
    parts = [table(tmp_path / f"out{number}" / "grades.csv") for number in (1, 2)]
    assert all(0 < len(part) < 4 for part in parts)

    line = [sys.executable, "-m", "assignments.grade", "--merge", str(tmp_path / "out1"),
            str(tmp_path / "out2"), "--out", str(tmp_path / "all")]  # fmt: skip
    subprocess.run(line, cwd=ROOT, capture_output=True, check=True)

    merged = table(tmp_path / "all" / "grades.csv")
    assert list(merged) == list(POINTS)
    for student, row in merged.items():
        expected = dict(POINTS[student])
        if student in parts[0] and expected["why"] is None:
            expected["why"] = 2
        assert points_of(row) == expected
    assert "of 4 submissions" in (tmp_path / "all" / "summary.html").read_text()
    assert (tmp_path / "all" / "feedback" / "s1001.html").exists()


def test_what_does_not_belong_together_is_not_merged(graded, toy_masters, tmp_path):
    out = graded[0] / "out"
    with pytest.raises(ValueError, match="more than one folder has the ids s1001"):
        run.merge([out, out], tmp_path / "all", print)
    shutil.copytree(out, tmp_path / "other")
    other = json.loads((out / "run.json").read_text()) | {"given": "another", "seed": 8}
    (tmp_path / "other" / "run.json").write_text(json.dumps(other))
    with pytest.raises(ValueError, match="not of the same assignment, seed and masters"):
        run.merge([out, tmp_path / "other"], tmp_path / "all", print)


# -- where less is given ---------------------------------------------------------------------------


NOBODY = 65534


def with_python_open(line, folder):
    """Return a command line that runs another where any user may read this Python."""
    # What is below a closed folder, as root's own Python may be, is shown by a mount.
    opened = []
    for path in {Path(sys.base_prefix).resolve(), ROOT, Path(sys.prefix)}:
        closed = [at for at in reversed(path.parents) if not at.stat().st_mode & 0o001]
        if closed:
            opened.append((path, closed[0]))
    script = ["set -e"]
    for number, (path, _) in enumerate(opened):
        script += [f"mkdir -p {folder}/keep{number}", f"mount --bind {path} {folder}/keep{number}"]
    for closed in {closed for _, closed in opened}:
        script += [f"mount -t tmpfs -o mode=755 none {closed}"]
    for number, (path, _) in enumerate(opened):
        script += [f"mkdir -p {path}", f"mount --bind {folder}/keep{number} {path}"]
    script.append('exec "$@"')
    return ["unshare", "-m", "sh", "-c", "\n".join(script), "sh", *line]


@pytest.mark.skipif(os.geteuid() != 0, reason="all tests run without root's rights already")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv, of util-linux")
@pytest.mark.parametrize("options", [[], ["--no-namespaces"]], ids=["namespaces", "none"])
def test_without_roots_rights(options, toy_masters):
    # Not below pytest's folder, which is closed to others.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(toy_masters, folder / "masters")
        write_class(folder / "in", folder / "masters")
        bomb = f"import subprocess\nfor _ in range(100): subprocess.Popen(['sleep', '{NAP}'])"
        toy.save(toy.solved(toy_masters, answer_code=bomb), folder / "in" / "s1005.ipynb")
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        line = command(folder / "in", folder / "out", folder / "masters", *options)

        nobody = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
        done = subprocess.run(
            with_python_open([*nobody, *line], folder), cwd=ROOT, capture_output=True, text=True,
            env=os.environ | {"HOME": name}, check=False,
        )  # fmt: skip

        assert done.returncode == 0, done.stderr
        rows = table(folder / "out" / "grades.csv")
        for student, points in POINTS.items():
            assert points_of(rows[student]) == points
        assert rows["s1005"]["answer"] == "0"
        assert rows["s1005"]["scale"] == "2"
        assert (folder / "out").stat().st_uid == NOBODY
        told = "run the grader as root" in done.stdout
        assert told == bool(options) or "this kernel gives no namespaces" in done.stdout
        assert not naps()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
def test_root_without_namespaces_still_drops_rights(toy_masters, tmp_path):
    looks = "import os\nanswer = 56 if os.getuid() >= 2_000_000_000 else 3"
    reads = f"import os\nanswer = 56 if os.listdir({str(tmp_path / 'out')!r}) else 3"
    toy.save(toy.solved(toy_masters, answer_code=looks), tmp_path / "in" / "s1001.ipynb")
    toy.save(toy.solved(toy_masters, answer_code=reads), tmp_path / "in" / "s1002.ipynb")
    line = command(tmp_path / "in", tmp_path / "out", toy_masters, "--no-namespaces")

    done = subprocess.run(with_python_open(line, tmp_path), cwd=ROOT, capture_output=True,
                          text=True, check=False)  # fmt: skip

    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "out" / "grades.csv")
    assert rows["s1001"]["answer"] == "1"
    assert rows["s1002"]["answer"] == "0"
    assert "are not hidden from submissions" in done.stdout


def test_root_says_when_others_can_not_use_its_python(tmp_path):
    closed = tmp_path / "closed"
    (closed / "python").mkdir(parents=True)
    closed.chmod(0o700)
    root = jail.Isolation(namespaces=False, own_user=True)

    with pytest.raises(RuntimeError, match="closed to other users"):
        run._check_that_it_can_run(root, [closed / "python"])


# -- the command -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["a", "b"], "one folder of submissions is graded at a time"),
        (["a", "--share", "3/2"], "expected K/N"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words, capsys, tmp_path, monkeypatch):
    from assignments import grade as command_module

    monkeypatch.chdir(tmp_path)

    assert command_module.main(arguments) == 2
    assert words in capsys.readouterr().err
