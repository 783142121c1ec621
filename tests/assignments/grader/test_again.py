"""A class is graded again: after a change, after a kill, and never by two runs at once."""

import shutil
import subprocess

import psutil
import pytest

from assignments.grader import running
from assignments.grader.records import Counts
from tests.assignments.grader import toy
from tests.assignments.grader.school import (
    NAP_SECONDS,
    POINTS,
    ROOT,
    command,
    fill_in,
    grade,
    naps,
    table,
    wait_until,
)


@pytest.fixture(scope="module")
def changed(graded, toy_masters, tmp_path_factory, warm_process):
    """Return results after a second run, with changes, and when rows were written before."""
    base = tmp_path_factory.mktemp("changed")
    for name in ("in", "out"):
        shutil.copytree(graded / name, base / name)
    rows = base / "out" / "rows"
    fill_in(base / "out", {"s1001": "4"})
    before = {path.name: path.stat().st_mtime_ns for path in rows.iterdir()}
    toy.save(toy.solved(toy_masters, why="Another answer."), base / "in" / "s1001.ipynb")
    one = toy.solved(toy_masters, scale_code="def scale(number):\n    return 1")
    toy.save(one, base / "in" / "s1002.ipynb")
    (base / "out" / "feedback" / "s1004.html").unlink()
    counts, _ = grade(base / "in", base / "out", toy_masters, warm_process)
    return base / "out", before, counts


def test_only_what_changed_is_graded_again(changed):
    out, before, counts = changed

    assert counts == Counts(graded=3, unchanged=1)
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


def test_a_changed_or_wrong_master_grades_all_again(again, toy_masters, tmp_path, warm_process):
    masters = tmp_path / "masters"
    shutil.copytree(toy_masters, masters, warm_process)
    text = (masters / "toy.md").read_text().replace("answer == 56", "answer == 57")
    (masters / "toy.md").write_text(text.replace("sum(weights", "7 + sum(weights"))
    (again / "out" / "rows" / "s1001.json").write_text('{"status": "gra')  # by a broken disk

    counts, _ = grade(again / "in", again / "out", masters, warm_process)

    assert counts.unchanged == 0
    rows = table(again / "out" / "grades.csv")
    assert [rows[student]["answer"] for student in POINTS] == ["0", "0", "1", "0"]
    # A value that nbgrader would take for full points.
    assert {rows[student]["weights"] for student in POINTS} == {"0"}
    graded_text = (again / "out" / "graded" / "s1001.ipynb").read_text()
    assert "the test's last value is 10, not from 0 to 3 points" in graded_text


def test_two_runs_do_not_write_to_one_folder(again, toy_masters, warm_process):
    with running.alone(again / "out"), pytest.raises(RuntimeError, match="another run is writing"):
        grade(again / "in", again / "out", toy_masters, warm_process)


def test_a_killed_run_loses_nothing_and_the_next_grades_nothing_twice(small_masters, tmp_path):
    nap = f"""
import subprocess, time
subprocess.Popen(["sleep", "{NAP_SECONDS}"], start_new_session=True)
time.sleep(0.3)
answer = 56
"""
    for number in range(8):
        toy.save(
            toy.solved(small_masters, answer_code=nap), tmp_path / "in" / f"s{2000 + number}.ipynb"
        )
    rows = tmp_path / "out" / "rows"

    def written():
        return {path.name: path.stat().st_mtime_ns for path in rows.glob("[!.]*")}

    line = command(tmp_path / "in", tmp_path / "out", small_masters)
    killed = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL)
    wait_until(lambda: len(written()) >= 2)
    left = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    killed.wait()
    # A judge may still finish the row that it is at.
    assert psutil.wait_procs(left, timeout=60)[1] == []
    wait_until(lambda: not naps())
    before = written()
    assert 2 <= len(before) < 8

    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)

    assert f"{8 - len(before)} graded now, {len(before)} unchanged" in done.stdout
    assert {name: when for name, when in written().items() if name in before} == before
    totals = [row["total"] for row in table(tmp_path / "out" / "grades.csv").values()]
    assert totals == ["3"] * 8
    assert not naps()
