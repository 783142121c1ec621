"""Print the built site as one book: _build/pdf/deeper-yet-cheaper.pdf.

``make pdf`` runs it. All pages are put into one document, in the order of _toc.yml, so that the
browser makes every reference between them a link inside the file, and the outline with it. It is
printed twice: the first time tells on which page each chapter begins, for the contents.
"""

from __future__ import annotations

import re
import time
from html import escape
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from convcost.page.palette import in_light
from tools.browser import FLAGS, find_browser

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "pdf" / "deeper-yet-cheaper.pdf"

# Takes the text of a page for use in another document: names get the page's in front, links to
# pages of the book become links to those names, other links whole addresses.
TAKEN = """
([pages, base]) => {
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
  for (const tool of article.querySelectorAll(
    `.headerlink, .copy-button, script, .live-controls, .docket-filter, .hub-link,
     details.hide > summary, form.question :is(input, button)`)) tool.remove();
  // What an exercise keeps folded: the solution comes at the chapter's end, the rest not at all.
  const solved = document.createElement("section");
  solved.className = "practice-solutions";
  solved.innerHTML = "<h2>Solutions of the practice</h2>";
  for (const exercise of article.querySelectorAll(".practice")) {
    const title = document.createElement("p");
    title.textContent = exercise.querySelector(".practice-title").lastChild.textContent.trim();
    solved.append(title, exercise.querySelector(".practice-solution .highlight"));
    for (const fold of exercise.querySelectorAll("details, .practice-later")) fold.remove();
    // On paper one writes below the stub, not in a field.
    const field = exercise.querySelector("textarea");
    if (field === null) continue;
    const stub = document.createElement("pre");
    stub.className = "practice-stub";
    stub.textContent = field.value;
    field.closest(".python-editor").replaceWith(stub);
  }
  if (solved.children.length > 1) article.append(solved);
  // A long table of numbers is for the screen: on paper it would bury its figure.
  for (const numbers of article.querySelectorAll("details.live-numbers"))
    if (numbers.querySelectorAll("tbody tr").length > 12) numbers.remove();
  for (const fold of article.querySelectorAll("details.hide")) fold.replaceWith(...fold.childNodes);
  for (const fold of article.querySelectorAll("details")) fold.open = true;
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
  article.id = `${here}--`;
  return article.outerHTML;
}
"""

STYLE = """
@page { size: A4; margin: 22mm 20mm 24mm; }
html { font-size: 10.5pt; }
body { background: none; }
article.bd-article { break-before: page; padding: 0; }
.title-page { display: flex; flex-direction: column; justify-content: space-between; }
.title-page { height: 240mm; }
.title-page h1 { font-size: 42pt; margin: 40mm 0 6mm; }
.title-page .subtitle { font-size: 17pt; color: var(--cc-muted); }
article h1 { font-size: 18pt; }
article h2 { font-size: 14pt; margin-top: 1.75rem; }
article :is(div, pre) { max-height: none; }
.contents { break-before: page; }
.contents ol { list-style: none; padding: 0; margin: 0 0 0.5rem; }
.contents li a { display: flex; gap: 0.5em; margin: 0; color: inherit; }
.contents a { text-decoration: none; }
.contents li a::after { content: attr(data-page); order: 2; font-variant-numeric: tabular-nums; }
.contents li i { flex: 1; border-bottom: 1px dotted var(--cc-line); margin-bottom: 0.35em; }
.contents h3 { margin: 0.55rem 0 0; font-size: 12pt; }
.live-figure .live-numbers { break-inside: auto; }
.practice-solutions p { margin: 0.75rem 0 0; break-after: avoid; font-weight: 600; }
"""

# The browser sets it outside of the page, where no style sheet is.
FOOT = in_light(
    '<div style="width:100%;text-align:center;font:9px sans-serif;color:var(--cc-muted)">'
    '<span class="pageNumber"></span></div>'
)


