"""Each chapter as a notebook for those who read it elsewhere: to download, in Colab, in Binder.

A chapter's source says `{glue:text}` and `:::{admonition}`, which Colab and a plain JupyterLab show
as they are written, and its figures need a running kernel. In the notebook the sentences have their
numbers, boxes are quotations or folds, references are links to the site, and each figure is a
picture with its sentences until its cell is run.

A notebook is written when its page is, so it is as fresh as the page.
"""

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.nodes import split_explicit_title

from convcost.page.frames import in_notebook
from convcost.page.glue import glued
from convcost.page.shown import STILL

from . import addresses as places
from .execution import is_cached, open_notebook
from .install import install_cell
from .pictures import png
from .plain import References, chapter_parser, plain_markdown
from .practice import folder, with_cells

# Role -> Sphinx's domain that knows what it refers to, and numbers it as on the page.
DOMAINS = {"eq": "math", "term": "std"}
VIEW = "application/vnd.jupyter.widget-view+json"
HIDDEN_INPUT = {"remove-cell", "remove-input", "hide-input", "hide-cell"}


def has_cells(env: BuildEnvironment, docname: str) -> bool:
    """Say whether a page is a chapter with code, and so has a notebook."""
    opened = open_notebook(env, Path(env.doc2path(docname)))
    return opened is not None and any(cell.cell_type == "code" for cell in opened[1].cells)


def write_notebook(
    app: Sphinx, pagename: str, _template: str, _context: dict[str, Any], _tree: nodes.document
) -> None:
    """Write the notebook of a page that is being written, if it is a chapter."""
    if pagename in app.env.found_docs and has_cells(app.env, pagename):
        path = Path(app.outdir, places.notebook(pagename))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(nbformat.writes(readers_notebook(app, pagename)) + "\n", "utf-8")
        unfinished.replace(path)


def readers_notebook(app: Sphinx, docname: str) -> NotebookNode:
    """Return a chapter's notebook.

    Raises
    ------
    ExtensionError
        If the chapter uses a directive that has no plain form.
    """
    _, notebook = open_notebook(app.env, Path(app.env.doc2path(docname)))
    cache = get_cache(app.env.mystnb_config.execution_cache_path)
    if is_cached(cache, notebook):  # a page of assignments is not executed
        _, notebook = cache.merge_match_into_notebook(notebook)
    references = References(glued(notebook), resolver(app, docname))
    parser = chapter_parser(app.env.myst_config)
    # A cell for the page alone says where its notebook is.
    kept = [cell for cell in notebook.cells if "page-only" not in cell.metadata.get("tags", [])]
    notebook.cells = list(with_cells(kept, folder(app.srcdir)))
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            continue  # what is graded stays to the letter
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, parser, references)
        elif cell.cell_type == "code":
            tags = set(cell.metadata.get("tags", []))
            if tags & HIDDEN_INPUT:
                cell.metadata["jupyter"] = {"source_hidden": True}
            outputs = [] if "remove-cell" in tags else cell.outputs
            cell.outputs = [part for output in outputs for part in still(output)]
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first_cell(app, notebook)))
    notebook.cells[0].metadata["jupyter"] = {"source_hidden": True}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # the same in each build
    for ours in ("jupytext", "myst", "source_map", "widgets"):
        notebook.metadata.pop(ours, None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def still(output: NotebookNode) -> Iterator[NotebookNode]:
    """Yield what an output is until its cell is run: of a figure, the picture and its sentences.

    A table of data is the book's table, as it will be when the cell is run: see `first_cell`.

    Raises
    ------
    ExtensionError
        If a widget does not say what it is then.
    """
    said = output.get("metadata", {}).pop(STILL, None)
    if said is None:
        if VIEW in output.get("data", {}):
            raise ExtensionError(
                f"A widget's output has no {STILL!r} in its metadata, so a notebook can't show it "
                f"before it is run; show it in a LiveFigure: {output.data.get('text/plain')}"
            )
        if 'class="dataframe"' in output.get("data", {}).get("text/html", ""):
            output.data["text/html"] = in_notebook(output.data["text/html"])
        yield output
        return
    output.data = said
    if svg := output.data.pop("image/svg+xml", None):
        # Viewers show HTML rather than a picture in the same output.
        below = output.data.pop("text/html")
        output.data["image/png"] = png(svg)
        yield output
        yield nbformat.v4.new_output("display_data", {"text/html": below})
    else:
        yield output


def resolver(app: Sphinx, docname: str) -> Callable[[str, str], tuple[str, str]]:
    """Return what finds the label and the published address of a reference in a chapter."""
    site = places.addresses(app.config)
    folder = posixpath.dirname(docname)

    def page(name: str, anchor: str = "") -> str:
        return f"{site.site}{name}.html{f'#{anchor}' if anchor else ''}"

    def resolve(role: str, text: str) -> tuple[str, str]:
        if role == "cite":
            for citation in app.env.get_domain("cite").citations:
                if citation.key == text:
                    home = citation.bibliography_key.docname
                    return citation.formatted_entry.label, page(home, citation.citation_id)
        elif role in DOMAINS:
            _, label, target = split_explicit_title(text)
            found = app.env.get_domain(DOMAINS[role]).resolve_xref(
                *(app.env, docname, app.builder, role, target),
                addnodes.pending_xref("", refdoc=docname),
                nodes.inline("", label),
            )
            if found is not None:
                address = found.get("refuri") or f"#{found['refid']}"
                return found.astext(), urljoin(page(docname), address)
        elif role == "download":
            _, label, target = split_explicit_title(text)
            _, copy = app.env.dlfiles[posixpath.normpath(posixpath.join(folder, target))]
            return label, f"{site.site}_downloads/{copy}"
        else:
            target, _, anchor = text.partition("#")
            if not target:
                # MyST keeps of each heading its line, its id and its text.
                _, name, label = app.env.metadata[docname]["myst_slugs"][anchor]
                return label, page(docname, name)
            name = posixpath.normpath(posixpath.join(folder, target.removesuffix(".md")))
            if name in app.env.found_docs:
                return app.env.titles[name].astext(), page(name, anchor)
        raise ExtensionError(f"{docname} refers to {text!r}, which no page of the book has.")

    return resolve


def first_cell(app: Sphinx, notebook: NotebookNode) -> str:
    """Return the cell that makes a notebook run where the book's package is missing."""
    site = places.addresses(app.config)
    code = install_cell(site, Path(app.srcdir).parent)
    if any("../" in cell.source for cell in notebook.cells if cell.cell_type == "code"):
        code += f"""
import os, shutil, urllib.request

if not os.path.isdir("../data"):  # the tables that chapters read
    urllib.request.urlretrieve("{site.site}{places.DATA}", "book-data.zip")
    shutil.unpack_archive("book-data.zip", "book")
    os.makedirs("book/chapter", exist_ok=True)
    os.chdir("book/chapter")
"""
    if any('class="dataframe' in str(cell.get("outputs", "")) for cell in notebook.cells):
        code += """
from convcost.page.frames import show_frames

show_frames()  # tables of data as the book has them
"""
    return code.rstrip()


def setup(app: Sphinx) -> None:
    """Write a notebook with each chapter's page."""
    app.connect("html-page-context", write_notebook)
