"""Every page is light, holds still and reads well for everyone, as a browser has it.

The pages are found by walking the site: whatever a later chapter adds is held to the same bars.
"""

import gzip
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, Route

from tests.browser.axe import AXE, MARK_LOOKS, OF_LOOKS, WCAG, violations
from tests.browser.conftest import WATCH_SHIFT, Read
from tests.conftest import find_pages

KB = 1024
# What scrolls within itself does so by keyboard, too; a script sees to it when sizes change.
SCROLLERS_TAKE_THE_FOCUS = """() => [...document.querySelectorAll("main *")].every((e) =>
    !/auto|scroll/.test(getComputedStyle(e).overflowX) || e.scrollWidth <= e.clientWidth + 1
    || e.tabIndex === 0 || !e.checkVisibility())"""


# What is hard to read on white paper: text with a contrast below 4.5 : 1.
# White letters stand on a bar or an area, which is printed.
PALE_ON_PAPER = """() => {
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    for (const element of document.querySelectorAll("main *")) {
        const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
            .map((node) => node.textContent.trim()).join("");
        const seen = { visibilityProperty: true, opacityProperty: true };
        if (!text || !element.checkVisibility(seen)) continue;
        const style = getComputedStyle(element);
        const color = element.ownerSVGElement ? style.fill : style.color;
        const shine = light(color);
        if (1.05 / (shine + 0.05) < 4.5 && !(element.ownerSVGElement && shine > 0.9))
            found.push(`${color} ${text.slice(0, 40)}`);
    }
    return found;
}"""


# The choices whose chosen option looks in none of these ways unlike every other.
NOT_TOLD_APART = """(ways) => {
    const found = [];
    // Of a forced color that is seen through, the canvas behind has the same.
    const look = (element) => ways.map((way) => getComputedStyle(element)[way]
        .replace(/^rgba\\((.*), 0\\)$/, "rgb($1)"));
    const choices = [
        [".live-choice", "label:has(:checked)", "label:not(:has(:checked))"],
        [".live-presets", "[aria-pressed=true]", "[aria-pressed=false]"],
    ];
    for (const [group, one, others] of choices)
        for (const choice of document.querySelectorAll(group)) {
            const chosen = choice.querySelector(one);
            if (!chosen?.checkVisibility()) continue;
            for (const other of choice.querySelectorAll(others)) {
                const looks = look(other);
                if (look(chosen).every((value, k) => value === looks[k]))
                    found.push(`${chosen.textContent} and ${other.textContent}`);
            }
        }
    return found;
}"""
# What takes the focus by keyboard and shows it by nothing that forced colors leave: an outline of
# its own, or that of the label around it.
UNSEEN_FOCUS = """() => {
    const asked = "a[href], button, input, select, summary, [tabindex='0']";
    const seen = (element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    return [...document.querySelectorAll(asked)].filter((element) => {
        if (element.disabled || !element.checkVisibility({ visibilityProperty: true }))
            return false;
        element.focus({ preventScroll: true });
        return document.activeElement === element && element.matches(":focus-visible")
            && !seen(element) && !(element.closest("label") && seen(element.closest("label")));
    }).map((element) => element.outerHTML.slice(0, 120));
}"""
# Where each label of a drawing stands in it, and how code begins: whichever way the page is read.
IN_DRAWINGS = """() => [...document.querySelectorAll("main svg")].flatMap((svg) => {
    const origin = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].map((text) => {
        const { left, right } = text.getBoundingClientRect();
        return [text.textContent, Math.round(left - origin.left), Math.round(right - origin.left)];
    });
})"""

# Which way drawings, code and formulas run.
DIRECTIONS = """() => [...document.querySelectorAll("main :is(svg, pre, code, .katex)")]
    .map((element) => getComputedStyle(element).direction)"""


# ---- What a page weighs, and whether it holds still ---------------------------------------------


@pytest.fixture(scope="module")
def weigh() -> Callable[[Response], int]:
    """Return how to compress what a page loads as hosts do, each file of the site once."""
    weights: dict[str, int] = {}

    def weigh_once(response: Response) -> int:
        if response.url not in weights:
            weights[response.url] = len(gzip.compress(response.body()))
        return weights[response.url]

    return weigh_once


