"""Draw the pictures that stand for the book where it is not: a shared address, and the README.

``python -m tools.preview`` needs the built site. With the browser of the tests it writes two files:

- book/_ext/deeper/static/preview.png (1200 x 630 pixels): two blocks, as high as a network is deep,
  their areas its multiply-adds.
- .github/start-page.png: the first screen of the start page as it is. In it, as text, lies what it
  shows (see `on_the_start_page`), so that a test can tell when it has become old.
"""

from __future__ import annotations

import base64
import io
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, sync_playwright

from convcost import measure, units
from convcost.page import gallery
from convcost.page.palette import COLORS, PALETTE
from tools.browser import FLAGS, SCRIPTS_THERE, find_browser

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "book" / "_ext" / "deeper"
START = ROOT / ".github" / "start-page.png"
SHOWS = "Shows"
"""Key of the text in the start page's picture."""

NETWORKS = {"vgg19": ("VGG-19", 19, "VGG"), "resnet34": ("ResNet-34", 34, "ResNet")}
PIXELS_PER_LAYER = 12.5
SQUARE_PIXELS_PER_GMAC = 4000
SCREEN = {"width": 1280, "height": 900}


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


def on_the_start_page() -> str:
    """Return what the start page's first screen is made of: its words, the figure, the colors.

    The words are those of the source down to the figure; of the figure, what is written into it
    and what it finds.
    """
    source = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    opening = source[source.index("\n# ") : source.index("```{code-cell}")]
    figure = gallery.two_networks(measure)
    rows, finding = figure.state_at(*figure.positions().values())
    written = [row[key] for key in ("title", "depth", "total", "body", "head") for row in rows]
    colors = [f"{role} {PALETTE[role].light}" for role in ("paper", "ink", "VGG", "ResNet")]
    return "\n".join([opening.strip(), finding, *filter(None, written), *colors])


def start_page(browser: Browser) -> bytes:
    """Return the first screen of the start page of the built site, as PNG.

    Raises
    ------
    SystemExit
        If the site is not built, or older than its sources.
    """
    site = ROOT / "_build" / "html"
    if not (site / "index.html").exists():
        raise SystemExit(f"{site} holds no site: run `make book` first.")
    shows = on_the_start_page()
    handler = partial(_Silent, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page(
            viewport=SCREEN, color_scheme="light", reduced_motion="reduce", device_scale_factor=2
        )
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        page.locator(SCRIPTS_THERE).wait_for()
        page.keyboard.press("Shift")  # what opens a page waits for its reader
        page.wait_for_selector(".live-figure .live-chart svg")
        page.evaluate("document.fonts.ready")
        found = page.locator(".live-finding").first.inner_text()
        if " ".join(found.split()) not in shows:  # a number and its unit are held together
            raise SystemExit(f"The site says {found!r}, its sources do not: run `make book` first.")
        shot = page.screenshot()
        page.close()
        server.shutdown()
    info = PngInfo()
    info.add_itxt(SHOWS, shows)
    written = io.BytesIO()
    # Few colors: a third of the size, and nobody sees it.
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(
        written, "PNG", optimize=True, pnginfo=info
    )
    return written.getvalue()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def replaced(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    half = path.with_suffix(".half")
    half.write_bytes(content)
    half.replace(path)


def main() -> None:
    """Draw and write the pictures."""
    path = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.set_content(card())
        page.evaluate("document.fonts.ready")
        replaced(EXTENSION / "static" / "preview.png", page.screenshot())
        page.close()
        replaced(START, start_page(browser))
        browser.close()


if __name__ == "__main__":
    main()
