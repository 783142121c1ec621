"""The toy's masters, for all tests of the grader."""

from pathlib import Path

import pytest

from tests.assignments import toy


@pytest.fixture(scope="session")
def toy_masters(tmp_path_factory) -> Path:
    return toy.write_masters(tmp_path_factory.mktemp("toy") / "masters")
