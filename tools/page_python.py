"""Get Python for the pages: Pyodide from npm, with its library made to start fast.

``python -m tools.page_python`` puts what the site serves into .venv/node/page-python/site, where
the book's build finds it (book/_ext/deeper/python). It is too large for the repository, and comes
as the lock in book/_ext/deeper/vendor/pyodide has it.

Where there is no npm, or no network, the book is built without: its pages then offer no cell to
run, and all else is there. With ``--required``, as the tests have it, that is an error.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tools import npm

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "book" / "_ext" / "deeper" / "vendor" / "pyodide"
COMPILE = Path(__file__).with_suffix(".mjs")
# Taken as they are; the library is made by COMPILE.
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
LIBRARY = "python_stdlib.zip"
INDEX = "pyodide-lock.json"


def site() -> Path:
    """Return the folder that holds what pages load."""
    return npm.folder_of(LOCK / "package-lock.json") / "site"


def recipe() -> str:
    """Return what the folder is made from: where that differs, it is made anew."""
    sources = (LOCK / "package-lock.json", COMPILE, Path(__file__))
    return "".join(path.read_text("utf-8") for path in sources)


def present() -> bool:
    """Say whether the folder is there, complete, and of this recipe."""
    stamp = site() / "made-from"  # written last
    return stamp.exists() and stamp.read_text("utf-8") == recipe()


def install() -> None:
    """Fill the folder.

    Raises
    ------
    SystemExit
        If npm or Node.js is missing or fails: with what to do.
    """
    packages = npm.install(LOCK) / "pyodide"
    print("==> Python for the pages: its library is compiled", flush=True)
    target = site()
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in FILES:
        shutil.copyfile(packages / name, target / name)
    # Which packages Pyodide could fetch from elsewhere: none, so that none is asked for.
    index = json.loads((packages / INDEX).read_text("utf-8"))
    (target / INDEX).write_text(json.dumps(index | {"packages": {}}), "utf-8")
    node = npm.command("node")
    if node is None:
        raise SystemExit("There is no node on the PATH: install Node.js and repeat.")
    made = subprocess.run(
        [*node, str(COMPILE), str(packages), str(target / LIBRARY)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode or not (target / LIBRARY).exists():
        # Node shows the line that failed, which in Pyodide's script is all of it.
        words = "\n".join(line[:200] for line in made.stderr.splitlines()[-12:])
        raise SystemExit(f"Python's library could not be compiled:\n{words}")
    (target / "made-from").write_text(recipe(), "utf-8")


def main(arguments: list[str]) -> None:
    """Install unless that is done; without ``--required``, say what is missing and go on."""
    if present():
        return
    try:
        install()
    except SystemExit as error:
        if "--required" in arguments:
            raise
        print(f"The book is built without Python in its pages. {error}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
