"""What the tests of the grader share: the toy's masters, and one warm process for many runs."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assignments.grader import jail, warm
from tests.assignments.grader import toy


@pytest.fixture(scope="session")
def toy_masters(tmp_path_factory) -> Path:
    return toy.write_masters(tmp_path_factory.mktemp("toy") / "masters")


@pytest.fixture(scope="session")
def small_masters(tmp_path_factory) -> Path:
    return toy.write_masters(tmp_path_factory.mktemp("small") / "masters", "small")


@pytest.fixture(scope="session")
def warm_process() -> Iterator[warm.WarmProcess]:
    """Import torch and nbgrader once for all runs of this session."""
    with warm.started() as process:
        yield process


@pytest.fixture(scope="session")
def isolation() -> jail.Isolation:
    """What this machine can do; a run that could not start here is no test of anything."""
    found = jail.available()
    try:
        jail.check_that_it_can_run(found, jail.readable_paths())
    except RuntimeError as error:
        pytest.skip(str(error))
    return found


@pytest.fixture(scope="session")
def bubblewrap(isolation) -> jail.Isolation:
    """What this machine can do, where that is everything."""
    if not isolation.bwrap:
        pytest.skip(f"needs bubblewrap: {isolation.trouble}")
    return isolation


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Return a function that lets one of the processes of a test run fill a folder for all.

    Each process of pytest-xdist has fixtures of its own, so what takes long is shared on disk.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def fill_once(name, fill) -> Path:
        folder = base / name
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done").exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a process that failed
                folder.mkdir()
                fill(folder)
                (folder / "done").touch()
        return folder

    return fill_once
