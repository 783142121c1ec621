"""Citations and terms say what they are where they stand: on hover, on focus and on tap.

In the text a work is called by its authors and year, as the list of references calls it; its name
and a term's are links there and to the glossary, with or without a script. A script (cards.js)
shows a small card beside such a link: authors, title, year and address of a work, the definition of
a term. What cards say is one script file that comes when the first is asked for, so that it comes
from a folder, too, and no page carries it.

Mended here: sphinxcontrib-bibtex 2.7 has pybtex's labels, such as [HZRS16a], and repeats a work's
whole entry in the title of each of its citations.
"""

import json
import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pybtex.plugin
from pybtex.style.formatting.unsrt import Style
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinxcontrib.bibtex import plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.label import LabelReferenceStyle

from convcost.page.bibliography import Work, labels, read_works

CARDS = "cards-data.js"
GLOSSARY = "appendix/glossary"
STYLE = "authors_and_year"
# As many authors as a card names; of more, the first, and how many there are besides.
AUTHORS = 6
TERM = re.compile(
    r'<dt id="(?P<name>term-[^"]+)">(?P<term>.*?)<a class="headerlink".*?</dt>\s*'
    r"<dd>(?P<says>.*?)</dd>",
    re.S,
)


class Labels(BaseLabelStyle):  # type: ignore[misc]  # pybtex has no types
    """Labels such as "He et al., 2016a"."""

    def format_labels(self, sorted_entries: list[Any]) -> list[str]:
        """Return the label of each entry."""
        return labels(sorted_entries)


class References(Style):  # type: ignore[misc]
    """The list of references, by authors, year and title."""

    default_sorting_style = "author_year_title"
    default_label_style = STYLE


@dataclass
class Citations(LabelReferenceStyle):  # type: ignore[misc]
    """Citations by label, several of them with a semicolon between: labels have commas."""

    bracket_parenthetical: BracketStyle = field(default_factory=lambda: BracketStyle(sep="; "))


def configure(_app: Sphinx, config: Config) -> None:
    """Call works by their labels, in the text and in the list of references."""
    config.bibtex_default_style = config.bibtex_reference_style = STYLE
    config.bibtex_tooltips = False


def of_a_work(work: Work) -> str:
    """Return what a card says of a work, as HTML."""
    named = work.authors if len(work.authors) <= AUTHORS else work.authors[:1]
    others = len(work.authors) - len(named)
    authors = ", ".join(named) + (f" and {others} others" if others else "")
    shown = re.sub(r"^https?://(www\.)?|/$", "", work.address)
    lines = [f"<cite>{escape(work.title)}</cite>", escape(authors), escape(work.published)]
    address = f'<a href="{escape(work.address)}">{escape(shown)}</a>'
    return "".join(f"<p>{line}</p>" for line in (*lines, address) if line)


def of_terms(glossary: str) -> dict[str, str]:
    """Return the name of each term of the built glossary, and what a card says of it, as HTML."""
    cards = {}
    for entry in TERM.finditer(glossary):
        # A name may stand on a page once; a citation in a definition has one.
        says = re.sub(r' id="[^"]*"', "", entry["says"]).strip()
        cards[entry["name"]] = f"<p><strong>{entry['term']}</strong></p>{says}"
    return cards


def write_file(app: Sphinx, exception: Exception | None) -> None:
    """Write what cards say."""
    if exception or app.builder.format != "html":
        return
    works = {}
    for file in app.config.bibtex_bibfiles:
        works |= read_works(Path(app.srcdir, file))
    cited = app.env.get_domain("cite").citations  # type: ignore[attr-defined]
    cards = {citation.citation_id: of_a_work(works[citation.key]) for citation in cited}
    terms = of_terms(Path(app.outdir, f"{GLOSSARY}.html").read_text("utf-8"))
    if not (cards and terms):
        raise ExtensionError(f"{len(cards)} works and {len(terms)} terms: expected some of each.")
    text = json.dumps(cards | terms, ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / "_static" / CARDS).write_text(f"globalThis.CARDS={text};\n", "utf-8")


def setup(app: Sphinx) -> None:
    """Name works as this book does; write the file before what is not needed is dropped."""
    pybtex.plugin.register_plugin("pybtex.style.labels", STYLE, Labels)
    pybtex.plugin.register_plugin("pybtex.style.formatting", STYLE, References)
    plugin.register_plugin("sphinxcontrib.bibtex.style.referencing", STYLE, Citations)
    app.connect("config-inited", configure, priority=100)
    app.connect("build-finished", write_file, priority=800)
