"""Lock the dependencies: pyproject.toml -> requirements/*.txt -> environment.yml.

``make lock`` runs it; it needs uv on the PATH, and the environment for the last step. Pins stay as
they are unless pyproject.toml asks for others; ``--upgrade`` takes the newest of all.

Every version is written down once. A lock names the lock below it and what it adds: run.txt is
what a chapter needs, book.txt what building the book needs besides, grade.txt what grading
assignments needs besides, test.txt what the tests need besides. Each holds for Python 3.11 to 3.13
on Linux and macOS.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"

# Each group with what it is for; a group contains the ones above it.
GROUPS = {
    "run": "what a chapter needs to run",
    "book": "what building the book needs besides",
    "grade": "what grading assignments needs besides",
    "test": "what the tests need besides",
}
# torch asks for these on Linux; the CPU build does not, and another build brings its own.
CUDA = re.compile(r"(nvidia|cuda)-|triton\b")
# What is neither CPython nor Linux nor macOS.
ELSEWHERE = re.compile(r"== '(pypy|win32|nt|emscripten)'$")

BINDER_PYTHON = "3.12"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
ENVIRONMENT_HEAD = f"""\
# The environment in which Binder runs the chapters: CPU builds, and nothing a reader does not need.
# Written by `make lock` from requirements/run.txt; do not edit.
name: convcost
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={BINDER_PYTHON}
  - pip
  - pip:
"""


def resolve(group: str, known: list[str], options: list[str]) -> list[str]:
    """Return the pins of the package's own dependencies and of one group, by uv."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "lock.txt")
        output.write_text("\n".join(known))
        command = ["uv", "pip", "compile", "-q", "--universal", "--python-version", "3.11"]
        command += ["--no-header", "--no-annotate", "--group", group, "-o", str(output)]
        subprocess.run([*command, *options, "pyproject.toml"], cwd=ROOT, check=True)
        pins = output.read_text().splitlines()
    return [pin for pin in pins if not CUDA.match(pin) and not ELSEWHERE.search(pin)]


def read_pins(group: str) -> list[str]:
    """Return the lines of a group's lock that pin something."""
    lines = (REQUIREMENTS / f"{group}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def write_locks(options: list[str]) -> None:
    """Resolve the widest group, then write each group's share of it."""
    known = [pin for group in GROUPS if (REQUIREMENTS / f"{group}.txt").exists()
             for pin in read_pins(group)]  # fmt: skip
    everything = resolve("test", known, options)
    written: set[str] = set()
    below = None
    for group, purpose in GROUPS.items():
        # A wider group may need a package in more places than a narrower one: its line holds.
        found = [pin.split(" ;")[0] for pin in resolve(group, everything, [])]
        pins = [pin for pin in everything if pin.split(" ;")[0] in found]
        if len(pins) != len(found):
            raise SystemExit(f"{group} resolves to pins that test does not have: try again.")
        head = f"# {purpose.capitalize()}. Written by `make lock`; do not edit.\n"
        if below:
            head += f"-r {below}.txt\n"
        own = [pin for pin in pins if pin not in written]
        (REQUIREMENTS / f"{group}.txt").write_text(head + "\n".join(own) + "\n")
        written.update(pins)
        below = group


def environment_yml(pins: list[str]) -> str:
    """Return the text of environment.yml for the pins of the group that runs chapters."""
    # Part of the locked environment, which need not exist for `import tools.lock`.
    from packaging.requirements import Requirement

    # Binder's machines; every key that a pin's marker may ask for is given.
    binder = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "python_full_version": f"{BINDER_PYTHON}.0",
        "python_version": BINDER_PYTHON,
        "sys_platform": "linux",
    }
    lines = [f"--extra-index-url={TORCH_INDEX}"]
    for requirement in map(Requirement, pins):
        if requirement.marker is None or requirement.marker.evaluate(binder):
            build = "+cpu" if requirement.name in {"torch", "torchvision"} else ""
            lines.append(f"{requirement.name}{requirement.specifier}{build}")
    return ENVIRONMENT_HEAD + "".join(f"      - {line}\n" for line in lines)


def main(arguments: list[str]) -> None:
    """Write the locks and the file for Binder."""
    REQUIREMENTS.mkdir(exist_ok=True)
    write_locks(arguments)
    (ROOT / "environment.yml").write_text(environment_yml(read_pins("run")))


if __name__ == "__main__":
    main(sys.argv[1:])
