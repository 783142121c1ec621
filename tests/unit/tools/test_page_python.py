"""Python for the pages is fetched once, is never half there, and the book is built without it."""

import json

import pytest

from tools import build, npm, page_python


@pytest.fixture
def target(tmp_path, monkeypatch):
    """A folder of its own for what is fetched, and packages in it, as if npm had been there."""
    packages = tmp_path / "page-python" / "node_modules" / "pyodide"
    packages.mkdir(parents=True)
    for name in page_python.FILES:
        (packages / name).write_text(name)
    (packages / page_python.INDEX).write_text('{"info": {"python": "3.14"}, "packages": {"a": 1}}')
    monkeypatch.setattr(npm, "folder_of", lambda _: tmp_path / "page-python")
    monkeypatch.setattr(npm, "install", lambda _: packages.parent)
    # What compiles the library, in the place of node: it gets the script, a folder and a file.
    code = "import pathlib, sys; pathlib.Path(sys.argv[3]).write_text('library')"
    monkeypatch.setattr(npm, "command", lambda _: [npm.sys.executable, "-c", code])
    return page_python.site()


def test_it_is_fetched_once_and_anew_for_another_recipe(target, monkeypatch):
    page_python.main([])
    assert page_python.present()
    assert json.loads((target / page_python.INDEX).read_text())["packages"] == {}
    (target / "mark").touch()
    page_python.main([])
    assert (target / "mark").exists()
    monkeypatch.setattr(page_python, "recipe", lambda: "another")
    page_python.main([])
    assert not (target / "mark").exists()


def test_what_could_not_be_finished_is_not_there(target, monkeypatch):
    monkeypatch.setattr(npm, "command", lambda _: [npm.sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(SystemExit, match="could not be compiled"):
        page_python.main(["--required"])
    assert not page_python.present()


def test_without_npm_the_book_is_built_without_and_tests_say_what_is_missing(
    target, monkeypatch, capsys
):
    def fail(_):
        raise SystemExit("There is no npm on the PATH: install Node.js and repeat.")

    monkeypatch.setattr(npm, "install", fail)
    page_python.main([])
    assert "built without Python in its pages. There is no npm" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="no npm"):
        page_python.main(["--required"])


def test_the_book_is_rendered_anew_when_it_has_come(target):
    without = build.fingerprint()
    page_python.main([])
    assert build.fingerprint() != without


def test_the_lock_names_one_version_and_no_source():
    lock = json.loads((page_python.LOCK / "package-lock.json").read_text())
    wanted = json.loads((page_python.LOCK / "package.json").read_text())["dependencies"]
    record = (page_python.LOCK.parent / "VENDOR.md").read_text()
    assert lock["packages"]["node_modules/pyodide"]["version"] == wanted["pyodide"]
    assert f"Pyodide {wanted['pyodide']} " in record
    for name, package in lock["packages"].items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")
