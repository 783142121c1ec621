"""Which file is whose: the assignment that is graded, and one submission for each student."""

import os

import pytest

from assignments.grader import assignment, intake, jail, planning, reader, selecting
from assignments.grader.records import Options
from tests.assignments.grader import toy


def select(folder, masters, tmp_path, **settings):
    files = intake.collect(folder, tmp_path / "store", jail.available())
    options = Options(folder=folder, out=tmp_path, seed=toy.SEED, masters=masters, **settings)
    with reader.started(jail.available()) as reads:
        chosen, submissions = selecting.select(
            files, assignment.load(masters, toy.SEED), options, reads, tmp_path / "store"
        )
    return chosen.name, {each.id: each for each in submissions}


def test_of_two_files_the_newest_that_can_be_graded_counts(toy_masters, tmp_path):
    folder = tmp_path / "in"
    right = toy.release(toy_masters)
    for name, day in {"a_s1001.ipynb": 3, "b_s1001.ipynb": 5, "c_s1001.ipynb": 4}.items():
        os.utime(toy.save(right, folder / name), (day, day))
    (folder / "d_s1001.pdf").write_text("a newer one, of no use")

    name, chosen = select(folder, toy_masters, tmp_path)

    assert name == "toy"
    assert chosen["s1001"].found.path == "b_s1001.ipynb"
    assert "graded b_s1001.ipynb, the newest that can be graded" in chosen["s1001"].notes[0]


def test_a_file_without_an_id_has_a_row(toy_masters, tmp_path):
    toy.save(toy.release(toy_masters), tmp_path / "in" / "toy.ipynb")

    _, chosen = select(tmp_path / "in", toy_masters, tmp_path)

    assert "no id in the file's name" in chosen["toy.ipynb"].trouble


def test_other_files_have_rows(toy_masters, tmp_path):
    toy.save(toy.release(toy_masters), tmp_path / "in" / "s1001.ipynb")
    (tmp_path / "in" / "s1002.pdf").write_text("a page")

    _, chosen = select(tmp_path / "in", toy_masters, tmp_path)

    assert chosen["s1002"].trouble == "a .pdf file is not a notebook; send .ipynb or .md"


def test_the_assignment_is_that_of_most_files_or_the_one_named(toy_masters, tmp_path):
    folder = tmp_path / "in"
    toy.save(toy.release(toy_masters), folder / "s1001.ipynb")
    toy.save(toy.release(toy_masters, "other"), folder / "s1002.ipynb")

    with pytest.raises(ValueError, match="say which to grade"):
        select(folder, toy_masters, tmp_path)
    name, chosen = select(folder, toy_masters, tmp_path, assignment="other")
    assert name == "other"
    assert "of the assignment toy" in chosen["s1001"].trouble
    assert chosen["s1002"].trouble == ""


def test_an_assignment_that_does_not_exist_is_named(toy_masters, tmp_path):
    toy.save(toy.release(toy_masters), tmp_path / "in" / "s1001.ipynb")

    with pytest.raises(ValueError, match=r"no assignment 'tou'; there are \['other', 'toy'\]"):
        select(tmp_path / "in", toy_masters, tmp_path, assignment="tou")


def test_shares_divide_a_class():
    ids = [f"s{number}" for number in range(300)]
    shares = [{each for each in ids if selecting.in_share(each, (k, 3))} for k in (1, 2, 3)]

    assert set().union(*shares) == set(ids)
    assert sum(map(len, shares)) == len(ids)
    assert all(70 < len(share) < 130 for share in shares)


def test_no_two_ids_share_a_file_name():
    ids = ["s1001", "s_1001", "s/1001", "../s1001", "s1001 ", "S1001/x" * 40, "é1001", ""]

    names = [planning.slug(each) for each in ids]

    assert len(set(names)) == len(ids)
    assert all("/" not in name and len(name) < 100 for name in names)
