"""Find bubblewrap, which shuts submissions in when they are graded, or get it.

``python -m tools.bubblewrap`` prints its path. Where there is none on the PATH, it installs
Debian's package (as root, where there is apt-get); failing that it says in one sentence what to
install. Without bubblewrap the tests of what it alone can do are skipped, each by name, so this
never fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def main() -> int:
    """Print the path of bwrap, installing it first where there is none."""
    if not shutil.which("bwrap") and shutil.which("apt-get") and os.geteuid() == 0:
        command = "apt-get update -q && apt-get install -q -y --no-install-recommends bubblewrap"
        print(f"No bwrap on the PATH; trying: {command}", file=sys.stderr, flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, shell=True, stdout=sys.stderr, env=environment, check=False)
    path = shutil.which("bwrap")
    if path:
        print(path)
    else:
        print(
            "Without bubblewrap, tests of how submissions are shut in are skipped: install it on "
            "Linux with your system's package manager so that 'bwrap' is on the PATH.",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
