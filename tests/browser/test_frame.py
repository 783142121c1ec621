"""The page's frame at every width and letter size: navigation and contents never cover the text."""

import pytest

from tools.browser import FLAGS

# A page with a long list of contents, and without figures, which would be drawn at each width anew.
PAGE = "instructors/guide.html"

# What covers the text: the area that an element shares with the article's own, in pixels.
COVERED = """() => {
    const text = document.querySelector(".bd-article").getBoundingClientRect();
    const found = [];
    for (const part of document.querySelectorAll(".bd-sidebar-primary, .bd-sidebar-secondary")) {
        if (!part.checkVisibility({ visibilityProperty: true })) continue;
        const box = part.getBoundingClientRect();
        const width = Math.min(box.right, text.right) - Math.max(box.left, text.left);
        const height = Math.min(box.bottom, text.bottom) - Math.max(box.top, text.top);
        if (width > 0.5 && height > 0.5) found.push(part.className);
    }
    return found;
}"""
FIRST_LINE = "document.querySelector('h1').getBoundingClientRect().top + scrollY"


@pytest.mark.parametrize("letter_px", [16, 18, 20, 24])
def test_nothing_covers_the_text_at_any_width(browser, browser_path, site, letter_px):
    """900 to 1600 px wide, at the top of a page and in its midst; the title is on the first screen.

    The letter size is the one chosen in the browser's settings, which its media queries go by.
    """
    settings = [*FLAGS, f"--blink-settings=defaultFontSize={letter_px}"]
    other = browser.browser_type.launch(executable_path=browser_path, args=settings)
    page = other.new_page(viewport={"width": 900, "height": 800})
    page.goto((site / PAGE).as_uri())
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    assert page.evaluate(size) == letter_px
    wrong = []
    for width in range(900, 1601, 20):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        if page.evaluate(FIRST_LINE) > 400:
            wrong.append((width, "the title stands below the first screen"))
        page.evaluate("scrollTo({ top: 3000, behavior: 'instant' })")
        wrong += [(width, part) for part in page.evaluate(COVERED)]
    other.close()
    assert not wrong
