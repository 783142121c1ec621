"""What a live figure writes into a page: complete without scripts, and labeled."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

from convcost.page.live.tracing import formatted, text
from tests.unit.page.small_figures import VIEW, figure, html_of, slider, tabulated, with_bench


class Tags(HTMLParser):
    """Collects tags with their attributes, and checks that all are closed in order."""

    VOID = frozenset({"input", "rect", "path", "line"})

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.children = [], [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if len(self.open) == 1:
            self.children.append(tag)
        if tag != "input":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def find(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_html_is_complete_without_scripts():
    html = html_of(tabulated())
    tags = Tags(html)
    (outer,) = tags.find("figure")
    assert outer["id"] == "fig-test"
    (svg,) = tags.find("svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == "VGG at 64 with 3 × 3: 0.3, 1, True."
    assert "<span>VGG at 64 with 3 × 3: 0.3, 1, True.</span>" in html
    assert '<th scope="row">VGG 0</th><td class="live-number">192</td>' in html
    assert tags.children[-1] == "figcaption"  # a figcaption must be first or last
    assert '"model_id"' in re.search(rf'<script type="{re.escape(VIEW)}">(.*?)</script>', html)[1]


def test_for_paper_it_says_what_two_other_settings_show():
    def otherwise(shown):
        (finding,) = (tag for tag in Tags(html_of(shown)).find("p") if "data-otherwise" in tag)
        return json.loads(finding["data-otherwise"])

    # Sliders at their far ends, before any control gets a second word.
    assert otherwise(tabulated()) == [
        ["Kernel: 7", "VGG at 64 with 7 × 7: 0.3, 1, True."],
        ["Scale: 0.70", "VGG at 64 with 3 × 3: 0.7, 1, True."],
    ]
    # Nothing where nothing else is found, nor of one control of many.
    assert otherwise(figure()) == []
    assert otherwise(with_bench()) == []


def test_every_input_has_a_label_and_waits_for_the_script():
    tags = Tags(html_of(tabulated()))
    labeled = {label["for"] for label in tags.find("label") if "for" in label}
    inputs = tags.find("input") + tags.find("select")
    assert len(inputs) == 3 + 1 + 2 + 1
    for attributes in inputs:
        assert "disabled" in attributes
        # Radio buttons stand within their label, in a fieldset with a legend.
        assert attributes.get("type") == "radio" or attributes["id"] in labeled
    assert len(tags.find("fieldset")) == len(tags.find("legend")) == 1
    texts = [attributes.get("aria-valuetext") for attributes in tags.find("input")]
    assert texts[:3] == ["3", "0.30", "64"]


def test_the_button_of_a_slider_that_plays_waits_for_the_script():
    html = html_of(figure(plays="kernel"))
    (button,) = Tags(html).find("button")
    assert button["type"] == "button"
    assert "disabled" in button
    assert not Tags(html_of(figure())).find("button")


def test_figures_on_one_page_share_no_id():
    """Clipped marks make Vega define ids: the same in each picture."""
    html = html_of(figure()) + html_of(figure(name="fig-other"))
    ids = Counter(re.findall(r'\bid="([^"]*)"', html))
    assert len(ids) > 4
    assert set(ids.values()) == {1}
    for reference in re.findall(r"url\(#([^)]*)\)", html):
        assert reference in ids


def test_text_is_escaped():
    odd = '<b> & "quotes" \'</script>'
    html = html_of(figure(caption=odd, finding=lambda kernel: odd, columns={"name": odd}))
    tags = Tags(html)
    assert not tags.find("b")
    assert tags.find("svg")[0]["aria-label"] == odd


def test_the_html_shows_where_the_controls_stand():
    shown = figure(finding=lambda kernel: f"Kernel {kernel}.", controls={"kernel": slider()})
    shown.controls["kernel"].value = 7
    assert "<span>Kernel 7.</span>" in html_of(shown)
    assert 'value="7"' in html_of(shown)


def test_room_is_kept_for_the_longest_finding():
    by_table = figure(finding=lambda kernel: "long" * kernel)
    assert f'data-longest="{"long" * 7}"' in html_of(by_table)
    by_formula = figure(
        finding=lambda kernel: text(formatted(10**3 * kernel * kernel, ",")), traced=True
    )
    assert 'data-longest="49,000"' in html_of(by_formula)


def test_a_figure_that_waits_has_a_picture_for_a_telephone_too():
    wide, narrow = Tags(html_of(figure(waits=True))).find("svg")
    assert wide["aria-label"] == narrow["aria-label"]
    assert float(narrow["width"]) <= 340 < float(wide["width"])
    assert "data-waits" in html_of(figure(waits=True))
    assert "data-waits" not in html_of(figure())