def parts(toc: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the parts of the book with their pages, the first page as a part without a name."""
    named = [(p["caption"], [c["file"] for c in p["chapters"]]) for p in toc["parts"]]
    return [("", [toc["root"]]), *named]


def text_of(page: Page, name: str, names: list[str], base: str) -> tuple[str, str]:
    """Return title and printed text of one page of the site."""
    page.goto((SITE / f"{name}.html").as_uri())
    title = page.locator("h1").evaluate("(h) => h.childNodes[0].textContent.trim()")
    return title, page.evaluate(TAKEN, [names, base])


def contents(book: list[tuple[str, list[str]]], titles: dict[str, str], on: dict[str, int]) -> str:
    """Return the contents, with page numbers where they are known."""
    lines = []
    for caption, names in book:
        lines.append(f"<h3>{escape(caption)}</h3>" if caption else "")
        lines.append("<ol>")
        for name in names:
            number = on.get(name, "")
            lines.append(
                f'<li><a href="#{name}--" data-page="{number}">'
                f"<span>{escape(titles[name])}</span><i></i></a></li>"
            )
        lines.append("</ol>")
    return f'<section class="contents"><h2>Contents</h2>{"".join(lines)}</section>'


def title_page(config: dict[str, Any], edition: str) -> str:
    """Return the first page."""
    return (
        f'<section class="title-page"><div><h1>{escape(config["title"])}</h1>'
        '<p class="subtitle">VGG, ResNet and the cost of a convolution</p></div>'
        f"<div><p>{escape(config['author'])}</p><p>{edition}</p>"
        f'<p>The figures move at <a href="{escape(config["html"]["baseurl"])}">'
        f"{escape(config['html']['baseurl'])}</a>; here they stand as they begin.</p></div>"
        "</section>"
    )


def first_pages(reader: PdfReader, names: list[str]) -> dict[str, int]:
    """Return on which page of a printed book each page of the site begins, counted from 1."""
    targets = reader.named_destinations
    found = {}
    for name in names:
        target = targets.get(f"/{name}--") or targets.get(f"{name}--")
        if target is None:
            raise SystemExit(f"The printed book has no place called {name}: the browser made none.")
        found[name] = reader.get_destination_page_number(target) + 1
    return found


def print_book(page: Page, html: str, target: Path) -> None:
    """Print a document, with page numbers and an outline."""
    source = target.with_suffix(".part.html")
    source.write_text(html, encoding="utf-8")
    try:
        page.goto(source.as_uri())
        page.evaluate("document.fonts.ready")
        page.pdf(
            path=target, prefer_css_page_size=True, print_background=True, tagged=True,
            outline=True, display_header_footer=True, header_template="<span></span>",
            footer_template=FOOT,
        )  # fmt: skip
    finally:
        source.unlink()


def make(target: Path, browser: Browser) -> int:
    """Print the book into a file and return how many pages it has."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    book = parts(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    names = [name for _, part in book for name in part]
    if not all((SITE / f"{name}.html").exists() for name in names):
        raise SystemExit("The site is not built: run `make pdf`, which builds it first.")
    index = (SITE / "index.html").read_text(encoding="utf-8")
    edition = re.search(r'<p class="edition">(.*?)</p>', index)[1]
    sheets = re.findall(r'<link rel="stylesheet" href="([^"?]+)', "".join(
        (SITE / f"{name}.html").read_text(encoding="utf-8") for name in names))  # fmt: skip
    sheets = sorted({re.sub(r"^(\.\./)+", "", sheet) for sheet in sheets}, reverse=True)
    head = "".join(f'<link rel="stylesheet" href="{(SITE / sheet).as_uri()}">' for sheet in sheets)
    head = (
        f'<html lang="en" data-theme="light"><meta charset="utf-8">'
        f"<title>{escape(config['title'])}</title>{head}<style>{STYLE}</style>"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part.pdf")
    # Without scripts a page is what is printed: each figure its picture, each fold its answer.
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.emulate_media(media="print")
    page.route(re.compile(r"\.js(\?|$)"), lambda route: route.abort())
    taken = {name: text_of(page, name, names, config["html"]["baseurl"]) for name in names}
    titles = {name: title for name, (title, _) in taken.items()}
    text = "".join(html for _, html in taken.values())
    on: dict[str, int] = {}
    for _ in range(2):
        first = title_page(config, edition) + contents(book, titles, on)
        print_book(page, f"<!doctype html>{head}<main>{first}{text}</main>", unfinished)
        on = first_pages(PdfReader(unfinished), names)
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
