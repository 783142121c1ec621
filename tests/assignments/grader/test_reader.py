"""What students send is read in a jail, within limits; what takes too much costs its own file."""

import io
import json
import os
import time
import zipfile

import nbformat
import pytest

from assignments.grader import intake, jail, notebooks, quarters, reader, unpacker
from assignments.grader.inside.reading import UnreadableError

ALIASES = "".join(
    f"{here}: &{here} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, here in zip("abcdefgh", "bcdefghi", strict=True)
)
SLOW = {
    "20,000 references": "".join(f"[r{number}]: http://x\n" for number in range(20_000)),
    "references to references": "".join(f"[r{n}]\n" for n in range(5000))
    + "".join(f"\n[r{n}]: http://x" for n in range(5000)),
    "aliases of aliases in YAML": f"---\na: &a [{', '.join('x' * 9)}]\n{ALIASES}---\n# So\n",
}
LARGE = {
    "a table of many columns": "a|" * 3000 + "\n" + "-|" * 3000 + "\n" + "x\n" * 600,
}
HONEST = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]))


@pytest.fixture(scope="module")
def reads():
    with reader.started(jail.available()) as made:
        yield made


def is_honest(reads):
    read = reads.read("s1001.ipynb", HONEST.encode())
    return [cell.source for cell in read.cells] == ["x = 1"]


@pytest.mark.parametrize("name", SLOW)
def test_what_takes_too_long_costs_its_own_file(reads, name, monkeypatch):
    monkeypatch.setattr(reader, "READ_SECONDS", 2.0)
    began = time.monotonic()
    with pytest.raises(UnreadableError, match=r"more than 2 seconds|more than 1 GiB|memory"):
        reads.read("s1002.md", SLOW[name].encode())
    assert time.monotonic() - began < 60
    monkeypatch.undo()
    assert is_honest(reads)


@pytest.mark.parametrize("name", LARGE)
def test_what_takes_too_much_memory_costs_its_own_file(reads, name, monkeypatch):
    monkeypatch.setattr(quarters, "MEMORY_BYTES", 2**28)
    reads.stop()  # the next has the smaller limit
    with pytest.raises(UnreadableError, match="memory"):
        reads.read("s1003.md", LARGE[name].encode())
    reads.stop()
    monkeypatch.undo()
    assert is_honest(reads)


def test_a_reader_that_is_killed_costs_its_own_file(reads, monkeypatch):
    assert is_honest(reads)

    def killed(process, *_):
        process._process.kill()
        process._process.wait()
        raise EOFError  # as of a pipe whose other end is gone

    monkeypatch.setattr(quarters.Process, "line", killed)
    with pytest.raises(UnreadableError, match="ended the process"):
        reads.read("s1004.ipynb", HONEST.encode())
    monkeypatch.undo()
    assert is_honest(reads)


def test_the_same_file_makes_the_same_notebook_and_the_same_as_read_here(reads):
    release = "# One\n\n```{code-cell}\nanswer = 56\n```\n"
    first, again = (reads.read("s1005.md", release.encode()) for _ in range(2))
    assert nbformat.writes(first) == nbformat.writes(again)
    assert first == notebooks.read("s1005.md", release.encode())
    assert [cell.cell_type for cell in first.cells] == ["markdown", "code"]
    nbformat.validate(first)


def test_outputs_are_not_read_and_may_be_large(reads):
    cell = nbformat.v4.new_code_cell("x = 1", outputs=[
        nbformat.v4.new_output("stream", text="y" * 30 * 2**20)
    ])  # fmt: skip
    large = nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()
    assert len(large) > 30 * 2**20
    assert [cell.get("outputs") for cell in reads.read("s1006.ipynb", large).cells] == [[]]


def test_it_runs_in_the_view_of_a_jail_and_so_does_what_unpacks(reads, bubblewrap, tmp_path):
    """Of which test_jail says what can be seen from within."""
    isolation = jail.available()
    user = jail.FIRST_USER_ID + os.getpid() if isolation.own_user else None
    assert is_honest(reads)
    (tmp_path / "all.zip").write_bytes(archive({"s1001.ipynb": "{}"}))
    with unpacker.opened(tmp_path / "all.zip", isolation) as packed:
        assert [entry.name for entry in packed.entries()] == ["s1001.ipynb"]
        for process in (reads._process, packed._process):
            args = process._process.args
            refused = int(args[args.index("--seccomp") + 1])
            view = jail.view(isolation.bwrap, jail.readable_paths(), [], user, jail.MIB, refused)
            assert args[: len(view)] == view


def archive(entries):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return data.getvalue()


def test_a_bomb_of_nested_archives_writes_little(tmp_path, monkeypatch):
    """A few KiB, in which there are two levels of archives with 80 MiB of zeros."""
    monkeypatch.setattr(intake, "FREE_BYTES", 4 * 2**20)
    inner = archive({f"{number}.ipynb": bytes(2**20) for number in range(20)})
    middle = archive({f"{number}.zip": inner for number in range(4)})
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "s1007.zip").write_bytes(archive({"more.zip": middle}))
    (folder / "s1008.ipynb").write_text(HONEST)

    found = {one.path: one for one in intake.collect(folder, tmp_path / "store", jail.available())}

    written = sum(path.stat().st_size for path in (tmp_path / "store").iterdir())
    assert written < 2 * intake.FREE_BYTES
    assert any("too much" in one.trouble for one in found.values())
    assert found["s1008.ipynb"].trouble == ""


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.ipynb.txt", ".ipynb"), ("A.IPYNB", ".ipynb"), ("a.md.txt", ".md"), ("a.txt", ".txt"),
     ("a.ipynb", ".ipynb"), ("txt", "")],
)  # fmt: skip
def test_a_notebook_that_a_browser_called_a_text_is_one(name, suffix):
    assert intake.suffix_of(name) == suffix


def test_what_was_read_is_what_a_json_of_it_says(reads):
    release = toy_cells()
    read = reads.read("s1009.ipynb", json.dumps(release).encode())
    assert [cell.source for cell in read.cells] == ["a", "b c"]
    assert read.cells[1].metadata["grade_id"] == "q"


def toy_cells():
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "a"},
            {"cell_type": "code", "source": ["b ", "c"], "outputs": [],
             "metadata": {"nbgrader": {"grade_id": "q"}}},
        ],
    }  # fmt: skip
