"""Close the holes that a figure leaves on paper where it does not fit on what is left of a page.

A browser has no floats: what does not fit goes to the next page and leaves the rest of this one
empty. Here a chapter is printed, and where a page ends early, the figure that begins the next one
is made smaller if that suffices; else the text behind it comes first, as in any book.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page
from pypdf import PdfReader

# How much of a page may be left empty, and how small a picture may get, as shares: its letters, 13
# px high on a screen, stay legible.
EMPTY = 0.36
SMALLEST = 0.72
# Behind how many paragraphs a figure may come: more, and it is too far from its place.
MOVES = 2

# Names every block of the text, that is, what stands in a section by itself, and links to it from
# a page at the end, so that the browser notes its place.
NAMED = """
() => {
  const places = document.createElement("nav");
  places.style.breakBefore = "page";
  const section = "section:not(.practice)";
  const blocks = document.querySelectorAll(`:is(${section}, article) > :not(${section})`);
  blocks.forEach((block, k) => {
    block.id ||= `unnamed-${k}`;
    block.dataset.block = "";
    const link = Object.assign(document.createElement("a"), { textContent: ". " });
    link.href = `#${block.id}`;
    places.append(link);
  });
  document.body.append(places);
}
"""
# The text that may come before a block: what follows it, if need be in the section that follows.
NEXT = """
const textBehind = (block) => {
  const next = block.nextElementSibling;
  const text = next?.matches("section:not(.practice)")
    ? next.querySelector(":scope > :is(h2, h3) + p") : next;
  return text?.matches("p, ul, ol, dl, div.math-block") ? text : null;
};
"""
TOO_WIDE = """
() => {
  const root = document.documentElement, title = document.querySelector("h1").textContent;
  if (root.scrollWidth <= root.clientWidth + 1) return null;
  const wide = [...document.querySelectorAll("article *")]
    .findLast((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
  return `In "${title}" what says "${wide?.textContent.trim().slice(0, 60)}"`;
}
"""
BLOCKS = (
    "() => {"
    + NEXT
    + """
  return [...document.querySelectorAll("[data-block]")].map((block) => {
  const drawn = block.matches("figure") || block.querySelector("figure") !== null;
  const picture = drawn ? block.querySelector("svg") : null;
  return {
    name: block.id,
    height: block.getBoundingClientRect().height,
    picture: picture?.getBoundingClientRect().height ?? 0,
    leads: block.matches("h1, h2, h3, h4, p"),
    moves: drawn || block.matches(".practice") || block.querySelector(".question") !== null,
    followed: textBehind(block) !== null,
  };
})
}"""
)
SHRINK = """
([name, height]) => {
  document.getElementById(name).querySelector("svg").style.maxHeight = `${height}px`;
}
"""
# A short line that announces the figure goes with it.
LATER = (
    "(name) => {"
    + NEXT
    + """
  const block = document.getElementById(name), before = block.previousElementSibling;
  const text = textBehind(block);
  const announced = before?.localName === "p" && /^.{0,120}:$/s.test(before.textContent.trim());
  text.style.breakAfter = "auto"; // it announces nothing
  text.after(...(announced ? [before] : []), block);
}"""
)
TEXT = """
() => {
  for (const block of document.querySelectorAll("[data-block]")) {
    delete block.dataset.block;
    if (block.id.startsWith("unnamed-")) block.removeAttribute("id");
  }
  return document.querySelector("article").innerHTML;
}
"""


@dataclass(frozen=True)
class Sheet:
    """The room that text has on a page of paper, in CSS pixels."""

    width: float
    height: float


@dataclass(frozen=True)
class Hole:
    """An empty end of a page, and the blocks that begin the next one, up to what can't break."""

    free: float
    chain: list[dict[str, Any]]


def settled(page: Page, sheet: Sheet) -> tuple[str, int]:
    """Return the text of the chapter that a page of the browser shows, with few holes.

    Parameters
    ----------
    page : Page
        Shows one ``<article>``, in the style of the printed book.
    sheet : Sheet

    Returns
    -------
    text : str
        The article's HTML.
    pages : int
        How many pages it fills.
    """
    page.set_viewport_size({"width": round(sheet.width), "height": round(sheet.height)})
    page.evaluate(NAMED)
    if wide := page.evaluate(TOO_WIDE):
        raise SystemExit(
            f"{wide} is wider than the paper, and the browser would shrink the whole book to fit: "
            "let it break in book/_ext/deeper/styles/print.css."
        )
    tried: set[tuple[str, str]] = set()
    while True:
        reader = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, outline=True)))
        found = holes(page.evaluate(BLOCKS), places(reader), sheet)
        # One at a time: what stands behind it moves.
        if not any(mended(page, hole, tried) for hole in found):
            return page.evaluate(TEXT), len(reader.pages) - 1


def places(reader: PdfReader) -> dict[str, tuple[int, float]]:
    """Return on which page each named place is, and how far down its text, in pixels.

    Chromium 156 reckons a place from the edge of the text, and writes it as if from the paper's.
    """
    found = {}
    for name, target in reader.named_destinations.items():
        page = reader.get_destination_page_number(target)
        height = float(reader.pages[page].mediabox.height)
        found[name.removeprefix("/")] = page, (height - float(target["/Top"])) / 72 * 96
    return found


def holes(
    blocks: list[dict[str, Any]], at: dict[str, tuple[int, float]], sheet: Sheet
) -> list[Hole]:
    """Return the holes of a chapter, in order."""
    found = []
    blocks = [block for block in blocks if block["name"] in at]  # what is not printed has no place
    for k, (last, first) in enumerate(pairwise(blocks), start=1):
        (page, y), (next_page, next_y) = at[last["name"]], at[first["name"]]
        # What stands above the first block of a page is the end of the block before.
        free = sheet.height - y - max(0, last["height"] - next_y)
        if next_page == page + 1 and free > EMPTY * sheet.height:
            leading = next((n for n, block in enumerate(blocks[k:]) if not block["leads"]), 0)
            found.append(Hole(free, blocks[k : k + leading + 1]))
    return found


def mended(page: Page, hole: Hole, tried: set[tuple[str, str]]) -> bool:
    """Do one thing about a hole, and say whether there was one left to try."""
    block = hole.chain[-1]
    name, picture = block["name"], block["picture"]
    # What stands between the blocks: some 20 px each.
    fits = hole.free - sum(b["height"] + 20 for b in hole.chain) + picture
    if picture and SMALLEST * picture <= fits and ("smaller", name) not in tried:
        tried.add(("smaller", name))
        page.evaluate(SHRINK, [name, min(fits, picture)])
        return True
    later = next(k for k in range(1, MOVES + 2) if (f"later {k}", name) not in tried)
    if block["moves"] and block["followed"] and later <= MOVES:
        tried.add((f"later {later}", name))
        page.evaluate(LATER, name)
        return True
    return False
