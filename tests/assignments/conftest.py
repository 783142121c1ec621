"""What the tests of the grader share: the toy's masters, and one warm process for many runs."""

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
