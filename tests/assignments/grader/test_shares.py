"""A class graded in shares, and the command that grades and merges."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from assignments import grade as command_module
from assignments.grader import run
from assignments.grader.records import RunRecord
from tests.assignments.grader.school import (
    POINTS,
    deserved,
    fill_in,
    grade,
    points_of,
    table,
    write_class,
)


def test_two_shares_merged_are_the_whole(small_masters, tmp_path, warm_process, isolation):
    write_class(tmp_path / "in", small_masters)
    for number in (1, 2):
        grade(tmp_path / "in", tmp_path / f"out{number}", small_masters, warm_process,
              share=(number, 2))  # fmt: skip
    fill_in(tmp_path / "out1", dict.fromkeys(POINTS, "2"))
    parts = [table(tmp_path / f"out{number}" / "grades.csv") for number in (1, 2)]
    assert all(0 < len(part) < 4 for part in parts)

    folders = [str(tmp_path / f"out{number}") for number in (1, 2)]
    assert command_module.main(["--merge", *folders, "--out", str(tmp_path / "all")]) == 0

    merged = table(tmp_path / "all" / "grades.csv")
    assert list(merged) == list(POINTS)
    for student, row in merged.items():
        expected = deserved(student, row)
        if student in parts[0] and expected["why"] is None:
            expected["why"] = 2
        assert points_of(row) == expected
    assert "of 4 submissions" in (tmp_path / "all" / "summary.html").read_text()
    assert (tmp_path / "all" / "feedback" / "s1001.html").exists()


def test_what_does_not_belong_together_is_not_merged(graded, tmp_path):
    out = graded / "out"
    with pytest.raises(ValueError, match="more than one folder has the ids s1001"):
        run.merge([out, out], tmp_path / "all", print)
    shutil.copytree(out, tmp_path / "other")
    other = dataclasses.replace(RunRecord.read(out), given="another", seed=8)
    other.write(tmp_path / "other")
    with pytest.raises(ValueError, match="not of the same assignment, seed and masters"):
        run.merge([out, tmp_path / "other"], tmp_path / "all", print)


def test_the_command_takes_a_share():
    given = command_module.parse(["monday", "--share", "2/3", "--seed", "7", "--no-bubblewrap"])

    options = command_module.options_from(given)

    assert (options.share, options.seed, options.bubblewrap) == ((2, 3), 7, False)
    assert options.out == Path("monday-grades").resolve()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["a", "b"], "one folder of submissions is graded at a time"),
        (["a", "--share", "3/2"], "expected K/N"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert command_module.main(arguments) == 2
    assert words in capsys.readouterr().err
