"""`make book` with the environment ready: from a clean checkout, and with nothing changed."""

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks._clock import seconds

ROOT = Path(__file__).resolve().parents[1]


def make_book() -> None:
    """Run the command as a reader would, keeping its words for the case that it fails."""
    made = subprocess.run(["make", "book"], cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(made.stdout + made.stderr)


def main() -> None:
    """Print the seconds of both."""
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    cold, warm = seconds(make_book), seconds(make_book)
    print(f"make book, seconds, {os.cpu_count()} cores{'':6}bar")
    print(f"clean checkout {cold:10.1f}   at most 90")
    print(f"nothing changed{warm:10.1f}   at most 8")


if __name__ == "__main__":
    main()
