"""Broken and hostile submissions: each ends with its row, and with no more points than it earned.

All are graded in two runs, with limits that are smaller than a class's.
"""

import csv
import re
import socket
import threading

import psutil
import pytest

from assignments.grader import jail, run
from assignments.grader.records import Options
from tests.assignments.grader import toy
from tests.assignments.grader.hostile_cases import CASES, NAP_SECONDS, Place


class Listener:
    """A server that remembers who came."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.came = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                self.came.append(self.socket.accept()[1])
            except OSError:
                return


class Graded:
    """All rows of grades.csv, and the pages of feedback, by id."""

    def __init__(self, base):
        self.base, self.rows, self.pages = base, [], {}
        for out in base.glob("*/out"):
            with (out / "grades.csv").open() as file:
                self.rows += csv.DictReader(file)
            self.pages |= {path.stem: path.read_text() for path in (out / "feedback").iterdir()}

    def row(self, name):
        return next(row for row in self.rows if row["id"] == identify(name))


def identify(name):
    return f"s{1000 + list(CASES).index(name)}"


@pytest.fixture(scope="module")
def graded(once, toy_masters, small_masters, isolation, warm_process):
    """Grade them all, in a run for each of the two assignments."""

    def fill(base):
        listener = Listener()
        for masters in (small_masters, toy_masters):
            assignment = toy.name_in(masters)
            folder, out = base / assignment / "in", base / assignment / "out"
            place = Place(masters, folder, out, listener.socket.getsockname()[1])
            folder.mkdir(parents=True)
            for name, case in CASES.items():
                if case.network == (assignment == "toy") and (isolation.bwrap or not case.jail):
                    made = case.make(place)
                    path = folder / f"{identify(name)}_{name}.ipynb"
                    path.write_bytes(made) if isinstance(made, bytes) else toy.save(made, path)
            run.grade(
                Options(
                    folder=folder, out=out, seed=toy.SEED, masters=masters,
                    assignment=assignment, cell_seconds=3, total_seconds=60, go_on=True,
                    limits=jail.Limits(memory_bytes=2**30, disk_bytes=2**26, file_bytes=2**25),
                ),
                lambda line: None, warm_process,
            )  # fmt: skip
        listener.socket.close()
        (base / "came.txt").write_text("".join(f"{address}\n" for address in listener.came))

    return Graded(once("hostile", fill))


def skip_without_jail(name, isolation):
    if CASES[name].jail and not isolation.bwrap:
        pytest.skip(f"needs bubblewrap: {isolation.trouble}")


def test_there_are_many():
    assert len(CASES) >= 50


@pytest.mark.parametrize("name", CASES)
def test_each_ends_with_its_row(name, graded, isolation):
    skip_without_jail(name, isolation)
    case, row = CASES[name], graded.row(name)

    assert case.says in f"{row['reason']}; {row['notes']}"
    if case.failed:
        assert row["status"] == "failed"
        assert row["reason"]
        # Never a silent 0.
        assert {row[question] for question in case.points} | {row["total"]} == {""}
    else:
        assert {question: float(row[question]) for question in case.points} == case.points
        assert float(row["total"]) == sum(case.points.values())
        assert row["reason"] == ""


def test_no_row_is_lost_or_doubled(graded, isolation):
    tried = [name for name, case in CASES.items() if isolation.bwrap or not case.jail]

    assert sorted(row["id"] for row in graded.rows) == sorted(map(identify, tried))


def test_nothing_that_a_submission_started_is_left(graded):
    def is_left(process):
        try:
            return NAP_SECONDS in process.cmdline()
        except psutil.Error:
            return False

    assert [process for process in psutil.process_iter() if is_left(process)] == []


def test_nobody_reached_the_network(graded, bubblewrap):
    assert (graded.base / "came.txt").read_text() == ""


def test_feedback_runs_and_fetches_nothing(graded):
    page = graded.pages[identify("html-in-feedback")]

    assert "default-src 'none'" in page
    assert "<script" not in page.lower()
    assert not re.search(r"<[^>]*onerror", page)


def test_feedback_does_not_show_hidden_tests(graded):
    for page in graded.pages.values():
        assert "SECRET WORDS" not in page
        assert "HIDDEN TESTS" not in page


def test_no_page_of_feedback_is_larger_than_one_can_read(graded):
    sizes = {name: len(page) for name, page in graded.pages.items()}

    assert max(sizes.values()) < 8 * 2**20
