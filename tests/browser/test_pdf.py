"""The printed book: one file, its contents and references links inside it, no figure lost."""

import re
import unicodedata
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser
from pypdf import PdfReader

from tools import pdf

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def printed(once: Callable[..., Path], site: Path, browser: Browser) -> PdfReader:
    """The book, printed as `make pdf` does."""
    return PdfReader(once("pdf", lambda at: pdf.make(at / "book.pdf", browser)) / "book.pdf")


@pytest.fixture(scope="module")
def names() -> list[str]:
    toc = pdf.parts(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    return [name for _, part in toc for name in part]


def links(page):
    """Yield the links of a page: the name of a place in the book, or an address."""
    for reference in page.get("/Annots", []):
        note = reference.get_object()
        if note.get("/Subtype") == "/Link":
            action = note.get("/A", {})
            yield (
                str(note["/Dest"]) if "/Dest" in note else str(action.get("/URI", action.get("/D")))
            )


def squeezed(text: str) -> str:
    """Return text without spaces, and with letters in place of ligatures."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_it_has_a_title_page_and_contents_that_lead_where_they_say(printed, names, site) -> None:
    first = printed.pages[0].extract_text()
    assert "Deeper, Yet Cheaper" in first
    assert re.search(r"Version \d+\.\d+\.\d+", first)
    front = next(k for k, page in enumerate(printed.pages) if k and "/Annots" in page)
    text = "".join(page.extract_text() for page in printed.pages[front : front + 2])
    assert squeezed(text).startswith("Contents")
    begins = pdf.first_pages(printed, names)
    assert list(begins.values()) == sorted(set(begins.values()))
    for name, number in begins.items():
        title = re.search(r"<h1>(.*?)<a class", (site / f"{name}.html").read_text("utf-8"), re.S)[1]
        title = squeezed(re.sub(r"<[^>]+>", "", title).replace("’", "'"))
        page = squeezed(printed.pages[number - 1].extract_text().replace("’", "'"))
        assert page.startswith(title[:20]), name
        assert f"{title[-12:]}{number}" in squeezed(text.replace("’", "'")), name


def test_references_between_chapters_are_links_inside_the_file(printed, names) -> None:
    inside = {link for page in printed.pages for link in links(page)}
    places = {str(name) for name in printed.named_destinations}
    addresses = {link for link in inside if re.match(r"[a-z]+:", link)}
    assert len(inside - addresses) > len(names)
    assert {link for link in inside - addresses if link not in places} == set()
    # None leads to a file of the machine that printed it.
    assert {link for link in addresses if not link.startswith("https://")} == set()


def test_every_figure_is_printed_with_its_caption(printed, site, names) -> None:
    text = squeezed("".join(page.extract_text() for page in printed.pages))
    figures = 0
    for name in names:
        page = (site / f"{name}.html").read_text("utf-8")
        for caption in re.findall(
            r'<figure class="live-figure.*?<figcaption>(.*?)</figcaption>', page, re.S
        ):
            begins = squeezed(unescape(re.sub(r"<[^>]+>", "", caption)))[:25]
            assert begins in text, (name, caption)
            figures += 1
    assert figures >= 20


def test_exercises_keep_their_solutions_for_the_end_of_the_chapter(printed, site, names) -> None:
    text = squeezed("".join(page.extract_text() for page in printed.pages))
    solved = 0
    for name in names:
        page = (site / f"{name}.html").read_text("utf-8")
        asked = re.findall(r'<p class="practice-title"[^>]*>.*?</strong> (.*?)</p>', page)
        # Where what is asked begins, and where the chapter's solutions do.
        places = [text.find(squeezed(f"Practice. {unescape(title)}")) for title in asked]
        assert -1 not in places, name
        if places:
            end = text.find("Solutionsofthepractice", max(places))
            told = [text.find(squeezed(unescape(title)), end) for title in asked]
            assert max(places) < end < told[0], name
            assert told == sorted(told), name
            solved += len(told)
    assert solved >= 30
    # The stub is on paper; tests and hints, and what only a screen can show, are not.
    assert "image_rows=..." in text
    for unprinted in ("Yourfunctionhandsnothingback", "Hint1", "Asolutionisshown", "Runthetests"):
        assert unprinted not in text


def test_it_is_tagged_and_has_an_outline(printed, names) -> None:
    assert printed.trailer["/Root"]["/MarkInfo"]["/Marked"]
    chapters = [entry for entry in printed.outline if not isinstance(entry, list)]
    assert len(chapters) >= len(names)
