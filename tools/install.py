"""Put the locked dependencies of some groups into .venv.

``python3 -m tools.install book`` makes .venv with the Python that runs it, or reuses it. A stamp,
written last, says for which locks the environment is complete; one without a stamp, or with
another lock's, is thrown away and made anew. So whatever interrupts an install, the next one does
not build on its remains.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
GROUPS = ("run", "book", "grade", "test")  # each lock contains the one before it

# What a torchvision without its operators needs; a copy of it goes into .venv, under this name.
REMEDY = ROOT / "src" / "convcost" / "architectures" / "_torchvision.py"
REMEDY_NAME = "_torchvision_remedy"

OLDEST, NEWEST = (3, 11), (3, 13)
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS_TO_ANSWER = 5


def digest(*paths: Path) -> str:
    """Return a hash of some files' contents."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def locks_up_to(group: str) -> list[Path]:
    """Return the lock of a group and those below it, lowest first."""
    names = GROUPS[: GROUPS.index(group) + 1]
    return [ROOT / "requirements" / f"{name}.txt" for name in names]


def wanted_stamp(group: str) -> dict[str, str]:
    """Return what the stamp of a complete environment says."""
    return {
        "python": sys.version,
        "folder": str(ROOT),  # the scripts in .venv/bin name it
        "package": digest(ROOT / "pyproject.toml", REMEDY),
        **{path.stem: digest(path) for path in locks_up_to(group)},
    }


def read_stamp() -> dict[str, str]:
    """Return the stamp of the present environment, empty if it has none."""
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def say(text: str) -> None:
    """Print a step's heading at once, however the output is buffered."""
    print(f"==> {text}", flush=True)


def pip(*arguments: str, pins: list[str] | None = None) -> bool:
    """Run the environment's pip, on a list of pins if one is given; say whether it ended well."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    if pins is None:
        return subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        return follow([*command, "-r", file.name], len(pins))


def follow(command: list[str], count: int) -> bool:
    """Run pip on many packages and print how far it is in the place of its many lines."""
    begun = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith(("Collecting", "Processing", "Requirement already")):
                begun += 1
                if begun % 10 == 0:
                    print(f"    {begun} of {count} fetched", flush=True)
            elif line.startswith("Installing"):
                print("    installing", flush=True)
    return process.returncode == 0


def make_venv() -> None:
    """Make an empty environment in the place of what is there."""
    say(f"Making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    # Where .venv is active, the Python that runs this is the one just removed.
    python = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([python, "-m", "venv", str(VENV)], check=False)
    if made.returncode:
        raise SystemExit(
            f"{python} could not make a virtual environment; on Debian and Ubuntu install "
            "the package python3-venv (python3.12-venv and so on for another version) and repeat."
        )


def answers(url: str) -> bool:
    """Say whether an address answers within a few seconds, name look-up included."""
    found = threading.Event()

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER):
                found.set()
        except (urllib.error.URLError, OSError):
            pass  # the same as silence

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(SECONDS_TO_ANSWER)
    return found.is_set()


def install_torch() -> bool:
    """Install torch and torchvision, their CPU builds where PyTorch's own index can be reached."""
    lock = ROOT / "requirements" / "run.txt"
    pins = [line for line in lock.read_text().splitlines() if line.startswith("torch")]
    torch, torchvision = (
        next(pin for pin in pins if pin.startswith(f"{name}=="))
        for name in ("torch", "torchvision")
    )
    # The index is for these two alone: pip would ask it for every package.
    if answers(f"{TORCH_INDEX}/torch/"):
        say(f"{torch}, {torchvision} for the CPU, from {TORCH_INDEX}")
        options = ("--index-url", TORCH_INDEX, "--retries", "0", "--no-deps")
        if pip("install", *options, torch, torchvision):
            return True
    say(f"{torch}, {torchvision} from pip's own sources, as {TORCH_INDEX} is out of reach")
    # What this torch needs besides the lock, if anything, depends on the build that pip finds.
    return pip("install", "-c", str(lock), torch) and pip("install", "--no-deps", torchvision)


def remedy_torchvision() -> None:
    """Let ``import torchvision`` work in .venv where its operators do not load beside this torch.

    Python runs the line of a .pth file whenever it starts: the line below asks for torchvision's
    remedy, should torchvision ever be imported. Where torchvision loads as it is, nothing is left.
    """
    (site_packages,) = VENV.glob("lib/python3*/site-packages")
    module, pth = (site_packages / f"{REMEDY_NAME}.{ending}" for ending in ("py", "pth"))
    for path in (pth, module):
        path.unlink(missing_ok=True)
    command = [str(PYTHON), "-c", "import torchvision"]
    tried = subprocess.run(command, cwd=VENV, capture_output=True, text=True, check=False)
    if "operator torchvision::nms does not exist" not in tried.stderr:
        return
    say("A remedy for torchvision, whose operators are built for another torch")
    for path, text in (
        (module, REMEDY.read_text()),
        (pth, f"import {REMEDY_NAME}; {REMEDY_NAME}.help_every_import()\n"),
    ):
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(text)
        unfinished.replace(path)


def install(group: str) -> None:
    """Bring .venv to the state that the locks of a group describe."""
    wanted, present = wanted_stamp(group), read_stamp()
    if wanted.items() <= present.items():
        return
    started = time.monotonic()
    STAMP.unlink(missing_ok=True)  # until all is done
    # The package's own settings may change within an environment; a lock may not.
    stale = [key for key, value in wanted.items() if present.get(key, value) != value]
    if not present or set(stale) - {"package"}:
        present = {}
        make_venv()

    done = "run" in present or install_torch()
    for lock in locks_up_to(group):
        if done and lock.stem not in present:
            say(f"The locked packages of {lock.relative_to(ROOT)}")
            # The lock below, which a line of this one names, is in already.
            lines = lock.read_text().splitlines()
            pins = [line for line in lines if not line.startswith(("#", "-r"))]
            done = pip("install", "--no-deps", pins=pins)
    if done:
        say("The helper package convcost, editable")
        done = pip("install", "--no-deps", "--no-build-isolation", "-q", "-e", ".")
    if not done:
        raise SystemExit("The environment is not complete: see pip's words above, then repeat.")
    remedy_torchvision()
    STAMP.write_text(json.dumps(present | wanted, indent=1))
    say(f".venv is ready ({time.monotonic() - started:.0f} s)")


def main() -> None:
    """Install the group named on the command line."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise SystemExit(
            f"This is Python {sys.version.split()[0]}; the book needs Python 3.11, 3.12 or 3.13. "
            "Name one: make PYTHON=python3.12 book"
        )
    install(sys.argv[1])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("Interrupted; the next run starts over.") from None
