"""Which cells a page can run: those that have run without torch, with the output of the page.

They are run so before anything is read, in a bare Python beside the one that executes chapters
(`bare.py`), and the answer is kept until a cell, an output or the code behind them changes. No
mark in a chapter says it, so no mark can be wrong.

A page gets a class on each such cell and, at its end, what its script needs to know besides.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..execution import is_cached, open_notebook
from . import files, names

HERE = Path(__file__).parent
HIDDEN = {"remove-cell", "remove-input"}
# How long the cells of all pages together may take without torch: they count on paper.
SECONDS = 120


def find(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Ask of each page that is to be read which of its cells run without torch.

    Raises
    ------
    ExtensionError
        If the bare Python fails, or a cell does not come to an end in it.
    """
    if files.python() is None:
        return
    chapters, assignments = {}, {}
    cache = get_cache(env.mystnb_config.execution_cache_path)
    for docname in sorted(docnames):
        opened = open_notebook(env, Path(env.doc2path(docname)))
        if opened is None:
            continue
        _, notebook = opened
        name = notebook.metadata.get("convcost_assignment", {}).get("name")
        if name:
            assignments[docname] = assignment_cells(notebook)
        elif is_cached(cache, notebook):
            _, notebook = cache.merge_match_into_notebook(notebook)
            chapters[docname] = chapter_cells(notebook)
    found = ask(app, list(chapters.values()), list(assignments.values()))
    kept = env.__dict__.setdefault("deeper_python", {})
    for docname, verdicts in zip(chapters, found["pages"], strict=True):
        kept[docname] = list(zip(chapters[docname], verdicts, strict=True))
    for docname, verdicts in zip(assignments, found["assignments"], strict=True):
        kept[docname] = list(zip(assignments[docname], verdicts, strict=True))
    files.keep_package(env, Path(app.srcdir).parent / "src", found["modules"])


def chapter_cells(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Return the cells of an executed chapter, with what its page shows of their outputs."""
    return [
        {
            "index": index,
            "source": cell.source,
            "hidden": bool(HIDDEN & set(cell.metadata.get("tags", []))),
            "outputs": [as_shown(output) for output in cell.outputs],
        }
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]


def as_shown(output: NotebookNode) -> dict[str, str]:
    """Return an output as `session.run` gives it: streams as text, HTML before plain text."""
    if output.output_type == "stream":
        return {"kind": "text", "text": output.text}
    data = output.get("data", {})
    if "text/html" in data:
        return {"kind": "html", "text": data["text/html"]}
    return {"kind": "text", "text": data.get("text/plain", "")}


def assignment_cells(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Return the cells of an assignment as it is handed out, with the part each plays."""
    found = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        graded = cell.metadata["nbgrader"]
        role = "solution" if graded["solution"] else "test" if graded["grade"] else "locked"
        found.append(
            {
                "index": index,
                "source": cell.source,
                "role": role,
                "id": graded["grade_id"],
                "points": graded.get("points", 0),
            }
        )
    return found


def ask(
    app: Sphinx, pages: list[list[dict[str, Any]]], assignments: list[list[dict[str, Any]]]
) -> dict[str, Any]:
    """Return what the bare Python says, or has said of the same cells and the same code."""
    source = Path(app.srcdir).parent / "src"
    asked = json.dumps({"pages": pages, "assignments": assignments})
    key = hashlib.sha256(f"{sys.version}\0{asked}".encode())
    for path in [*sorted(HERE.glob("*.py")), *sorted(source.rglob("*.py"))]:
        key.update(path.read_bytes())
    kept = Path(app.outdir).parent / ".page_python" / f"{key.hexdigest()[:16]}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text("utf-8")))
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-S", str(HERE / "bare.py"), str(source)],
            input=asked, capture_output=True, text=True, check=True, timeout=SECONDS,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise ExtensionError(f"Running cells without torch failed:\n{error.stderr}") from error
    except subprocess.TimeoutExpired as error:
        raise ExtensionError(
            f"Running the book's cells without torch took more than {SECONDS} s: a cell that needs "
            "none takes too long, for a reader's browser, too."
        ) from error
    kept.parent.mkdir(exist_ok=True)
    for old in kept.parent.glob("*.json"):
        old.unlink()
    unfinished = kept.with_suffix(".part")
    unfinished.write_text(run.stdout, "utf-8")
    unfinished.replace(kept)
    return dict(json.loads(run.stdout))


class MarkCells(SphinxPostTransform):
    """Mark the cells of a page that it can run, and say at its end what the page's script needs."""

    default_priority = 300
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Mark the cells of one document."""
        found = getattr(self.env, "deeper_python", {}).get(self.env.docname)
        if not found:
            return
        boxes = {
            node["cell_index"]: node
            for node in self.document.findall(nodes.container)
            if node.get("nb_element") == "cell_code"
        }
        data = (marked_assignment if "role" in found[0][0] else marked_chapter)(found, boxes)
        if not any(name.startswith("python-") for box in boxes.values() for name in box["classes"]):
            return
        text = json.dumps({**data, **files.for_pages(self.env)}, separators=(",", ":"))
        text = text.replace("<", "\\u003c")
        self.document += nodes.raw(
            "",
            f'<script type="application/json" class="python-data">{text}</script>',
            format="html",
        )


def marked_chapter(
    found: list[tuple[dict[str, Any], bool]], boxes: dict[int, nodes.container]
) -> dict[str, Any]:
    """Mark a chapter's cells; return, in their order, what runs: null is a cell on the page."""
    shown = [cell for cell, _ in found if not cell["hidden"] and cell["index"] in boxes]
    free = [cell for cell, runs in found if runs]
    wanted: set[int] = set()  # of what is hidden, such as a question, only what a cell needs
    for place, cell in enumerate(free):
        if cell in shown:
            wanted |= {
                place,
                *names.needed([one["source"] for one in free[:place]], cell["source"]),
            }
    for cell in shown:
        boxes[cell["index"]]["classes"].append(
            "python-cell" if cell in free else "python-elsewhere"
        )
    kept = (cell for place, cell in enumerate(free) if place in wanted)
    cells = [None if cell in shown else cell["source"] for cell in kept]
    return {"cells": cells}


def marked_assignment(
    found: list[tuple[dict[str, Any], bool]], boxes: dict[int, nodes.container]
) -> dict[str, Any]:
    """Mark the cells of an assignment; return what part each plays, in their order."""
    for cell, _ in found:
        boxes[cell["index"]]["classes"].append(f"python-{cell['role']}")
    kept = ("role", "id", "points")
    return {
        "questions": [{**{key: cell[key] for key in kept}, "free": free} for cell, free in found]
    }


def setup(app: Sphinx) -> None:
    """Find the cells when chapters have been executed, and mark them when pages are written."""
    app.connect("env-before-read-docs", find, priority=600)
    app.add_post_transform(MarkCells)
