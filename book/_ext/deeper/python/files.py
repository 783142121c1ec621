"""What a page loads when it is asked for Python, as files of the site.

`_static/python/` holds Pyodide (fetched and made ready by tools/page_python.py, which lies outside
of the repository), the part of convcost that needs no torch, and the worker. Pages whose cells are
known bring a script (see `forms.py`), which loads nothing before it is asked.
"""

import hashlib
import io
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from convcost.page.live.assets import stripped

LOGGER = logging.getLogger(__name__)
HERE = Path(__file__).parent
LICENSES = HERE.parent / "vendor" / "pyodide"
# Names the folder that tools/page_python.py has filled; tools/build.py sets it.
VARIABLE = "PAGE_PYTHON"
# Where all of it lies in the site.
FOLDER = "_static/python"
# Of this folder, what runs in the page's Python.
SESSION = ("names.py", "session.py")
# The script of a page -> the parts it is made of.
SCRIPTS = {
    "python.js": ("client.js", "editor.js", "elsewhere.js", "cells.js", "practice.js"),
    "python-assignment.js": ("client.js", "editor.js", "elsewhere.js", "assignments.js"),
}


def python() -> Path | None:
    """Return the folder of a Python for pages, None where there is none."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


def package(source: Path, modules: list[str]) -> bytes:
    """Return the zip from which a page's Python imports: the session, and modules of convcost."""
    files = {name: HERE / name for name in SESSION} | {name: source / name for name in modules}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # of no date: the same for the same sources
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def keep_package(env: BuildEnvironment, source: Path, modules: list[str]) -> None:
    """Keep what the site gets besides Pyodide, until pages are written."""
    env.deeper_python_package = package(source, modules)


def for_pages(env: BuildEnvironment) -> dict[str, Any]:
    """Return what a page must know of the files: their version, and how many bytes they are."""
    folder = python()
    sizes = [path.stat().st_size for path in sorted(folder.iterdir())] if folder else []
    state = hashlib.sha256(env.deeper_python_package + (HERE / "worker.js").read_bytes())
    state.update((folder / "made-from").read_bytes() if folder else b"")
    return {"version": state.hexdigest()[:12], "bytes": sum(sizes)}


def page_script(parts: tuple[str, ...]) -> str:
    """Return a page's script: a classic one, because modules do not load from a folder.

    Indentation and comments of a line stay behind: every page with a cell carries it.
    """
    text = "".join((HERE / name).read_text("utf-8") for name in parts)
    return f'(() => {{\n"use strict";\n{stripped(text)}}})();\n'


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the files into the site; without a Python, say how to get one."""
    if exception or app.builder.format != "html":
        return
    folder = python()
    if folder is None:
        LOGGER.info("python: none for the pages (make book says why); all else is built")
        return
    target = Path(app.outdir, FOLDER)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("made-from"))
    for name in ("LICENSE", "LICENSE.python"):
        shutil.copyfile(LICENSES / name, target / f"{name}.txt")
    shutil.copyfile(HERE / "worker.js", target / "worker.js")
    (target / "convcost.zip").write_bytes(app.env.deeper_python_package)
    for name, parts in SCRIPTS.items():
        (target.parent / name).write_text(page_script(parts), encoding="utf-8")
    whole = sum(path.stat().st_size for path in target.iterdir())
    LOGGER.info("python: %.1f MB for pages that are asked for it", whole / 1e6)


def setup(app: Sphinx) -> None:
    """Write the files when the pages are there."""
    app.connect("build-finished", write_files)
