"""What the search page searches: every section of the built pages, with its words and numbers.

Sphinx 7.4 indexes word stems of whole pages: a typing error, a synonym or a number finds nothing,
and the package's reference stands before the chapters. Here the pages are read as readers see
them, outputs of cells and findings of figures too, and `search.js` searches them with MiniSearch.
They come as a script, for a page that was opened from a folder may not fetch.
"""

import csv
import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

VENDORED = Path(__file__).parent / "vendor" / "minisearch" / "minisearch.js"
#: What readers call the subject of a page, in their words and in those of other books.
WORDS = Path(__file__).parents[2] / "data" / "search_words.csv"
#: The script that holds the sections.
SECTIONS = "search-sections.js"
#: Begin of a page's address -> what its sections are to a reader, and how much they count.
KINDS = {
    "appendix/package": ("Reference of the package", 0.05),
    "appendix/references": ("References", 0.2),
    "appendix/glossary": ("Glossary", 0.3),
    "appendix/": ("Appendix", 0.5),
    "assignments/": ("Assignment", 0.25),
    "instructors/": ("For instructors", 0.6),
    "networks/claims": ("", 0.4),  # it speaks of everything, as does the next
    "designer": ("", 0.7),
    "": ("", 1),
}
#: Of a text of the package's reference the beginning has to do: it is long, and the search light.
REFERENCE_CHARACTERS = 200
#: Nobody reads these, or they belong to a control.
SKIPPED_TAGS = {"script", "style", "svg", "button", "select", "summary", "math", "noscript"}
SKIPPED_CLASSES = {
    *("headerlink", "hide", "live-controls", "live-table", "live-picture", "katex-mathml"),
    *("practice-solution", "practice-tests", "practice-hint", "toctree-wrapper"),
    *("predict-note", "predict-clear"),
}
VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
INLINE = {"a", "b", "code", "em", "i", "span", "strong", "sub", "sup"}
HEADINGS = {"h1", "h2", "h3", "h4", "dt"}


class Sections(HTMLParser):
    """Takes a page apart into its sections; ``found`` holds id, title and text of each.

    A section's text is its own, without that of the sections in it. A term with an address, of the
    glossary or the package's reference, is a section, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.description = ""
        self._open: list[dict[str, str]] = []
        self._tags: list[tuple[str, bool]] = []  # each with whether it ends a section
        self._article = self._skipped = 0  # how deep in them
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a section, a heading, or what is skipped."""
        given = dict(attrs)
        if tag in VOID:
            if given.get("name") == "description":
                self.description = given.get("content") or ""
            self._say(" ")
            return
        classes = set((given.get("class") or "").split())
        if self._article:
            self._article += 1
        elif tag == "article":
            self._article = 1
        if self._skipped or tag in SKIPPED_TAGS or classes & SKIPPED_CLASSES:
            self._skipped += 1
        begins = bool(self._article and not self._skipped and given.get("id"))
        if begins and tag == "dt":
            # It reaches to the next term: there is no element around term and description.
            if self._open and self._open[-1].get("term"):
                self._open.pop()
            self._begin(given["id"] or "", term="yes")
        begins = begins and tag == "section" and "practice" not in classes
        if begins:
            self._begin(given["id"] or "")
        if tag in HEADINGS and not self._skipped and self._open:
            section = self._open[-1]
            self._heading = not section["title"].strip() and (tag == "dt") == ("term" in section)
        self._tags.append((tag, begins))
        if tag not in INLINE:
            self._say(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        while self._tags:
            opened, begins = self._tags.pop()
            self._article = max(0, self._article - 1)
            self._skipped = max(0, self._skipped - 1)
            if opened in HEADINGS:
                self._heading = False
            if (opened == "dl" or begins) and self._open and self._open[-1].get("term"):
                self._open.pop()
            if begins:
                self._open.pop()
            if opened == tag:
                break
        if tag not in INLINE:
            self._say(" ")

    def handle_data(self, data: str) -> None:
        """Take a text in."""
        if self._article and not self._skipped:
            self._say(data)

    def _begin(self, name: str, **more: str) -> None:
        self._open.append({"id": name, "title": "", "text": "", **more})
        self.found.append(self._open[-1])

    def _say(self, text: str) -> None:
        if self._open:
            self._open[-1]["title" if self._heading else "text"] += text


def sections(html: str) -> tuple[str, list[list[str]]]:
    """Return what a page says of itself to search engines, and its sections in their order.

    Of each section these are its id, its title and its text.
    """
    reader = Sections()
    reader.feed(html)
    keys = ("id", "title", "text")
    return reader.description, [
        [" ".join(one[key].split()) for key in keys] for one in reader.found
    ]


def kind(address: str) -> tuple[str, float]:
    """Return what a page is to a reader, and how much its sections count."""
    return next(value for begin, value in KINDS.items() if address.startswith(begin))


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the sections of all pages and the search's library; drop Sphinx's own index."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    with WORDS.open(encoding="utf-8") as rows:
        called = {row["page"]: row["words"] for row in csv.DictReader(rows)}
    pages = []
    for docname in sorted(app.env.found_docs):
        path = site / f"{docname}.html"
        about, found = sections(path.read_text("utf-8")) if path.exists() else ("", [])
        if found:
            if docname.startswith("appendix/package"):
                found = [[name, title, text[:REFERENCE_CHARACTERS]] for name, title, text in found]
            words = called.pop(docname, "")
            pages.append([f"{docname}.html", *kind(docname), about, words, found])
    if called:
        raise ExtensionError(
            f"{WORDS.name} has words for pages that do not exist: {', '.join(called)}."
        )
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    (site / "_static" / SECTIONS).write_text(f"globalThis.BOOK={text};\n", encoding="utf-8")
    shutil.copyfile(VENDORED, site / "_static" / VENDORED.name)
    (site / "searchindex.js").unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Write the files when the pages are there, before what is not needed is dropped."""
    app.connect("build-finished", write_files, priority=800)
