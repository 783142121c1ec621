"""Run all benchmarks, each in a process of its own."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run every module beside this one; return 1 if one of them could not finish."""
    folder = Path(__file__).parent
    failed = []
    for path in sorted(folder.glob("[!_]*.py")):
        command = [sys.executable, "-m", f"{folder.name}.{path.stem}"]
        print(f"==> {folder.name}/{path.name}", flush=True)
        if subprocess.run(command, cwd=folder.parent, check=False).returncode:
            failed.append(path.name)
        print(flush=True)
    if failed:
        print(f"Not finished: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
