"""Submissions are found in whatever a learning platform packs them into."""

import io
import json
import os
import stat
import zipfile

import nbformat
import pytest

from assignments import grade
from assignments.grader import intake, jail, notebooks, quarters
from assignments.grader.inside import unpacking


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("s1234567.ipynb", "s1234567"),
        ("toy-s1234567.ipynb", "s1234567"),
        ("2026_toy_ab123 (2).ipynb", "ab123"),
        ("toy_2026_k20261234.md", "k20261234"),
        ("doejane_12345_67890_toy.ipynb", "12345"),  # Canvas
        ("Jane Doe_987654_assignsubmission_file_/toy.ipynb", "987654"),  # Moodle
        # What a student may choose says nothing where the platform has given a number.
        ("Evil_40001_assignsubmission_file_/40002.ipynb", "40001"),
        ("Evil_40001_assignsubmission_file_/A_40002_assignsubmission_file_/x.ipynb", "40001"),
        ("Evil_40001_assignsubmission_file_A_40002_assignsubmission_file_.ipynb", "40001"),
        ("evilann_501001_70001_work/501002.ipynb", "501001"),  # Canvas, in a student's zip
        ("evilann_LATE_501001_70001_x_501002_70002_toy.ipynb", "501001"),
        ("submissions/evilann_501001_70001_work/bob_501002_70002_toy.ipynb", "501001"),
        ("Ann_2026_assignsubmission_file_/toy.ipynb", "2026"),  # a number like the seed
        ("class/11223344/toy.ipynb", "11223344"),
        ("group 1/toy.ipynb", None),
        ("toy.ipynb", None),
    ],
)
def test_an_id_is_found_in_a_path(path, student):
    assert intake.find_id(path, intake.ID_PATTERN, ["toy", "2026"]) == student


@pytest.mark.parametrize(
    ("pattern", "student"),
    [("^(?P<id>[^/]+)/", "jane"), ("^([^/]+)/", "jane"), (r"\d+", "2"), ("(?P<id>x)", None)],
)
def test_an_instructor_says_how_ids_look(pattern, student):
    assert intake.find_id("jane/toy2.ipynb", pattern, []) == student


def collect(folder, store):
    store.mkdir(exist_ok=True)
    return {found.path: found for found in intake.collect(folder, store, jail.available())}


