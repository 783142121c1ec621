"""Citations and terms say what they are: by mouse, by keyboard, by finger, and without scripts."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect

from convcost.page.bibliography import read_works
from tests.browser.axe import AXE, WCAG

RESNET = "networks/resnet.html"
BIB = Path(__file__).parents[2] / "book" / "references.bib"
LINKS = "a[href*='glossary.html#term-'], a[href*='references.html#']"


@pytest.fixture(scope="module")
def cards(site: Path) -> dict[str, str]:
    text = (site / "_static" / "cards-data.js").read_text("utf-8")
    return json.loads(text.removeprefix("globalThis.CARDS=").rstrip(";\n"))


def card(page: Page) -> Locator:
    return page.locator(".card")


def cited(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("link", name="He et al., 2016a").first


def term(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("link", name="residual block").first


# ---- What is on the pages -----------------------------------------------------------------------


def test_every_citation_is_called_by_authors_and_year(site: Path, pages: list[str]) -> None:
    labels = {work.label for work in read_works(BIB).values()}
    found = set()
    for path in pages:
        page = BeautifulSoup((site / path).read_text("utf-8"), "html.parser")
        found |= {link.get_text() for link in page.select(".bibtex-citation a")}
    assert len(found) > 40
    assert found <= labels
    references = BeautifulSoup(
        (site / "appendix/references.html").read_text("utf-8"), "html.parser"
    )
    assert {
        label.get_text().strip("[]") for label in references.select(".citation .label")
    } == found


def test_every_citation_and_every_term_has_its_card(
    site: Path, pages: list[str], cards: dict[str, str]
) -> None:
    for path in pages:
        text = (site / path).read_text("utf-8")
        page = BeautifulSoup(text, "html.parser")
        wanted = {link["href"].partition("#")[2] for link in page.select("main " + LINKS)}
        assert wanted <= set(cards), path
        if wanted:
            assert "cards.js?" in text.partition("</head>")[0], path
        # A browser's own box would stand over the card.
        assert not page.select(".bibtex-citation a[title]"), path


def test_cards_are_made_of_the_bibliography_and_the_glossary(
    site: Path, cards: dict[str, str]
) -> None:
    text = {name: BeautifulSoup(html, "html.parser").get_text(" ") for name, html in cards.items()}
    works = read_works(BIB).values()
    for name, said in text.items():
        if not name.startswith("term-"):
            (work,) = [w for w in works if w.title in said and w.authors[0] in said]
            assert work.published in said
    glossary = BeautifulSoup((site / "appendix/glossary.html").read_text("utf-8"), "html.parser")
    terms = {dt["id"] for dt in glossary.select("dt[id]")}
    assert terms == {name for name in cards if name.startswith("term-")}
    assert {
        "term-roofline",
        "term-launch",
        "term-arithmetic-intensity",
        "term-ridge-point",
    } <= terms
    assert "copied, or projected" in text["term-shortcut"]
    # A formula would need a style sheet that not every page has; a name stands on a page once.
    assert not [name for name, html in cards.items() if "katex" in html or " id=" in html]


# ---- By mouse and by keyboard -------------------------------------------------------------------


def test_a_card_opens_on_hover_can_be_pointed_at_and_is_dismissed(
    page: Page, base_url: str
) -> None:
    """WCAG 1.4.13: hoverable, dismissible, persistent."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(base_url + RESNET)
    assert not [url for url in asked if "cards-data" in url]  # no page carries what nobody asks
    cited(page).hover()
    expect(card(page)).to_contain_text("Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun")
    expect(card(page)).to_contain_text("Deep Residual Learning for Image Recognition")
    expect(card(page)).to_contain_text("2016")
    address = card(page).get_by_role("link", name="arxiv.org/abs/1512.03385")
    address.hover()
    page.wait_for_timeout(600)  # longer than a card stays without the pointer
    expect(address).to_have_attribute("href", "https://arxiv.org/abs/1512.03385")
    expect(address).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page)).to_have_count(0)
    term(page).hover()
    expect(card(page)).to_contain_text("A block whose input is added to its output")
    page.get_by_role("heading", level=1).hover()
    expect(card(page)).to_have_count(0)


def test_a_card_is_read_and_walked_through_by_keyboard(page: Page, base_url: str) -> None:
    page.goto(base_url + RESNET)
    before = cited(page).evaluate_handle(
        """(link) => { const all = [...document.querySelectorAll("main :is(a, button, summary)")]
            .filter((element) => element.checkVisibility());
            return all[all.indexOf(link) - 1]; }"""
    )
    before.as_element().focus()
    page.keyboard.press("Tab")
    expect(cited(page)).to_be_focused()
    expect(card(page)).to_be_visible()
    expect(cited(page)).to_have_accessible_description(re.compile("Deep Residual Learning"))
    page.keyboard.press("Tab")
    expect(card(page).get_by_role("link", name="arxiv.org/abs/1512.03385")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card(page)).to_have_count(0)
    expect(cited(page)).to_be_focused()
    assert cited(page).get_attribute("aria-describedby") is None


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_card_stays_on_the_screen_and_axe_finds_nothing(
    page: Page, base_url: str, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 600})
    page.goto(base_url + RESNET)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for link in (cited(page), term(page)):
        link.scroll_into_view_if_needed()
        link.focus()
        page.keyboard.press("Shift")  # from now on the focus is the keyboard's
        link.hover()
        expect(card(page)).to_be_visible()
        box = card(page).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 600
        violations = page.evaluate(
            "async (tags) => (await axe.run('.card', { runOnly: tags })).violations", WCAG
        )
        assert violations == []
        page.keyboard.press("Escape")


# ---- By finger, without scripts, from a folder --------------------------------------------------


def test_a_tap_shows_the_card_and_the_next_one_follows_the_link(
    browser: Browser, base_url: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(base_url + RESNET)
    cited(page).tap()
    expect(card(page)).to_contain_text("Deep Residual Learning")
    assert page.url == base_url + RESNET
    page.get_by_role("heading", level=1).tap()
    expect(card(page)).to_have_count(0)
    term(page).tap()
    more = card(page).get_by_role("link", name="In the glossary")
    assert more.get_attribute("href").endswith("appendix/glossary.html#term-residual-block")
    cited(page).tap()
    expect(card(page)).to_contain_text("Deep Residual Learning")
    cited(page).tap()
    page.wait_for_url(re.compile("appendix/references.html#"))
    context.close()


def test_a_link_that_has_no_card_is_followed(browser: Browser, base_url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.route("**/cards-data.js*", lambda route: route.abort())
    page.goto(base_url + RESNET)
    cited(page).tap()
    page.wait_for_url(re.compile("appendix/references.html#"))
    context.close()


def test_cards_come_from_a_folder_too(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / RESNET).as_uri())
    page.get_by_role("main").get_by_role("link", name="batch norm").first.hover()
    expect(card(page)).to_contain_text("It has two parameters and two statistics")
    card(page).get_by_role("link", name="Counting parameters").click()
    page.wait_for_url((site / "counting/parameters.html").as_uri())
    page.close()


def test_without_scripts_a_citation_leads_to_the_references(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / RESNET).as_uri())
    cited(page).click()
    expect(page.locator(":target")).to_contain_text("Deep residual learning for image recognition")
    context.close()
