"""The class of `school`, graded once for all tests that read its results."""

import json
import shutil

import pytest

from assignments.grader.records import Counts
from tests.assignments.grader.school import grade, write_class


@pytest.fixture(scope="session")
def graded(once, toy_masters, warm_process, isolation):
    """Return the folder with a class (`in`), its results (`out`) and what was told (`said.json`).

    Who changes them copies them first, as the fixture `again` does.
    """

    def fill(base):
        write_class(base / "in", toy_masters)
        counts, said = grade(base / "in", base / "out", toy_masters, warm_process)
        assert counts == Counts(graded=4, unchanged=0)
        (base / "said.json").write_text(json.dumps(said))

    return once("class", fill)


@pytest.fixture
def again(graded, tmp_path):
    for name in ("in", "out"):
        shutil.copytree(graded / name, tmp_path / name)
    return tmp_path