def archive(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return data.getvalue()


def test_archives_are_opened_and_clutter_is_left(tmp_path):
    folder = tmp_path / "in"
    (folder / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / ".ipynb_checkpoints" / "s1001-checkpoint.ipynb").write_text("{}")
    inner = archive({"s1002/a.ipynb": "two", "__MACOSX/s1002/._a.ipynb": "x"})
    (folder / "all.zip").write_bytes(
        archive({"Ann_1001_assignsubmission_file_/a b.ipynb": "one", "more.zip": inner})
    )

    found = collect(folder, tmp_path / "store")

    texts = {path: one.file.read_text() for path, one in found.items()}
    assert texts == {
        "all/Ann_1001_assignsubmission_file_/a b.ipynb": "one",
        "all/more/s1002/a.ipynb": "two",
    }


@pytest.mark.parametrize("name", [".ipynb", "..ipynb"])
def test_a_notebook_with_hardly_a_name_is_no_clutter(name, tmp_path):
    (tmp_path / "in" / "Ann_1001_assignsubmission_file_").mkdir(parents=True)
    for each in (name, f"._{name}"):
        (tmp_path / "in" / "Ann_1001_assignsubmission_file_" / each).write_text("{}")

    found = collect(tmp_path / "in", tmp_path / "store")

    assert list(found) == [f"Ann_1001_assignsubmission_file_/{name}"]


def test_an_archive_alone_is_a_folder(tmp_path):
    (tmp_path / "all.zip").write_bytes(archive({"s1001.ipynb": "one"}))

    assert list(collect(tmp_path / "all.zip", tmp_path / "store")) == ["all/s1001.ipynb"]


def test_no_name_in_an_archive_leads_out_of_it(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    names = ["../../s1001.ipynb", "/etc/s1002.ipynb", "..\\..\\s1003.ipynb", "a/../../s1004.md"]
    (folder / "all.zip").write_bytes(archive(dict.fromkeys(names, "text")))

    found = collect(folder, tmp_path / "store")

    assert len(found) == 4
    assert all(one.file.parent == tmp_path / "store" for one in found.values())
    assert {path.name for path in tmp_path.iterdir()} == {"in", "store"}


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_FILE_BYTES", 2**20)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "all.zip").write_bytes(
        archive({"s1001.ipynb": bytes(50 * 2**20), "s1002.ipynb": "fine"})
    )

    found = collect(folder, tmp_path / "store")

    assert "it holds more than 1 MiB" in found["all/s1001.ipynb"].trouble
    assert found["all/s1002.ipynb"].trouble == ""
    assert sum(path.stat().st_size for path in (tmp_path / "store").iterdir()) < 2**20


@pytest.mark.parametrize("edit", [lambda data: data[:100], lambda data: b"PK" + bytes(500)])
def test_a_broken_archive_is_said_to_be_broken(edit, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "s1001.zip").write_bytes(edit(archive({"a.ipynb": "x" * 1000})))

    assert "can't be read" in collect(folder, tmp_path / "store")["s1001.zip"].trouble


def test_links_are_not_followed(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret").write_text("the grade book")
    (folder / "s1001.ipynb").symlink_to(tmp_path / "secret")
    link = zipfile.ZipInfo("s1002.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "all.zip", "w") as packed:
        packed.writestr(link, "/etc/passwd")

    found = collect(folder, tmp_path / "store")

    assert "it is a link" in found["s1001.ipynb"].trouble
    assert "it is a link" in found["all/s1002.ipynb"].trouble


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        collect(tmp_path / "nowhere", tmp_path / "store")


def test_a_name_in_an_old_encoding_costs_its_own_row(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / os.fsdecode("Müller_s1001.ipynb".encode("latin-1"))).write_text("one")
    (folder / "s1002.ipynb").write_text("two")

    found = collect(folder, tmp_path / "store")

    assert {path: one.file.read_text() for path, one in found.items()} == {
        "M\ufffdller_s1001.ipynb": "one", "s1002.ipynb": "two",
    }  # fmt: skip
    assert all(path.encode() for path in found)


def test_an_archive_with_a_name_that_is_no_text_costs_its_own_row(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    packed = archive({"äs1001.ipynb": "one"})
    (folder / "s1001.zip").write_bytes(packed.replace("ä".encode(), b"\xff\xff"))
    (folder / "s1002.ipynb").write_text("two")

    found = collect(folder, tmp_path / "store")

    assert "the archive can't be read" in found["s1001.zip"].trouble
    assert found["s1002.ipynb"].trouble == ""


def test_whatever_is_read_of_a_notebook_can_be_written():
    lone = "\ud800"
    cell = {"cell_type": "code", "source": [f"a = '{lone}'"],
            "metadata": {"nbgrader": {"grade_id": f"x{lone}"}}}  # fmt: skip
    hint = {"name": f"toy{lone}", "seed": f"{lone}"}
    written = json.dumps(
        {"nbformat": 4, "cells": [cell], "metadata": {"convcost_assignment": hint}}
    )

    read = notebooks.read("s1001.ipynb", written.encode())

    assert nbformat.writes(read).encode()
    assert read.cells[0].source == "a = '?'"


@pytest.mark.parametrize("name", ["\x1b[31mred s1001.ipynb", "s1001\nAll is well.ipynb",
                                  "s1001 \u202ebpynb.ipynb", "s1001 \x9b2J.ipynb"])  # fmt: skip
def test_no_name_steers_a_terminal(name, tmp_path, capsys):
    """Nor does it in an archive, where it may hold anything."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name).write_text("{}")
    (folder / "all.zip").write_bytes(archive({name: "{}"}))

    paths = list(collect(folder, tmp_path / "store"))
    assert grade.main([str(folder), "--out", str(tmp_path / "out")]) == 2

    assert len(paths) == 2
    for text in [*paths, *capsys.readouterr().err.splitlines()]:
        assert text.isprintable()
        assert "\n" not in text
    assert all(intake.find_id(path, intake.ID_PATTERN, []) == "s1001" for path in paths)


def test_what_ends_the_process_that_unpacks_costs_its_own_row(tmp_path, monkeypatch):
    """Here its time: the one that is too slow is lost, those around it are not."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "all.zip").write_bytes(
        archive({"s1001.ipynb": "one", "s1002.ipynb": bytes(30 * 2**20), "s1003.ipynb": "three"})
    )
    block = quarters.Process.block

    def slow(self, size, ends):
        if size == unpacking.BLOCK_BYTES:
            raise TimeoutError
        return block(self, size, ends)

    monkeypatch.setattr(quarters.Process, "block", slow)

    found = collect(folder, tmp_path / "store")

    assert found["all/s1002.ipynb"].trouble == "it can't be unpacked: that takes too long"
    assert [found[f"all/s{k}.ipynb"].file.read_text() for k in (1001, 1003)] == ["one", "three"]
    assert not list((tmp_path / "store").glob(".*"))  # nothing half is left


def test_a_file_whose_packed_bytes_are_broken_costs_its_own_row(tmp_path):
    """Its check is not reached: zlib itself gives up."""
    folder = tmp_path / "in"
    folder.mkdir()
    packed = bytearray(
        archive({"s1001.ipynb": "one", "s1002.ipynb": "two " * 500, "s1003.ipynb": "three"})
    )
    start = packed.index(b"s1002.ipynb") + len("s1002.ipynb")
    packed[start : start + 6] = b"\xff" * 6
    (folder / "all.zip").write_bytes(packed)

    found = collect(folder, tmp_path / "store")

    assert found["all/s1002.ipynb"].trouble.startswith("it can't be unpacked: Error -3")
    assert [found[f"all/s{k}.ipynb"].file.read_text() for k in (1001, 1003)] == ["one", "three"]
