"""The page's frame at every width and letter size: nothing covers the text, nothing is cut."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

# A page with a long list of contents.
LONG = "instructors/guide.html"
# A page with figures, questions and folds.
MIXED = "counting/parameters.html"
# The letter sizes are those chosen in the browser's settings, which its media queries go by.
LETTERS_PX = (16, 20, 24)
# In rem: here the theme, and this book's style sheet, change where navigation and contents stand.
STEPS = (60, 80)

# What is wrong with the page as it stands: the navigation, the contents or the row of tools shares
# an area with the article or leaves the screen, or a text is cut by what does not scroll.
WRONG = """() => {
    const found = new Set();
    const seen = (element) => element.checkVisibility({ visibilityProperty: true });
    const screen = document.documentElement.clientWidth;
    const article = document.querySelector(".bd-article").getBoundingClientRect();
    const frame = ".bd-sidebar-primary, .bd-sidebar-secondary, .site-tools";
    for (const part of document.querySelectorAll(frame)) {
        // On a narrow screen the row of tools stays above the text as it is read: see below.
        const sticks = part.matches(".site-tools") && getComputedStyle(part).position === "sticky";
        if (!seen(part) || sticks) continue;
        const { left, right, top, bottom } = part.getBoundingClientRect();
        const width = Math.min(right, article.right) - Math.max(left, article.left);
        const height = Math.min(bottom, article.bottom) - Math.max(top, article.top);
        const faults = {
            "covers the text": width > 0.5 && height > 0.5,
            "leaves the screen": left < -0.5 || right > screen + 0.5,
            "scrolls sideways": part.scrollWidth > part.clientWidth + 1,
        };
        for (const [fault, has] of Object.entries(faults))
            if (has) found.add(`${part.className} ${fault}`);
    }
    if (document.documentElement.scrollWidth > screen) found.add("the page scrolls sideways");
    // Element -> left and right end of what cuts its text, if anything does.
    const edges = new Map([[document.body, null]]);
    const edge = (element) => {
        if (!edges.has(element)) {
            const { overflowX, contain, overflowClipMargin } = getComputedStyle(element);
            const cuts = /hidden|clip/.test(overflowX) || /paint|content|strict/.test(contain);
            const { left, right } = element.getBoundingClientRect();
            const beyond = (parseFloat(overflowClipMargin) || 0) + 1;
            edges.set(element, /auto|scroll/.test(overflowX) ? null
                : cuts ? [left - beyond, right + beyond] : edge(element.parentElement));
        }
        return edges.get(element);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    // For those who listen only.
    const apart = "script, style, noscript, .katex-mathml, .docket thead";
    while (texts.nextNode()) {
        const text = texts.currentNode, home = text.parentElement, ends = edge(home);
        if (!ends || !text.data.trim() || home.closest(apart) || !seen(home)) continue;
        range.selectNodeContents(text);
        const { left, right } = range.getBoundingClientRect();
        if (left < ends[0] || right > ends[1]) found.add(`cut: ${text.data.trim().slice(0, 40)}`);
    }
    return [...found];
}"""
FIRST_LINE = "document.querySelector('h1').getBoundingClientRect().top + scrollY"
LETTERS = "parseFloat(getComputedStyle(document.documentElement).fontSize)"


def test_nothing_covers_or_cuts_the_text(browser: Browser, site: Path, pages: list[str]) -> None:
    """On each page, where its frame is tightest: at both ends, and on either side of each step."""
    # Without scripts figures are pictures, which are not drawn anew at each width.
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    settings = context.new_cdp_session(page)
    wrong: dict[str, list[str]] = {}
    for path in pages:
        page.goto((site / path).as_uri())
        for letters in LETTERS_PX:
            settings.send("Page.setFontSizes", {"fontSizes": {"standard": letters}})
            assert page.evaluate(LETTERS) == letters
            steps = (width for step in STEPS for width in (step * letters - 1, step * letters))
            for width in sorted({900, 1600, *steps}):
                if not 900 <= width <= 1600:
                    continue
                page.set_viewport_size({"width": width, "height": 800})
                for what in page.evaluate(WRONG):
                    wrong.setdefault(f"{path}: {what}", []).append(f"{width} px at {letters}")
    context.close()
    assert not wrong, "\n".join(f"{what} ({', '.join(at)})" for what, at in wrong.items())


def test_contents_never_cover_the_text_while_it_is_read(browser: Browser, site: Path) -> None:
    """At the top of a page and in its midst, from 900 to 1600 px; the title is in sight."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    settings = context.new_cdp_session(page)
    page.goto((site / LONG).as_uri())
    wrong = []
    for letters in LETTERS_PX:
        settings.send("Page.setFontSizes", {"fontSizes": {"standard": letters}})
        for width in range(900, 1601, 50):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
            if page.evaluate(FIRST_LINE) > 400:
                wrong.append((letters, width, "the title stands below the first screen"))
            page.evaluate("scrollTo({ top: 3000, behavior: 'instant' })")
            wrong += [(letters, width, what) for what in page.evaluate(WRONG)]
    context.close()
    assert not wrong


# Telephones, upright and lying, and what a laptop and a telephone show at twice the size.
NARROW = [(390, 844), (320, 568), (844, 390), (640, 450), (195, 422)]
# How much of the screen's top the row of tools covers, and which of its parts can be reached there.
TOOLS = """() => {
    const row = document.querySelector(".site-tools").getBoundingClientRect();
    const reached = [...document.querySelectorAll(".site-tools :is(button, a, summary)")]
        .filter((tool) => tool.checkVisibility() && !tool.closest("ul")).filter((tool) => {
            const { left, right, top, bottom } = tool.getBoundingClientRect();
            const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
            return left >= 0 && right <= innerWidth && tool.contains(there);
        }).map((tool) => tool.ariaLabel ?? tool.textContent.trim());
    return [row.top, row.bottom, reached];
}"""
# Which links and controls of the text the row of tools covers as they take the focus, one after the
# other, down the page and back up.
COVERED = """() => {
    const row = document.querySelector(".site-tools").getBoundingClientRect();
    const asked = "main :is(a[href], button, input, select, summary, [tabindex='0'])";
    const found = [...document.querySelectorAll(asked)].filter((element) =>
        !element.disabled && element.checkVisibility({ visibilityProperty: true }));
    return [...found, ...found.toReversed()].filter((element) => {
        element.focus();
        const { top, height } = element.getBoundingClientRect();
        // What is taller than the screen begins where it can.
        return height < innerHeight - row.bottom && top < row.bottom - 0.5;
    }).map((element) => element.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize(("width", "height"), NARROW)
def test_tools_stay_in_reach_and_cover_nothing_that_is_asked_for(
    page: Page, base_url: str, width: int, height: int
) -> None:
    """On narrow screens: a thin row, below which headings and what has the focus come to stand."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(reduced_motion="reduce")
    page.goto(base_url + MIXED)
    page.evaluate("scrollTo({ top: 4000, behavior: 'instant' })")
    top, bottom, reached = page.evaluate(TOOLS)
    assert (top, bottom <= min(48, height / 7)) == (0, True)
    expected = ["Site navigation", "Search", "Run", "Color theme: as the system", "On this page"]
    assert reached == expected
    for anchor in page.locator("#page-contents a").all()[:4]:
        target = anchor.get_attribute("href")
        page.evaluate("(hash) => { location.hash = ''; location.hash = hash; }", target)
        heading = page.locator(f"section{target} > :is(h2, h3)")
        assert bottom <= heading.bounding_box()["y"] < bottom + 40
    assert page.evaluate(COVERED) == []


def test_the_reader_sees_where_they_are(page: Page, base_url: str) -> None:
    """In a navigation longer than the screen, and in contents longer than it."""
    page.set_viewport_size({"width": 1280, "height": 300})
    page.goto(base_url + LONG)
    expect(page.locator("nav.bd-links li.current > a")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
    contents = page.locator("#page-contents")
    assert contents.evaluate("(list) => list.scrollHeight > list.clientHeight")
    page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    page.wait_for_function("document.querySelector('#page-contents').scrollTop > 0")
    expect(contents.locator("[aria-current=true]")).to_be_in_viewport()


def test_the_next_page_is_announced_with_its_question(page: Page, base_url: str) -> None:
    page.goto(base_url + "networks/resnet.html")
    following = page.get_by_role("link", name="Degradation: when deeper is worse").last
    expect(following).to_contain_text("Why does depth hurt, and how do shortcuts help?")
    expect(page.get_by_role("toolbar")).to_contain_text(re.compile(r"About \d\d.minutes"))