def test_page_is_light_and_holds_still(read_page: Read, weigh: Callable[[Response], int]) -> None:
    """All that a page loads, compressed as hosts do: 350 KB with live figures, 150 without."""
    weights = {r.url: weigh(r) for r in read_page.responses if r.ok}
    live = read_page.page.locator(".live-figure").count()
    limit = 350 if live else 150
    listed = "\n".join(f"{size / KB:8.1f} KB {url}" for url, size in weights.items())
    assert sum(weights.values()) <= limit * KB, listed
    # 0.05 for each start of figures; a page without any has no cause to move at all.
    assert read_page.shift <= 0.05


def test_the_first_paint_waits_for_one_sheet_and_nothing_else(
    read_page: Read, page_path: str
) -> None:
    """Scripts, the figures' states and the fonts in files come after it."""
    if page_path == "search.html":
        return  # it is made by its scripts
    early = read_page.page.evaluate(
        """() => {
            const [{ startTime: painted }] = performance.getEntriesByName("first-contentful-paint");
            return performance.getEntriesByType("resource")
                .filter(({ startTime }) => startTime < painted).map(({ name }) => name);
        }"""
    )
    assert [Path(urlsplit(name).path).name for name in early] == ["site.css"]


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
    """Light and dark, wide and narrow, with figures started.

    Whether text can be read is asked of each look in both themes, and on a narrow screen of looks
    that the wide one has not. All else is asked of both widths, and in one theme: in the other the
    same is shown.
    """
    page = read_page.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    but_of_looks = {"rules": {rule: {"enabled": False} for rule in OF_LOOKS}}
    found: dict[str, list[str]] = {}
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        in_light = ""
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(
                f"innerWidth === {width} && document.documentElement.dataset.theme === '{scheme}'"
            )
            page.wait_for_function(SCROLLERS_TAKE_THE_FOCUS)
            shown, marked = page.evaluate(MARK_LOOKS, scheme)
            in_light = in_light or shown
            assert shown == in_light, "what one theme alone shows, axe has to see there"
            assert marked or width == 390
            seen = violations(page, "[data-new-look]", {"runOnly": OF_LOOKS}) if marked else []
            if scheme == "light":
                seen += violations(page, "html", {"runOnly": WCAG, **but_of_looks})
            for rule, at, why in seen:
                found.setdefault(f"{rule}, {at}\n{why}", []).append(f"{width} px {scheme}")
    assert not found, "\n".join(f"{', '.join(modes)}: {line}" for line, modes in found.items())


def test_forced_colors_leave_focus_and_choices_to_be_seen(read_page: Read) -> None:
    """As in a contrast theme of the reader's system, which takes backgrounds and shadows away.

    How a slider is painted then, test_forced_colors.py looks at.
    """
    page = read_page.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(forced_colors="active", color_scheme="light", reduced_motion="reduce")
    page.keyboard.press("Tab")  # from now on the focus is the keyboard's
    assert page.evaluate(UNSEEN_FOCUS) == []
    ways = ["backgroundColor", "borderTopColor"]
    assert page.evaluate(NOT_TOLD_APART, ways) == []
    page.emulate_media(forced_colors="none")


