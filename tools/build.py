"""Build the site into _build/html, or leave it as it is when nothing has changed.

A record, removed first and written last, says from what the site was built. Where it is missing or
differs, the site is rendered anew: a page never mixes two states, and a build that stopped at a
warning does not pass the second time for having been half done. The results of executed cells are
kept apart (_build/.jupyter_cache, see book/_ext) and outlive this.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools import page_python

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
SITE = BUILD / "html"
DOCTREES = BUILD / ".doctrees"
RECORD = BUILD / "built-from"

SOURCES = (
    "book",
    "src",
    "requirements/run.txt",
    "requirements/book.txt",
    "_config.yml",
    "_toc.yml",
    "pyproject.toml",
    "environment.yml",
    "postBuild",
    "tools/build.py",
)


def sources() -> list[Path]:
    """Return all files that the site is made from."""
    found = []
    for source in (ROOT / name for name in SOURCES):
        found += [source] if source.is_file() else source.rglob("*")
    ignored = {"__pycache__", ".ipynb_checkpoints"}
    return sorted(path for path in found if path.is_file() and not ignored & set(path.parts))


def fingerprint() -> str:
    """Return a hash of all sources, their names and the Python that runs them."""
    total = hashlib.sha256(sys.version.encode())
    for path in sources():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    total.update(page_python.recipe().encode() if page_python.present() else b"no Python in pages")
    return total.hexdigest()


def is_current(wanted: str) -> bool:
    """Say whether the site on disk was completely built from these sources."""
    return RECORD.exists() and RECORD.read_text() == wanted and (SITE / "index.html").exists()


def build() -> None:
    """Run Jupyter Book, its output shown; stop with its exit code if it fails."""
    scripts = Path(sys.executable).parent
    command = [str(scripts / "jupyter-book"), "build", "book"]
    command += ["--config", "_config.yml", "--toc", str(ROOT / "_toc.yml"), "--path-output", "."]
    command += ["-n", "-W", "--keep-going"]
    environment = os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        # The kernels heed neither the reader's profile nor another environment's modules.
        "IPYTHONDIR": str(BUILD / ".ipython"),
        "PYTHONNOUSERSITE": "1",
        # Chapters are executed side by side: torch's pools of threads would starve each other.
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
    }
    if page_python.present():
        environment["PAGE_PYTHON"] = str(page_python.site())
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.wait()  # it has heard it too, and ends its kernels
            raise
    if code or not (SITE / "index.html").exists():
        for report in sorted((SITE / "reports").rglob("*.log")):
            print(f"\n==> {report.relative_to(ROOT)}\n{report.read_text()}", file=sys.stderr)
        print("The book is not built: see the warnings and errors above.", file=sys.stderr)
        raise SystemExit(code or 1)


def main() -> None:
    """Build the book if anything has changed, and say how to open it."""
    started = time.monotonic()
    wanted = fingerprint()
    if is_current(wanted):
        print("Nothing has changed since the book was built.")
    else:
        RECORD.unlink(missing_ok=True)
        shutil.rmtree(SITE, ignore_errors=True)
        shutil.rmtree(DOCTREES, ignore_errors=True)
        BUILD.mkdir(exist_ok=True)
        build()
        RECORD.write_text(wanted)
        print(f"The book is built ({time.monotonic() - started:.0f} s).")
    print(f"Open {(SITE / 'index.html').relative_to(ROOT)} in a browser, or run: make serve")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("Interrupted; the next run starts over.") from None
