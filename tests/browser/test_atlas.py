"""The atlas on its page: a name is found, the table sorted, the numbers taken away."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from experiments.atlas import PATH


def test_a_name_is_found_and_the_table_sorted_by_keyboard(page: Page, base_url: str) -> None:
    page.goto(base_url + "networks/atlas.html")
    figure = page.locator("#fig-atlas")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-live", "yes")
    # Less the rims, which set names off from the points below them.
    names = figure.locator(".live-chart text:not([stroke])").filter(has_text="densenet")
    search = figure.get_by_label("Network to find")

    search.press_sequentially("DenseNet16")
    expect(names).to_have_text(["densenet161", "densenet169"])
    search.fill("densenet")
    expect(names).to_have_count(0)  # four names would hide one another
    expect(figure.locator(".live-chart text").filter(has_text="4 networks found")).to_have_count(1)
    search.fill("EfficientNet-B0")
    plain = figure.locator(".live-chart text:not([stroke])")
    expect(plain.filter(has_text="efficientnet_b0")).to_have_count(1)
    search.fill("VGG-16")
    expect(plain.filter(has_text="2 networks found")).to_have_count(1)  # one with batch norm
    search.fill("zzzz")
    expect(
        figure.locator(".live-chart text").filter(has_text="no name contains this")
    ).to_have_count(1)
    search.fill("")

    figure.locator("summary").press("Enter")
    heading = figure.get_by_role("columnheader", name="Multiply-adds")
    heading.get_by_role("button").press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    first = figure.locator("tbody tr").first
    expect(first.get_by_role("rowheader")).to_have_text("shufflenet_v2_x0_5")
    heading.get_by_role("button").press("Space")
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(first.get_by_role("rowheader")).to_have_text("vit_h_14")

    # The order stays while the image grows, and what can't be measured comes last.
    figure.get_by_label("Image height and width").fill("1")
    expect(figure.locator("tbody tr").last).to_contain_text("too small")


def test_the_numbers_can_be_taken_away(page: Page, base_url: str, tmp_path: Path) -> None:
    page.goto(base_url + "networks/atlas.html")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="atlas.csv").click()
    waiting.value.save_as(tmp_path / "atlas.csv")
    with (tmp_path / "atlas.csv").open(newline="", encoding="utf-8") as taken:
        assert len(list(csv.reader(taken))) > 1000
    assert (tmp_path / "atlas.csv").read_bytes() == PATH.read_bytes()


def test_a_point_tells_its_row(page: Page, base_url: str) -> None:
    page.goto(base_url + "networks/atlas.html")
    figure = page.locator("#fig-atlas")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-live", "yes")
    figure.get_by_label("Network to find").fill("alexnet")
    ring = figure.locator(".layer_1_marks path:not([stroke-opacity='0'])")
    place = ring.get_attribute("transform")
    figure.locator(f".layer_2_marks path[transform='{place}']").hover()
    tip = figure.locator(".live-tooltip")
    expect(tip).to_contain_text("Multiply-adds 714,188,480")  # 0.71 GFLOPS in torchvision
    expect(tip).to_contain_text("Network alexnet")
