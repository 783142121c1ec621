"""Find a Chromium for the browser tests, or get one.

``python -m tools.browser`` prints its path. It looks on the PATH and among Playwright's own
downloads; finding none it installs Debian's package (as root, where there is apt-get) or else
Playwright's download; failing that it says in one sentence what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The shell first: it is Chromium without its own windows, and opens a page in a third of the time.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
MACOS_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A page of the site on which all that its scripts do is there: they come after its first paint.
SCRIPTS_THERE = 'html:not([data-scripts="waiting"])'


def find_browser() -> str | None:
    """Return the path of a Chromium that starts, or None.

    The environment variable ``CHROMIUM`` names one to use instead.
    """
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [*map(shutil.which, NAMES), *MACOS_APPS, _playwrights_own()]
    return next((path for path in candidates if path and _starts(path)), None)


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser may be a script that only says "install the snap".
    try:
        command = [path, "--version"]
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> None:
    commands = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        get = "apt-get install -q -y --no-install-recommends"
        # Older releases of Debian have no package of the shell alone.
        commands.append(f"apt-get update -q; {get} chromium-headless-shell || {get} chromium")
    commands.append(f"'{sys.executable}' -m playwright install --with-deps chromium")
    commands.append(f"'{sys.executable}' -m playwright install chromium")
    for command in commands:
        print(f"No Chromium on the PATH; trying: {command}", file=sys.stderr, flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, shell=True, stdout=sys.stderr, env=environment, check=False)
        if find_browser():
            return


def main() -> int:
    """Print the browser's path, installing one first where there is none."""
    if not find_browser():
        _install()
    path = find_browser()
    if not path:
        print(
            "The browser tests need Chromium: install it with your system's package manager so "
            "that 'chromium' or 'google-chrome' is on the PATH, or set CHROMIUM to its path.",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
