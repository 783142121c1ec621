"""The first cell of a notebook, which makes it run where the book's package is missing."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from .addresses import Addresses

# Colab brings its own torch, of several GB; the other packages are small.
COLABS_OWN = ("torch", "torchvision")


def install_cell(site: Addresses, root: Path) -> str:
    """Return the code that installs the package, and does nothing where it is installed.

    Parameters
    ----------
    site
        Where the package is published.
    root
        The repository's folder, with its project file and locks.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = (re.split(r"[<>=\[ ]", line)[0] for line in project["dependencies"])
    pins = dict(locked(root / "requirements" / "run.txt"))
    small = " ".join(f"{name}=={pins[name]}" for name in names if name not in COLABS_OWN)
    return f"""\
# What this page needs and Colab lacks. Where the book is installed, this cell does nothing.
import sys
from importlib.util import find_spec

if find_spec("convcost") is None:
    %pip install -q {small}
    %pip install -q --no-deps {site.wheel(project["version"])}
if "google.colab" in sys.modules:
    sys.modules["google.colab"].output.enable_custom_widget_manager()
"""


def locked(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each package of a lock with its version; of several, that for the newest Python."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==([^ ;]+)", line):
            yield match[1], match[2]
