"""What all tests share: the built site and the list of its pages."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest
import yaml

# Tests run side by side: torch's pools of threads, one a process, would starve each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
# What the theme makes beside the book's own pages is tested like them; only these are no pages:
# what is offered for download or reported to authors, and sources.
NOT_PAGES = ("_static", "_sources", "_downloads", "_images", "reports")


# What a test asks for -> what the source of its pages has. All other pages have nothing to try.
PAGES_WITH = {
    "page_path": "",
    "live_path": '<figure class="live-figure',
    "asking_path": '<form class="question"',
    "python_path": "python-cell ",
}


def find_pages(site: Path) -> list[str]:
    """Return the paths of all pages, relative to the site's root, index.html first."""
    paths = (path.relative_to(site) for path in site.rglob("*.html"))
    pages = [path.as_posix() for path in paths if path.parts[0] not in NOT_PAGES]
    return sorted(pages, key=lambda path: (path != "index.html", path))


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site's folder."""
    if not (SITE / "index.html").exists():
        pytest.fail("The site is not built: run `make book` first (`make test` does).")
    return SITE


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """The paths of all pages of the site, relative to its root."""
    return find_pages(site)


@pytest.fixture(scope="session")
def chapters() -> list[Path]:
    """The sources with cells: those whose front matter names a kernel."""
    found = []
    for path in sorted((ROOT / "book").rglob("*.md")):
        text = path.read_text("utf-8")
        if text.startswith("---\n") and "kernelspec" in yaml.safe_load(text.split("---\n")[1]):
            found.append(path)
    return found


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``page_path`` or the like once for every page that has such."""
    for name in PAGES_WITH.keys() & set(metafunc.fixturenames):
        mark = PAGES_WITH[name]
        paths = [p for p in find_pages(SITE) if mark in (SITE / p).read_text("utf-8")]
        # With no site built the one case fails in the fixture `site`, which says what to do.
        # Of one module, all tests of a page run before those of the next: so they may share it.
        metafunc.parametrize(name, paths or ["index.html"], scope="module")
        if "site" not in metafunc.fixturenames:
            metafunc.fixturenames.append("site")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests last.

    Playwright's event loop stays open in the thread that started it, and a test after it that
    runs one of its own (a notebook's client, say) would fail.
    """
    items.sort(key=lambda item: (ROOT / "tests" / "browser") in item.path.parents)
