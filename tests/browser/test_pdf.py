"""The printed book: one file, its contents and references links inside it, read as a book is."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser
from pypdf import PdfReader

from tools import pdf

ROOT = Path(__file__).parents[2]
# The least part of a page that is filled, but for a chapter's last; and how many pages may be less:
# what fits depends on the machine's fonts for code and charts.
FILLED, HALF_EMPTY = 0.6, 3


@dataclass(frozen=True)
class Sheet:
    """What a page says, squeezed, and which part of its height the text reaches down."""

    text: str
    filled: float


@pytest.fixture(scope="module")
def printed(once: Callable[..., Path], site: Path, browser: Browser) -> PdfReader:
    """The book, printed as `make pdf` does."""
    return PdfReader(once("pdf", lambda at: pdf.make(at / "book.pdf", browser)) / "book.pdf")


@pytest.fixture(scope="module")
def sheets(printed: PdfReader) -> list[Sheet]:
    """All pages, read once."""
    return [read(page) for page in printed.pages]


@pytest.fixture(scope="module")
def text(sheets: list[Sheet]) -> str:
    return "".join(sheet.text for sheet in sheets)


@pytest.fixture(scope="module")
def names() -> list[str]:
    toc = pdf.parts(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    return [name for _, part in toc for name in part]


@pytest.fixture(scope="module")
def begins(printed: PdfReader, names: list[str]) -> dict[str, int]:
    """On which page each chapter begins, the answers too."""
    return pdf.first_pages(printed, [*names, pdf.ANSWERS])


def read(page) -> Sheet:
    heights = []

    def visit(said, matrix, text_matrix, *_):
        if said.strip():
            heights.append(matrix[1] * text_matrix[4] + matrix[3] * text_matrix[5] + matrix[5])

    text = page.extract_text(visitor_text=visit)
    above, _, below = (margin / 25.4 * 72 for margin in pdf.MARGINS)
    bottom, top = below, float(page.mediabox.height) - above
    lowest = min((height for height in heights if height >= bottom), default=top)
    return Sheet(squeezed(text), (top - lowest) / (top - bottom))


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
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("’", "'")


def title_of(site: Path, name: str) -> tuple[str, str]:
    """Return number and title of a page of the site, squeezed."""
    page = (site / f"{name}.html").read_text("utf-8")
    heading = re.search(r"<h1>(.*?)<a class", page, re.S)[1]
    number = re.match(r'<span class="section-number">(\d+)', heading)
    words = re.sub(r'<span class="section-number">.*?</span>', "", heading)
    return number[1] if number else "", squeezed(unescape(re.sub(r"<[^>]+>", "", words)))


def test_it_has_a_title_page_and_contents_that_lead_where_they_say(
    printed, sheets, begins, names, site
) -> None:
    first = printed.pages[0].extract_text()
    assert "Deeper, Yet Cheaper" in first
    assert re.search(r"Version \d+\.\d+\.\d+", first)
    assert sheets[1].text.startswith("Contents")
    assert list(begins.values()) == sorted(set(begins.values()))
    assert begins["index"] == 3
    for name in names:
        number, title = title_of(site, name)
        assert f"{number}{title}{begins[name]}" in sheets[1].text, name
    assert sum(title_of(site, name)[0] != "" for name in names) >= 18


def test_each_page_says_its_chapter_and_its_number(sheets, begins, names, site) -> None:
    ends = [*list(begins.values())[1:], len(sheets) + 1]
    for name, end in zip(names, ends, strict=False):
        number, title = title_of(site, name)
        for page in range(begins[name], end):
            said = sheets[page - 1].text
            assert f"{number}{title}" in said[:120] + said[-120:], (name, page)
            assert str(page) in said[:120] + said[-120:], (name, page)


def test_it_is_a_book_of_at_most_200_full_pages(sheets, begins) -> None:
    assert len(sheets) <= 200
    last = {page - 1 for page in begins.values()} | {len(sheets)}
    holes = {
        page: round(sheet.filled, 2)
        for page, sheet in enumerate(sheets, start=1)
        if sheet.filled < FILLED and page not in last and page > 2
    }
    assert len(holes) <= HALF_EMPTY, holes


def test_it_leaves_to_the_site_what_only_serves_there(text, names) -> None:
    assert not any(re.match("assignments|instructors|appendix/package", name) for name in names)
    for only in (
        *("slider", "Movethe", "Dragthe", "clickon", "Showcodecell", "Hidecodecell", "Runthetests"),
        *("gallery.contest", "fromconvcost.pageimportgallery", "Copythelink", "Editandrun"),
        *("thispage", "Yourfunctionhandsnothingback", "Hint1", "Asolutionisshown"),
    ):
        assert only not in text, text[text.find(only) - 80 : text.find(only) + 40]
    # A control says where it stands, a stub is there to be filled in.
    assert "Imageheightandwidth(pixels):224" in text
    assert "Biases:no" in text
    assert "image_rows=..." in text


def test_references_between_chapters_are_links_inside_the_file(printed, names) -> None:
    inside = {link for page in printed.pages for link in links(page)}
    places = {str(name) for name in printed.named_destinations}
    addresses = {link for link in inside if re.match(r"[a-z]+:", link)}
    assert len(inside - addresses) > len(names)
    assert {link for link in inside - addresses if link not in places} == set()
    # None leads to a file of the machine that printed it.
    assert {link for link in addresses if not link.startswith("https://")} == set()


def test_every_figure_is_printed_with_its_caption(text, site, names) -> None:
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


def test_answers_come_at_the_end_of_the_book_in_order(sheets, begins, site, names) -> None:
    first = begins[pdf.ANSWERS] - 1
    asked = "".join(sheet.text for sheet in sheets[:first])
    told = "".join(sheet.text for sheet in sheets[first:])
    place, kinds = 0, {"Quickquestion": 0, "Practice.": 0, "Exercise": 0}
    for name in names:
        page = (site / f"{name}.html").read_text("utf-8")
        questions = re.findall(r'<form class="question".*?</form>', page, re.S)
        titles = re.findall(r'<p class="practice-title"[^>]*>.*?</strong> (.*?)</p>', page)
        exercises = re.findall(r'<summary class="admonition-title">(\d+)\.', page)
        if not (questions or exercises):
            continue
        place = told.index(title_of(site, name)[1], place)
        end = told.find("Chapter", place)
        chapter = told[place : end if end > 0 else len(told)]
        for number, form in enumerate(questions, start=1):
            word = re.search(r'<details><summary>.*?"question-word">(.*?)</span>', form, re.S)[1]
            word = squeezed(unescape(re.sub(r"<[^>]+>", "", word)))[:30]
            assert f"Quickquestion{number}." in chapter, (name, number)
            assert word in chapter, (name, number)
            assert word not in asked, (name, number)
        for title in map(squeezed, map(unescape, titles)):
            assert f"Practice.{title}" in asked, (name, title)
            assert f"Practice.{title}" in chapter, (name, title)
        assert all(f"Exercise{number}." in chapter for number in exercises), name
        kinds["Quickquestion"] += len(questions)
        kinds["Practice."] += len(titles)
        kinds["Exercise"] += len(exercises)
    for kind, count in kinds.items():
        assert told.count(kind) >= count >= 30, kind


def test_it_is_tagged_and_has_an_outline(printed, names) -> None:
    assert printed.trailer["/Root"]["/MarkInfo"]["/Marked"]
    chapters = [entry for entry in printed.outline if not isinstance(entry, list)]
    assert len(chapters) >= len(names)
