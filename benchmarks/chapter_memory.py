"""The most memory that each chapter's kernel holds: Binder promises 1 GB."""

import logging
import re
from pathlib import Path

import jupytext
from nbclient import NotebookClient

from tools.settle import ROOT, chapters

BAR_GB = 1.0


def peak_of(chapter: Path) -> int:
    """Execute a chapter and return its kernel's peak in bytes."""
    notebook = jupytext.read(chapter)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(chapter.parent)}},
        extra_arguments=["--log-level=ERROR"],
    )
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        status = Path(f"/proc/{client.km.provisioner.pid}/status").read_text()  # Linux tells
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def main() -> int:
    """Print each chapter's peak, the heaviest first."""
    logging.disable(logging.WARNING)
    book = ROOT / "book"
    peaks = {path: peak_of(path) for path in chapters(book, ["assignments/*"])}
    print(f"GB held at most (bar: {BAR_GB})")
    for path, peak in sorted(peaks.items(), key=lambda item: -item[1]):
        print(f"{path.relative_to(book)!s:36}{peak / 1e9:6.2f}")
    return int(max(peaks.values()) > BAR_GB * 1e9)


if __name__ == "__main__":
    raise SystemExit(main())
