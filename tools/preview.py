"""Draw the picture that stands for the book where its address is shared.

``python -m tools.preview`` writes book/_ext/deeper/static/preview.png (1200 x 630 pixels) with the
browser of the tests. Two blocks, as high as a network is deep, their areas its multiply-adds.
"""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import sync_playwright

from convcost import measure, units
from convcost.page.palette import COLORS
from tools.browser import FLAGS, find_browser

EXTENSION = Path(__file__).resolve().parents[1] / "book" / "_ext" / "deeper"
NETWORKS = {"vgg19": ("VGG-19", 19, "VGG"), "resnet34": ("ResNet-34", 34, "ResNet")}
PIXELS_PER_LAYER = 12.5
SQUARE_PIXELS_PER_GMAC = 4000


def block(name: str) -> str:
    """Return a network's block, with its name and cost."""
    title, depth, family = NETWORKS[name]
    macs = measure(name).macs
    height = depth * PIXELS_PER_LAYER
    width = macs / 1e9 * SQUARE_PIXELS_PER_GMAC / height
    return (
        f'<div class="network"><div style="width:{width:.0f}px;height:{height:.0f}px;'
        f'background:{COLORS[family]}"></div><p><b>{title}</b><br>{units.macs(macs)}</p></div>'
    )


def card() -> str:
    """Return the picture as a page."""
    font = base64.b64encode((EXTENSION / "vendor/literata/literata-roman.woff2").read_bytes())
    return f"""<!doctype html><style>
    @font-face {{ font-family: Literata; font-weight: 400 700;
      src: url(data:font/woff2;base64,{font.decode()}); }}
    body {{ margin: 0; width: 1200px; height: 630px; box-sizing: border-box; padding: 72px;
      display: flex; justify-content: space-between;
      background: {COLORS["paper"]}; color: {COLORS["ink"]};
      font: 26px/1.4 Literata; }}
    h1 {{ margin: 0 0 32px; font-size: 76px; line-height: 1.1; font-weight: 600; }}
    p {{ margin: 0; }} .why {{ max-width: 460px; color: {COLORS["muted"]}; font-size: 30px; }}
    .networks {{ display: flex; gap: 56px; align-items: flex-end; }}
    .network p {{ margin-top: 16px; white-space: nowrap; }}
    </style><div><h1>Deeper,<br>Yet Cheaper</h1>
    <p class="why">VGG, ResNet and the cost of a convolution</p></div>
    <div class="networks">{"".join(map(block, NETWORKS))}</div>"""


def main() -> None:
    """Draw and write the picture."""
    path = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.set_content(card())
        page.evaluate("document.fonts.ready")
        page.screenshot(path=EXTENSION / "static" / "preview.png")
        browser.close()


if __name__ == "__main__":
    main()
