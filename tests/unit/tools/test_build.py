"""The build driver trusts a site only if it was completely built from what is there now."""

import pytest

from tools import build


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of one chapter in a folder of its own, and a list of the builds run on it."""
    for name in ("book/index.md", "src/package.py", "_config.yml", "_toc.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    for name, path in {
        "ROOT": "",
        "BUILD": "_build",
        "SITE": "_build/html",
        "DOCTREES": "_build/.doctrees",
        "RECORD": "_build/built-from",
    }.items():
        monkeypatch.setattr(build, name, tmp_path / path)
    builds = []

    def render():
        builds.append(sorted(path.name for path in build.BUILD.iterdir()))
        build.SITE.mkdir()
        (build.SITE / "index.html").write_text("built")

    monkeypatch.setattr(build, "build", render)
    return tmp_path, builds


def test_nothing_changed_builds_nothing(book, capsys):
    _, builds = book

    build.main()
    build.main()

    assert len(builds) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Open _build/html/index.html in a browser, or run: make serve"
    )


@pytest.mark.parametrize(
    "name", ["book/index.md", "book/new.csv", "src/package.py", "_config.yml", "_toc.yml"]
)
def test_any_change_renders_anew(book, name):
    root, builds = book
    build.main()
    (root / "_build" / ".jupyter_cache").mkdir()

    (root / name).write_text("changed")
    build.main()

    # Nothing of the old site is left when the second build starts, the executed cells are.
    assert builds == [[], [".jupyter_cache"]]


def test_a_removed_chapter_renders_anew(book):
    root, builds = book
    (root / "book" / "old.md").write_text("old")
    build.main()

    (root / "book" / "old.md").unlink()
    build.main()

    assert len(builds) == 2


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()])
def test_a_build_that_stops_is_not_trusted(book, monkeypatch, error):
    _, builds = book
    render = build.build
    build.main()
    (build.ROOT / "book" / "index.md").write_text("broken")

    def fail():
        render()
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(build, "build", fail)
        with pytest.raises(type(error)):
            build.main()
    build.main()

    assert builds == [[], [], []]


def test_a_site_that_was_deleted_is_built_again(book):
    _, builds = book
    build.main()

    (build.SITE / "index.html").unlink()
    build.main()

    assert len(builds) == 2


def test_caches_of_python_are_no_sources(book):
    root, _ = book
    before = build.fingerprint()

    (root / "src" / "__pycache__").mkdir()
    (root / "src" / "__pycache__" / "package.pyc").write_bytes(b"compiled")

    assert build.fingerprint() == before
