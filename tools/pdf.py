"""Print the built site as one book: _build/pdf/deeper-yet-cheaper.pdf.

``make pdf`` runs it. What is read goes into one document, in the order of _toc.yml, so that the
browser makes every reference between chapters a link inside the file, and the outline with it.
Before, each chapter is printed by itself: that tells how many pages it fills, for the contents, and
where its figures leave holes (tools/pagination.py).

How a page is on paper, the site's own style sheet says (book/_ext/deeper/styles/print.css), and its
script moves the answers to the page's end; here they move on, to the end of the book.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from convcost.page.palette import in_light
from tools.browser import FLAGS, SCRIPTS_THERE, find_browser
from tools.pagination import Sheet, settled

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "pdf" / "deeper-yet-cheaper.pdf"
# What one uses at a screen, or hands out: the printed book leaves it to the site.
ON_SITE = re.compile(r"assignments/|instructors/|appendix/(package|package-shows|running)$")
ANSWERS = "answers"
MM = 96 / 25.4
PAPER, MARGINS = (210, 297), (21, 22, 19)  # width and height; above, beside and below
SHEET = Sheet(
    width=(PAPER[0] - 2 * MARGINS[1]) * MM,
    height=(PAPER[1] - MARGINS[0] - MARGINS[2]) * MM,
)

# Takes the text of a page, and its answers, for use in another document: names get the page's in
# front, links to pages of the book become links to those names, other links whole addresses.
TAKEN = """
([pages, base]) => {
  dispatchEvent(new Event("beforeprint"));
  const article = document.querySelector("article.bd-article");
  const own = location.pathname;
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const named = (url) => {
    const page = url.pathname.slice(root.pathname.length).replace(/\\.html$/, "") || "index";
    if (url.origin !== location.origin || !pages.includes(page)) return null;
    return `${page}--${decodeURIComponent(url.hash.slice(1))}`;
  };
  const here = named(new URL(own, location.href)).slice(0, -2);
  const rename = (names) => names.split(/\\s+/).map((name) => `${here}--${name}`).join(" ");
  for (const unread of article.querySelectorAll(
    ".headerlink, .copy-button, script, details.hide, .live-numbers, .docket-code, .on-screen"
  )) unread.remove();
  // Where nothing can be moved: what other settings show.
  for (const found of article.querySelectorAll("[data-otherwise]")) {
    const figure = found.closest("figure"), list = document.createElement("ul");
    list.className = "otherwise";
    for (const [setting, says] of JSON.parse(found.dataset.otherwise)) {
      const line = document.createElement("li"), name = document.createElement("b");
      name.textContent = `${setting}. `;
      line.append(name, says);
      list.append(line);
    }
    if (list.children.length) figure.querySelector("figcaption").append(list);
  }
  for (const fold of article.querySelectorAll("details")) fold.open = true;
  for (const part of article.querySelectorAll(".at-rest")) part.classList.remove("at-rest");
  // A page of the site is a chapter of the book.
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest("pre, code")) continue;
    text.data = text.data.replaceAll(/\\bon this page\\b/g, "in this chapter")
      .replaceAll(/\\bOn this page\\b/g, "In this chapter")
      .replaceAll(/\\b([Tt])his page\\b/g, "$1his chapter");
  }
  for (const element of article.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (name === "id") element.id = rename(value);
      else if (/^(for|headers|aria-(labelledby|describedby|controls|owns))$/.test(name))
        element.setAttribute(name, rename(value));
      else if (value.includes("url(#"))
        element.setAttribute(name, value.replaceAll(/url\\(#([^)]+)\\)/g, `url(#${here}--$1)`));
    }
    const link = element.getAttribute("href");
    if (element.localName === "a" && link !== null) {
      const url = new URL(link, location.href);
      const name = named(url);
      if (name !== null) element.setAttribute("href", `#${name}`);
      else if (url.origin === location.origin)
        element.setAttribute("href", base + url.pathname.slice(root.pathname.length) + url.hash);
    } else if (link?.startsWith("#")) element.setAttribute("href", `#${here}--${link.slice(1)}`);
    if (element.localName === "img") element.src = element.src; // the whole address
  }
  const heading = article.querySelector("h1"), numbered = heading.querySelector(".section-number");
  const number = numbered?.textContent.replace(/\\W/g, "") ?? "";
  numbered?.remove(); // it stands over the title
  const title = heading.textContent.trim();
  heading.id = `${here}--`; // where its contents' line leads
  const answers = article.querySelector(".answers");
  answers?.remove();
  answers?.firstElementChild.remove();
  return [number, title, article.innerHTML, answers?.innerHTML ?? ""];
}
"""

STYLE = (
    f"@page {{ size: {PAPER[0]}mm {PAPER[1]}mm; margin: {' '.join(f'{m}mm' for m in MARGINS)}; }}"
)
STYLE += """
@page {
  @bottom-center { content: counter(page); font: 8.5pt Literata, serif; color: var(--cc-muted); }
}
@page front { @bottom-center { content: none; } }
body { background: none; }
.front { page: front; }
article.bd-article { break-before: page; }
.title-page { display: flex; flex-direction: column; justify-content: space-between; }
.title-page { height: 245mm; }
.title-page h1 { font-size: 42pt; margin: 40mm 0 6mm; }
.title-page .subtitle { font-size: 17pt; color: var(--cc-muted); }
article :is(div, pre) { max-height: none; }
.otherwise { margin: 0.35rem 0 0; padding: 0; list-style: none; }
.otherwise li { margin: 0; }
.otherwise b { font-weight: 600; }
article[data-number]::before { content: attr(data-number); color: var(--cc-muted); }
.contents { break-before: page; }
.contents ol { list-style: none; padding: 0; margin: 0 0 0.5rem; }
.contents li { margin: 0 0 0.15rem; }
.contents li a { display: flex; gap: 0.5em; color: inherit; }
.contents a { text-decoration: none; }
.contents li a::after { content: attr(data-page); order: 2; font-variant-numeric: tabular-nums; }
.contents li b { flex: none; width: 1.5em; font-weight: 400; font-variant-numeric: tabular-nums; }
.contents li i { flex: 1; border-bottom: 1px dotted var(--cc-line); margin-bottom: 0.35em; }
.contents h3 { margin: 0.9rem 0 0.2rem; }
"""
HEAD = """
@page %s {
  @top-left { content: %s; font: 8.5pt Literata, serif; color: var(--cc-muted); }
  @top-right { content: %s; font: 8.5pt Literata, serif; color: var(--cc-muted); }
}
"""


@dataclass(frozen=True)
class Chapter:
    """A page of the site in the book.

    Attributes
    ----------
    name : str
        Its path on the site, without suffix.
    part : str
        The part of the book that it stands in; empty for the first page.
    number : str
        A chapter's number; empty for what has none on the site.
    title : str
    text : str
        HTML.
    pages : int
        How many it fills, once that is known.
    """

    name: str
    part: str
    number: str
    title: str
    text: str
    pages: int = 0

    @property
    def head(self) -> str:
        """The style of its pages' running heads."""
        numbered = f"{self.number}\\2003 {self.title}" if self.number else self.title
        return HEAD % (self.page, quoted(self.part or BOOK), quoted(numbered))

    @property
    def page(self) -> str:
        """The name of its pages, for the style sheet."""
        return "of-" + self.name.replace("/", "-")

    @property
    def html(self) -> str:
        """Its text as it stands in the book."""
        label = f'data-number="Chapter {self.number}"' if self.number else ""
        style = f'class="bd-article" style="page: {self.page}"'
        return f"<article {style} {label}>{self.text}</article>"


BOOK = "Deeper, Yet Cheaper"


def quoted(text: str) -> str:
    """Return text as a string in a style sheet; escapes in it stay."""
    return '"' + text.replace('"', '\\"') + '"'


def parts(toc: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the parts of the book with what is printed of them, the first page in none."""
    named = [
        (p["caption"], [c["file"] for c in p["chapters"] if not ON_SITE.match(c["file"])])
        for p in toc["parts"]
    ]
    return [("", [toc["root"]]), *((caption, names) for caption, names in named if names)]


def taken(page: Page, name: str, names: list[str], base: str) -> list[str]:
    """Return number, title, printed text and answers of one page of the site."""
    page.goto((SITE / f"{name}.html").as_uri())
    page.locator(SCRIPTS_THERE).wait_for()
    found: list[str] = page.evaluate(TAKEN, [names, base])
    return found


def chapters(page: Page, book: list[tuple[str, list[str]]], base: str) -> list[Chapter]:
    """Return all chapters of the book, the answers last."""
    names = [name for _, part in book for name in part]
    found, answers = [], ""
    for part, members in book:
        for name in members:
            number, title, text, told = taken(page, name, names, base)
            found.append(Chapter(name, part, number, title, text))
            if told:
                numbered = f"Chapter {number}: {title}" if number else title
                answers += f'<section class="answers"><h2>{escape(numbered)}</h2>{told}</section>'
    text = f'<h1 id="{ANSWERS}--">Answers</h1>{answers}'
    return [*found, Chapter(ANSWERS, "Appendix", "", "Answers", text)]


def contents(book: list[Chapter], on: dict[str, int]) -> str:
    """Return the contents, with page numbers where they are known."""
    lines, part = [], None
    for chapter in book:
        if chapter.part != part:
            lines.append("</ol>" if part is not None else "")
            lines.append(f"<h3>{escape(chapter.part)}</h3>" if chapter.part else "")
            lines.append("<ol>")
            part = chapter.part
        lines.append(
            f'<li><a href="#{chapter.name}--" data-page="{on.get(chapter.name, "")}">'
            f"<b>{chapter.number}</b><span>{escape(chapter.title)}</span><i></i></a></li>"
        )
    return f'<section class="contents front"><h2>Contents</h2>{"".join(lines)}</ol></section>'


def title_page(config: dict[str, Any], edition: str) -> str:
    """Return the first page."""
    site = escape(config["html"]["baseurl"])
    return (
        f'<section class="title-page front"><div><h1>{escape(config["title"])}</h1>'
        '<p class="subtitle">VGG, ResNet and the cost of a convolution</p></div>'
        f"<div><p>{escape(config['author'])}</p><p>{edition}</p>"
        f'<p>The figures move at <a href="{site}">{site}</a>; here they stand as they begin, and '
        "say at what. The site also has what is to be run: the notebooks, the assignments, and the "
        "reference of the package.</p></div></section>"
    )


def first_pages(reader: PdfReader, names: Iterable[str]) -> dict[str, int]:
    """Return on which page of a printed book each chapter begins, counted from 1."""
    targets = reader.named_destinations
    found = {}
    for name in names:
        target = targets.get(f"/{name}--") or targets.get(f"{name}--")
        if target is None:
            raise SystemExit(f"The printed book has no place called {name}: the browser made none.")
        found[name] = reader.get_destination_page_number(target) + 1
    return found


@contextmanager
def shown(page: Page, html: str, target: Path) -> Iterator[None]:
    """Show a document that will be printed into a file; it needs a place for its style sheets."""
    source = target.with_suffix(".html")
    source.write_text(html, encoding="utf-8")
    try:
        page.goto(source.as_uri())
        page.evaluate("document.fonts.ready")
        yield
    finally:
        source.unlink()


def set_out(page: Page, head: str, chapter: Chapter, target: Path) -> Chapter:
    """Return a chapter arranged so that its figures leave few holes, and counted."""
    with shown(page, f"<!doctype html>{head}{chapter.html}", target):
        text, pages = settled(page, SHEET)
    return replace(chapter, text=text, pages=pages)


def print_book(page: Page, html: str, target: Path) -> None:
    """Print a document, with an outline."""
    with shown(page, html, target):
        page.pdf(
            path=target, prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )


def make(target: Path, browser: Browser) -> int:
    """Print the book into a file and return how many pages it has."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    toc = parts(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    names = [name for _, part in toc for name in part]
    if not all((SITE / f"{name}.html").exists() for name in names):
        raise SystemExit("The site is not built: run `make pdf`, which builds it first.")
    index = (SITE / "index.html").read_text(encoding="utf-8")
    edition = re.search(r'<p class="edition">(.*?)</p>', index)[1]
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part.pdf")
    # Without the figures' script a page is what is printed: each figure its picture.
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.emulate_media(media="print")
    page.set_default_timeout(300_000)  # on a busy machine a book takes its time
    page.route(re.compile(r"\.js(\?|$)"), lambda route: route.abort())
    page.route(re.compile(r"/site\.js(\?|$)"), lambda route: route.continue_())
    book = chapters(page, toc, config["html"]["baseurl"])
    page.unroute_all()
    sheet = (SITE / "_static" / "site.css").as_uri()
    style = in_light(STYLE + "".join(chapter.head for chapter in book))
    head = (
        f'<html lang="en" data-theme="light"><meta charset="utf-8">'
        f"<title>{escape(config['title'])}</title>"
        f'<link rel="stylesheet" href="{sheet}">'
        f"<style>{style}</style>"
    )
    book = [set_out(page, head, chapter, unfinished) for chapter in book]
    text = "".join(chapter.html for chapter in book)
    # In front are the title and the contents, a page each.
    begins = accumulate((chapter.pages for chapter in book[:-1]), initial=3)
    on = {chapter.name: first for chapter, first in zip(book, begins, strict=True)}
    first = title_page(config, edition) + contents(book, on)
    print_book(page, f"<!doctype html>{head}<main>{first}{text}</main>", unfinished)
    found = first_pages(PdfReader(unfinished), on)
    if found != on:
        raise SystemExit(
            f"The contents say that chapters begin on the pages {on}, and they begin on {found}: "
            "in the book a chapter fills other pages than by itself."
        )
    context.close()
    unfinished.replace(target)
    return len(PdfReader(target).pages)


def main() -> None:
    """Print the book where `make pdf` leaves it."""
    started = time.monotonic()
    path = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        pages = make(TARGET, browser)
        browser.close()
    seconds = time.monotonic() - started
    print(f"{TARGET.relative_to(ROOT)}: {pages} pages ({seconds:.0f} s)")


if __name__ == "__main__":
    main()
