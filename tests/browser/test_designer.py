"""The page on designing a network: addresses, presets, pin, challenges, and the cell in Python.

That the page computes what Python computes, at other settings, is held in
``tests/unit/page/gallery/test_every_figure.py``, and that torch has the same costs in
``test_random_designs.py``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect

from convcost import ModelCost, NetworkSpec, build, measure
from convcost.page.gallery import _designer_setting as setting
from tests.browser.conftest import complaints, watch
from tests.unit.page.gallery.figures import machines

PAGE = "designer.html"
FIGURE = "fig-designer"
MACHINES = machines()


def opened(page: Page, address: str) -> Locator:
    """Open an address anew and return the figure, started."""
    page.goto("about:blank")
    page.goto(address)
    figure = page.locator(f"#{FIGURE}")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-live", "yes", timeout=30_000)
    return figure


def finding(figure: Locator) -> str:
    return figure.locator(".live-finding > span").inner_text().replace("\xa0", " ")


def control(figure: Locator, name: str) -> Locator:
    return figure.locator(f"#{FIGURE}-{name}")


def change(figure: Locator) -> Locator:
    return figure.locator(".live-change")


# ---- A setting is an address --------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_setting_is_an_address(page: Page, base_url: str, site: Path, scheme: str) -> None:
    """Under a prefix and from a folder; a click and a key write it, and it opens the same."""
    root = base_url if scheme == "http" else site.as_uri() + "/"
    figure = opened(page, root + PAGE)
    assert "#" not in page.url
    figure.get_by_role("button", name="ResNet-152").click()
    control(figure, "padded").scroll_into_view_if_needed()
    control(figure, "base").press("ArrowLeft")
    page.wait_for_url("**base=56**")
    said = finding(figure)
    assert "152 layers" in said
    assert "blocks3=36" in page.url
    assert finding(opened(page, page.url)) == said
    # An address is followed within the page, too.
    page.evaluate("location.hash = location.hash.replace('base=56', 'base=64')")
    expect(change(figure)).to_have_text(re.compile("^Base width .* 56 → 64: "))


def test_the_link_can_be_copied(browser: Browser, base_url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    figure = opened(page, base_url + PAGE)
    figure.get_by_role("button", name="VGG C").click()
    expect(figure.get_by_role("button", name="VGG C")).to_have_attribute("aria-pressed", "true")
    figure.get_by_role("button", name="Copy the link").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{base_url}{PAGE}#{FIGURE}?family=vgg&")
    said = finding(figure)
    assert finding(opened(page, copied)) == said
    context.close()


# A bad setting -> what is said of it.
REFUSED = {
    "family=vit": "family=vit, but “Family” is one of vgg, plain, basic, bottleneck",
    "base=63": "base=63, but “Base width (channels)” goes from 8 to 128 in steps of 8",
    "batch=": "batch=, but “Images in a batch” is one of 1, 2, 4",
    "blocks1=2&kernel=3": "sets “kernel”, but no control here has that name",
}


def test_a_bad_address_is_refused_in_one_sentence(page: Page, base_url: str) -> None:
    """As the page opens, and within it."""
    as_it_was = finding(opened(page, base_url + PAGE))
    first, *others = REFUSED
    figure = opened(page, f"{base_url}{PAGE}#{FIGURE}?{first}")
    note = figure.locator(".live-note")
    expect(note).to_contain_text(REFUSED[first])
    assert finding(figure) == as_it_was
    for query in others:
        page.evaluate("(hash) => { location.hash = hash; }", f"{FIGURE}?{query}")
        expect(note).to_contain_text(REFUSED[query])
        assert finding(figure) == as_it_was
    control(figure, "blocks2").press("ArrowRight")
    expect(note).to_be_hidden()


# ---- What a move changed, and what is pinned ----------------------------------------------------


def test_a_move_is_told_in_words(page: Page, base_url: str) -> None:
    """One block more in stage 3 of ResNet-18: two convolutions of 256 channels on 14 x 14."""
    figure = opened(page, base_url + PAGE)
    control(figure, "blocks3").press("ArrowRight")
    weights = 2 * 9 * 256 * 256
    said = f"+1 block in stage 3: +{(weights + 4 * 256) / 1e6:.2f} M parameters, "
    said += f"+{weights * 14 * 14 / 1e6:.0f} M multiply-adds, "
    expect(change(figure)).to_have_text(re.compile("^" + re.escape(said)))
    expect(figure.locator(".live-status")).to_have_text(re.compile("^" + re.escape(said)))
    # As long as one control is moved, that is one move, and the way back is told as such.
    control(figure, "blocks3").press("ArrowRight")
    expect(change(figure)).to_contain_text("+2 blocks in stage 3")
    control(figure, "blocks3").press("ArrowLeft")
    control(figure, "blocks3").press("ArrowLeft")
    expect(change(figure)).to_have_text("Back where it was.")
    control(figure, "optimizer").press("ArrowDown")
    expect(change(figure)).to_have_text(re.compile("^Optimizer: Adam: .* for training"))


def test_a_pinned_network_is_compared_stage_by_stage(page: Page, base_url: str) -> None:
    figure = opened(page, base_url + PAGE)
    figure.get_by_role("button", name="ResNet-34").click()
    expect(figure.locator(".live-finding > span")).to_contain_text("34 layers")
    figure.locator(".live-numbers > summary").click()

    def column(heading: str) -> list[str]:
        headings = figure.locator(".live-numbers thead th").all_inner_texts()
        cells = figure.locator(f"tbody tr > :nth-child({headings.index(heading) + 1})")
        return cells.all_inner_texts()

    costs = column("Multiply-adds")
    assert set(column("Pinned: multiply-adds")) == {"–"}
    figure.get_by_role("button", name="Pin to compare").click()
    figure.get_by_role("button", name="plain-34").click()
    expect(figure.locator(".live-pinned")).to_contain_text("residual, basic blocks 3-4-6-3")
    expect(figure.locator(".live-finding > span")).to_contain_text("34 layers, 21.6 M parameters")
    stages = [pinned for pinned in column("Pinned: multiply-adds")[:7] if pinned != "0"]
    assert stages == [cost for cost in costs[:7] if cost != "–"]
    assert column("Multiply-adds") != costs
    figure.get_by_role("button", name="Remove the pin").click()
    expect(figure.locator(".live-pinned")).to_be_empty()
    assert set(column("Pinned: multiply-adds")) == {"–"}


# ---- Challenges ---------------------------------------------------------------------------------


def moved(start: str, **values: Any) -> str:
    """Return the query of a preset with other positions."""
    made = setting.controls(MACHINES)
    return "&".join(
        f"{name}={position_word(made[name], value)}"
        for name, value in {**setting.preset(start), **values}.items()
    )


def position_word(widget: Any, value: Any) -> str:
    return re.sub("[^a-z0-9.]+", "-", str(value).lower()).strip("-")


@pytest.mark.parametrize(
    ("number", "start", "name", "keys"),
    [
        (0, moved("paper/resnet-50", eighths=3), "eighths", ["ArrowLeft"]),
        (1, moved("paper/vgg-d"), "head", ["ArrowUp"]),
        (2, moved("paper/resnet-152", eighths=2), "blocks4", ["ArrowRight"]),
        (3, moved("paper/resnet-50", eighths=3, batch=64), "batch", ["ArrowLeft"]),
    ],
)
def test_a_challenge_answers_as_it_is_met_and_is_remembered(
    page: Page, base_url: str, number: int, start: str, name: str, keys: list[str]
) -> None:
    figure = opened(page, f"{base_url}{PAGE}#{FIGURE}?{start}")
    challenge = figure.locator(".live-goals li").nth(number)
    expect(challenge).to_have_attribute("data-state", "open")
    for key in keys:
        control(figure, name).press(key)
    expect(challenge).to_contain_text(re.compile(r"Met\. .*Given up: "))
    expect(figure.locator(".live-status")).to_have_text(re.compile("^Challenge met: "))
    figure = opened(page, base_url + PAGE)
    again = figure.locator(".live-goals li").nth(number)
    expect(again).to_contain_text(re.compile(r"Met before\. .*Given up: "))
    assert figure.locator(".live-goals [data-state=kept]").count() >= 1


# ---- Settings that are no network, controls without effect --------------------------------------


def test_a_setting_that_is_no_network_is_a_lesson(page: Page, base_url: str) -> None:
    """VGG-16 without padding on 64 pixels: its fourth stage gets a map of 1 x 1."""
    query = moved("paper/vgg-d", padded=False, image_height=64, image_width=64)
    figure = opened(page, f"{base_url}{PAGE}#{FIGURE}?{query}")
    figure.locator(".live-numbers > summary").click()
    rows = [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]
    with_map = [row[0] for row in rows[:7] if row[4] != "–"]
    assert with_map == ["stage 1", "stage 2", "stage 3"]
    said = re.fullmatch(
        r"Not a network: in stage 4 the map shrinks below 1 × 1\. The image must be at least "
        r"(\d+) × \1\.",
        finding(figure),
    )
    assert said
    assert figure.locator(".live-chart svg").get_by_text("no map").count() == 3
    # It says what is true: so many pixels are enough, and one less is not.
    for less, works in ((0, True), (1, False)):
        side = int(said[1]) - less
        spec = setting.spec(
            **{**setting.preset("paper/vgg-d"), "padded": False, "image_height": side,
               "image_width": side}
        )  # fmt: skip
        assert runs(spec) == works


def runs(spec: NetworkSpec) -> bool:
    with torch.device("meta"):
        network = build(spec)
        try:
            network(torch.empty(1, 3, spec.in_height, spec.in_width))
        except RuntimeError:
            return False
    return True


def test_a_control_without_effect_is_off_and_says_why(page: Page, base_url: str) -> None:
    figure = opened(page, base_url + PAGE)
    figure.get_by_role("button", name="VGG A").click()
    shortcut = figure.get_by_label("Shortcut")
    expect(shortcut).to_be_disabled()
    expect(shortcut).to_have_accessible_description("for residual networks")
    expect(figure.get_by_label("Padding keeps the size of maps")).to_be_enabled()
    figure.get_by_role("button", name="ResNet-101").click()
    expect(shortcut).to_be_enabled()
    expect(shortcut).to_have_accessible_description("")


# ---- The same in PyTorch ------------------------------------------------------------------------


def test_the_cell_builds_the_same_network(page: Page, base_url: str) -> None:
    """What it says it will give, it gives."""
    figure = opened(page, base_url + PAGE)
    figure.get_by_text("Show me in PyTorch").click()
    for preset in ("VGG C", "ResNet-50", "CIFAR ResNet-20"):
        button = figure.get_by_role("button", name=preset, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        code = figure.locator(".live-code code").inner_text()
        known: dict[str, Any] = {}
        with torch.device("meta"):
            exec(code, known)
        cost: ModelCost = known["cost"]
        said = f"# ({cost.params:,}, {cost.macs:,}, {cost.activations:,})"
        assert code.splitlines()[-1] == said, preset
        original = measure(
            setting.PRESETS[preset], (1, 3, known["spec"].in_height, known["spec"].in_width)
        )
        assert (cost.params, cost.macs) == (original.params, original.macs), preset


# ---- By keyboard, on a telephone ----------------------------------------------------------------


def test_keys_alone_lead_through_it_in_a_sensible_order(page: Page, base_url: str) -> None:
    """Presets, pin, link, then each control with its name, then challenges' code and numbers."""
    figure = opened(page, base_url + PAGE)
    figure.get_by_role("button", name="VGG A").focus()
    names = []
    while page.evaluate(f"document.activeElement.closest('#{FIGURE}') !== null"):
        names.append(
            page.evaluate(
                """() => {
                    const at = document.activeElement, named = at.labels?.[0] ?? at;
                    return named.textContent.trim() || at.ariaLabel;
                }"""
            )
        )
        page.keyboard.press("Tab")
    assert all(names)
    presets, made = [*setting.PRESETS], setting.controls(MACHINES)
    assert names[: len(presets)] == presets
    assert names[len(presets) : len(presets) + 2] == ["Pin to compare", "Copy the link"]
    enabled = [one.description for name, one in made.items()
               if name not in ("pointwise", "padded", "stride_in")]  # fmt: skip
    assert [name for name in names if name in enabled] == enabled
    assert names[-2:] == ["Show me in PyTorch", "Numbers"]


def test_groups_fold_on_a_telephone_and_the_last_move_stays_in_sight(
    browser: Browser, base_url: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    watch(page, base_url)
    figure = opened(page, base_url + PAGE)
    groups = figure.locator(".live-group")
    assert [group.get_attribute("open") for group in groups.all()] == ["", None, None, None]
    control(figure, "blocks2").press("ArrowRight")
    control(figure, "blocks2").scroll_into_view_if_needed()
    expect(change(figure)).to_contain_text("+1 block in stage 2")
    expect(change(figure)).to_be_in_viewport()
    context.close()
    assert complaints(page) == []