def test_a_page_read_from_right_to_left_keeps_its_drawings(read_page: Read) -> None:
    """A translation may be: labels stay in their places, code and formulas run as ever."""
    page = read_page.page
    page.emulate_media(media="screen", color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function("innerWidth === 1280")
    before = page.evaluate(IN_DRAWINGS)
    page.evaluate("document.documentElement.dir = 'rtl'")
    after = page.evaluate(IN_DRAWINGS)
    directions = set(page.evaluate(DIRECTIONS))
    wider = page.evaluate("document.documentElement.scrollWidth") > 1280
    page.evaluate("document.documentElement.removeAttribute('dir')")
    assert after == before
    assert directions <= {"ltr"}
    assert not wider


def test_on_paper_stands_what_is_read(read_page: Read) -> None:
    """Printing shows each figure once and its settings in words, and moves the answers to the end.

    That it starts figures that the reader has not come to is held in test_live_figures.py.
    """
    page = read_page.page
    page.emulate_media(media="print", color_scheme="dark")
    asked = page.locator("article :is(form.question, .practice, .predictions, .admonition)")
    said = asked.all_text_contents()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate(PALE_ON_PAPER) == []
    assert page.locator("h1").is_visible()
    for figure in page.locator(".live-figure").all():
        assert figure.locator(".live-stage svg").locator("visible=true").count() == 1
    assert page.evaluate(NOT_TOLD_APART, ["borderTopWidth", "fontWeight"]) == []
    # Code that only draws stays folded, and nothing is there to be pressed.
    for unread in (
        *("details.hide", ".bd-sidebar-primary", ".site-tools", ".copy-button", "article button"),
        *(f".live-control input[type={kind}]" for kind in ("range", "radio", "checkbox")),
        *(":is(form.question, .practice) details", ".on-screen"),
    ):
        assert page.locator(unread).locator("visible=true").count() == 0, unread
    exercises = page.locator("summary.admonition-title", has_text=re.compile(r"^\s*\d+\."))
    answered = page.locator("form.question, .practice, .predictions").count() + exercises.count()
    answers = page.locator("article > .answers:last-child > .answer")
    assert answers.count() == answers.locator("visible=true").count() == answered
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".answers").count() == 0
    assert asked.all_text_contents() == said


def test_page_fits_a_screen_of_320_px(read_page: Read) -> None:
    """Nothing but what scrolls within itself is wider than the screen, all folds open."""
    page = read_page.page
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 320, "height": 640})
    page.wait_for_function("innerWidth === 320")
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


# The size of each static picture, and of its smallest label, in pixels.
PICTURES = """() => [...document.querySelectorAll(".live-picture svg")]
    .filter((svg) => svg.checkVisibility()).map((svg) => {
    const { width, height } = svg.getBoundingClientRect();
    const heights = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim())
        .map((text) => text.getBoundingClientRect().height);
    return { width, height, letters: Math.min(...heights) };
})"""
# The labels of static pictures that can't be read whole: cut by the picture, or by the edge of its
# figure; where the figure scrolls, by the edge of what it can show.
CUT_LABELS = """() => [...document.querySelectorAll(".live-figure")].flatMap((figure) => {
    const place = figure.querySelector(".live-picture");
    const svg = [...place.querySelectorAll("svg")].find((svg) => svg.checkVisibility());
    const scrolls = getComputedStyle(place).overflowX === "auto";
    const box = (scrolls ? place : figure).getBoundingClientRect();
    const end = scrolls ? box.left + place.scrollWidth : box.right;
    const open = getComputedStyle(svg).overflow === "visible"
        && (scrolls || getComputedStyle(place).overflow === "visible");
    return [...svg.querySelectorAll("text")].filter((text) => {
        const { left, right } = text.getBoundingClientRect();
        return text.textContent.trim() && !(open && box.left <= left + 0.5 && right <= end + 0.5);
    }).map((text) => `${figure.id}: ${text.textContent}`);
})"""


SIZES = (("screen", 1280), ("screen", 320), ("print", 700))


def test_no_figure_and_no_formula_is_lost_without_scripts(
    browser: Browser, site: Path, pages: list[str]
) -> None:
    """Each picture has all its labels, in a size to be read, on every screen and on paper."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in pages:
        page.goto((site / path).as_uri())
        drawn = page.locator(".live-picture").count()
        for medium, width in SIZES if drawn else ():
            page.emulate_media(media=medium)
            page.set_viewport_size({"width": width, "height": 800})
            where = f"{path}, {medium}, {width} px"
            for box in page.evaluate(PICTURES):
                assert box["width"] > 200, where
                assert box["height"] > 40, where
                if medium == "screen":
                    assert box["letters"] >= 9, where
            assert page.evaluate(CUT_LABELS) == [], where
        set_once = "(all) => all.every((one) => one.querySelectorAll('.katex-html').length === 1)"
        assert page.locator(".math").evaluate_all(set_once), path
    context.close()
