"""Ask every link that leads out of the built site whether it still answers.

``make links`` runs it, and so does a workflow once a week. The tests never do: whether others'
sites answer is no fault of a change to the book.
"""

from __future__ import annotations

import re
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
SECONDS = 30
# Answers of a site that is there but keeps machines out.
GUARDED = {401, 403, 405, 406, 418, 429, 503, 999}


def outside_links(site: Path, own: str) -> dict[str, list[str]]:
    """Return each outside address with the pages that link to it, but for the book's own."""
    found = defaultdict(list)
    for page in sorted(site.rglob("*.html")):
        for link in re.findall(r'<a\b[^>]*\bhref="(https?://[^"#]+)', page.read_text("utf-8")):
            if not unescape(link).startswith(own):
                found[unescape(link)].append(page.relative_to(site).as_posix())
    return dict(found)


def complaint(address: str) -> str:
    """Return what is wrong with an address, or nothing."""
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0 (link check)"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return "" if error.code in GUARDED else f"{error.code} {error.reason}"
    except (urllib.error.URLError, OSError) as error:
        return str(getattr(error, "reason", error))


def main() -> int:
    """Ask all, twice where need be; print those that fail, and where they stand."""
    links = outside_links(
        SITE, yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    )
    with ThreadPoolExecutor(8) as pool:
        failed = [
            link for link, said in zip(links, pool.map(complaint, links), strict=True) if said
        ]
    broken = {link: said for link in failed if (said := complaint(link))}
    for link, said in broken.items():
        print(f"{link}: {said}\n    on {', '.join(sorted(set(links[link])))}")
    print(f"{len(links)} links lead out of the site, {len(broken)} of them to nothing.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
