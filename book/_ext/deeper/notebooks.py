"""Each chapter's notebook for those who take it elsewhere: executed, and readable without MyST.

A chapter's source says `{glue:text}` and `:::{admonition}`, which Colab and a plain JupyterLab show
as they are written, and its figures need a running kernel. In the notebook that a reader downloads
the sentences have their numbers, boxes are quotations or folds, references are links to the site,
and each figure is a picture until its cell is run.
"""

import base64
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import nbformat
import vl_convert
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from convcost.page.glue import glued
from convcost.page.palette import in_light

from . import addresses as places
from .execution import is_cached, open_notebook

VIEW = "application/vnd.jupyter.widget-view+json"
# Colab brings its own torch, of several GB; the other packages are small.
BROUGHT = ("torch", "torchvision")
HIDDEN_INPUT = {"remove-cell", "remove-input", "hide-input", "hide-cell"}


def has_cells(env: BuildEnvironment, docname: str) -> bool:
    """Say whether a page is a chapter with code, and so has a notebook."""
    opened = open_notebook(env, Path(env.doc2path(docname)))
    return opened is not None and any(cell.cell_type == "code" for cell in opened[1].cells)


def readers_notebook(app: Sphinx, docname: str) -> NotebookNode:
    """Return a chapter's notebook for download.

    Raises
    ------
    ExtensionError
        If the chapter uses a directive that has no plain form here.
    """
    _, notebook = open_notebook(app.env, Path(app.env.doc2path(docname)))
    cache = get_cache(app.env.mystnb_config.execution_cache_path)
    if is_cached(cache, notebook):  # a page of assignments is not executed
        _, notebook = cache.merge_match_into_notebook(notebook)
    numbers = glued(notebook)
    # A cell for the page alone says where its notebook is.
    kept = [cell for cell in notebook.cells if "page-only" not in cell.metadata.get("tags", [])]
    notebook.cells = kept
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            continue  # what is graded stays to the letter
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, numbers, resolver(app, docname))
        elif cell.cell_type == "code":
            tags = set(cell.metadata.get("tags", []))
            if tags & HIDDEN_INPUT:
                cell.metadata["jupyter"] = {"source_hidden": True}
            cell.outputs = [] if "remove-cell" in tags else list(map(still, cell.outputs))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first_cell(app, notebook)))
    notebook.cells[0].metadata["jupyter"] = {"source_hidden": True}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # the same in each build
    for ours in ("jupytext", "myst", "source_map", "widgets"):
        notebook.metadata.pop(ours, None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def plain_markdown(
    text: str, numbers: dict[str, str], resolve: Callable[[str, str], tuple[str, str]]
) -> str:
    """Return a chapter's Markdown as any notebook viewer can show it.

    Parameters
    ----------
    text : str
    numbers : dict of str to str
        Name -> what stands in the sentence for it.
    resolve : callable
        Maps a role and its text to a label and an address; the role of a plain link is "".

    Raises
    ------
    ExtensionError
        If a directive remains.
    """
    # Code stays as it is: a mark holds its place meanwhile.
    blocks = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    code = blocks[1::2]
    blocks[1::2] = [f"\0{number}\0" for number in range(len(code))]
    plain = plain_prose("".join(blocks), numbers, resolve)

    def put_back(match: re.Match[str]) -> str:
        before, number = match.groups()  # a quotation's mark comes before each line
        return "\n".join(before + line for line in code[int(number)].split("\n"))

    plain = re.sub(r"^(.*)\0(\d+)\0", put_back, plain, flags=re.MULTILINE)
    if left := re.search(r"^(?::::|```)\{.*", plain, re.MULTILINE):
        raise ExtensionError(
            f"{left[0]!r} has no form in a chapter's notebook: see plain_markdown in "
            f"{Path(__file__).name}, and teach it this one."
        )
    return plain


def plain_prose(
    text: str, numbers: dict[str, str], resolve: Callable[[str, str], tuple[str, str]]
) -> str:
    """Return Markdown without code blocks in its plain form."""

    def link(match: re.Match[str]) -> str:
        label, address = resolve("", match[2])
        return f"[{match[1] or label}]({address})"

    def role(match: re.Match[str]) -> str:
        name, content = match.groups()
        if name == "glue:text":
            return numbers[content]
        if name.partition(":")[0] == "cite":
            links = (resolve("cite", key.strip()) for key in content.split(","))
            return ", ".join(f"[{label}]({address})" for label, address in links)
        if name in {"eq", "download", "term"}:
            label, address = resolve(name, content)
            return f"[{label}]({address})"
        return re.sub(r" *<[^>]*>$", "", content)  # what any other role says in words

    text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\$\$ \([\w-]+\)$", "$$", text, flags=re.MULTILINE)
    text = re.sub(r"<figure class=\"drawing\".*?</figure>", picture, text, flags=re.DOTALL)
    # Boxes may stand in boxes: the inner ones have fewer colons, and are done first.
    for colons in (3, 4, 5):
        box = rf"^:{{{colons}}}\{{(\w+)\}} *(.*?)\n(.*?)^:{{{colons}}}$"
        text = re.sub(box, plain_box, text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\[([^\]\n]*)\]\((?!https?:|#|data:)([^)\s]+)\)", link, text)
    return re.sub(r"\{([a-z:]+)\}`([^`]+)`", role, text)


def plain_box(match: re.Match[str]) -> str:
    """Return an admonition as a fold, if it is one on the page, else as a quotation."""
    kind, title, body = match.groups()
    options = "".join(re.findall(r"^:[a-z]+:.*\n", body, re.MULTILINE))
    body = re.sub(r"^:[a-z]+:.*\n", "", body, flags=re.MULTILINE).strip()
    title = title or kind.capitalize()
    if "dropdown" in options:
        return f"<details><summary><b>{title}</b></summary>\n\n{body}\n\n</details>"
    return "\n".join(f"> {line}".rstrip() for line in f"**{title}**\n\n{body}".split("\n"))


def picture(match: re.Match[str]) -> str:
    """Return a drawing as a picture with its caption: viewers take SVG out of Markdown."""
    svg = re.search(r"<svg.*?</svg>", match[0], re.DOTALL)
    label = re.search(r'aria-label="([^"]*)"', match[0])
    caption = re.search(r"<figcaption>(.*?)</figcaption>", match[0], re.DOTALL)
    if svg is None or label is None:
        raise ExtensionError(f"A drawing needs an svg with an aria-label: {match[0][:80]}")
    alternative = re.sub(r"\s+", " ", unescape(label[1])).replace("[", "(").replace("]", ")")
    data = base64.b64encode(png(svg[0])).decode()
    below = re.sub(r"\s+", " ", caption[1]).strip() if caption else ""
    return f"![{alternative}](data:image/png;base64,{data})\n\n{below}\n"


def still(output: NotebookNode) -> NotebookNode:
    """Return an output as what it says without scripts: a live figure is its picture and finding.

    Of a quick question the field and the button go, which no script would read here; the page hides
    them by an attribute that JupyterLab takes away.
    """
    if VIEW not in output.get("data", {}):
        if '<form class="question"' in output.get("data", {}).get("text/html", ""):
            form = output.data["text/html"]
            form = re.sub(r'<p class="question-number".*?</p>|<button.*?</button>', "", form)
            output.data["text/html"] = re.sub(r"<input[^>]*>", "", form)
        return output
    html = output.data["text/html"]
    svg = re.search(r"<svg.*?</svg>", html, re.DOTALL)
    finding = re.search(r'<p class="live-finding"[^>]*><span>(.*?)</span>', html, re.DOTALL)
    if svg is None or finding is None:
        raise ExtensionError(f"A live figure without picture or finding: {html[:80]}")
    output.data = nbformat.from_dict(
        {
            "image/png": base64.b64encode(png(svg[0])).decode(),
            "text/plain": unescape(finding[1]),
        }
    )
    return output


def png(svg: str) -> bytes:
    """Return a picture as pixels, in the colors of the light theme, on white."""
    svg = in_light(svg)
    if "xmlns=" not in svg:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    opening, tag, rest = svg.partition(">")
    white = '<rect x="-9999" y="-9999" width="99999" height="99999" fill="#fff"/>'
    return vl_convert.svg_to_png(opening + tag + white + rest, scale=2)


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
        elif role == "eq":
            home, number = app.env.get_domain("math").equations[text]
            return f"({number})", page(home, f"equation-{text}")
        elif role == "term":
            label, term = re.fullmatch(r"(.*?)(?: *<(.*)>)?", text, re.DOTALL).groups()
            terms = app.env.get_domain("std").objects
            for (kind, name), (home, anchor) in terms.items():
                if kind == "term" and name.lower() == (term or label).lower():
                    return label, page(home, anchor)
        elif role == "download":
            label, target = re.fullmatch(r"(.*?) *<(.*)>", text).groups()
            _, copy = app.env.dlfiles[posixpath.normpath(posixpath.join(folder, target))]
            return label, f"{site.site}_downloads/{copy}"
        else:
            target, _, anchor = text.partition("#")
            name = posixpath.normpath(posixpath.join(folder, target.removesuffix(".md")))
            if name in app.env.found_docs:
                return app.env.titles[name].astext(), page(name, anchor)
        raise ExtensionError(f"{docname} refers to {text!r}, which no page of the book has.")

    return resolve


def first_cell(app: Sphinx, notebook: NotebookNode) -> str:
    """Return the cell that makes a notebook run where the book's package is missing."""
    site = places.addresses(app.config)
    root = Path(app.srcdir).parent
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = (re.split(r"[<>=\[ ]", line)[0] for line in project["dependencies"])
    pins = dict(locked(root / "requirements" / "run.txt"))
    small = " ".join(f"{name}=={pins[name]}" for name in names if name not in BROUGHT)
    code = f"""\
# What this page needs and Colab lacks. Where the book is installed, this cell does nothing.
import sys
from importlib.util import find_spec

if find_spec("convcost") is None:
    %pip install -q {small}
    %pip install -q --no-deps {site.wheel(project["version"])}
if "google.colab" in sys.modules:
    sys.modules["google.colab"].output.enable_custom_widget_manager()
"""
    if any("../" in cell.source for cell in notebook.cells if cell.cell_type == "code"):
        code += f"""
import os, shutil, urllib.request

if not os.path.isdir("../data"):  # the tables that chapters read
    urllib.request.urlretrieve("{site.site}{places.DATA}", "book-data.zip")
    shutil.unpack_archive("book-data.zip", "book")
    os.makedirs("book/chapter", exist_ok=True)
    os.chdir("book/chapter")
"""
    return code.rstrip()


def locked(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each package of a lock with its version; of several, that for the newest Python."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==([^ ;]+)", line):
            yield match[1], match[2]
