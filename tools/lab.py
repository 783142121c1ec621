"""Open the chapters in JupyterLab, as Binder does: the notebooks of the built site.

``python -m tools.lab`` starts it on the loopback address, in _build/lab/notebooks, with settings of
its own beside them. A notebook that its reader has changed stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
LAB = ROOT / "_build" / "lab"
# Turned off: what asks for news, and what reads Markdown as MyST, in which a fold can't be seen to
# be one. postBuild turns the same off for Binder.
TURNED_OFF = ("@jupyterlab/apputils-extension:announcements", "jupyterlab-myst")


def environment(settings: Path = LAB / "settings") -> dict[str, str]:
    """Return the variables for a JupyterLab whose settings lie in a folder, and kernels like it."""
    scripts = Path(sys.executable).parent
    return os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_CONFIG_DIR": str(settings),
        "PYTHONNOUSERSITE": "1",
    }


def write_settings(variables: dict[str, str]) -> None:
    """Turn off what a reader of the notebooks has no use for."""
    command = ["jupyter", "labextension", "disable", "--level=user", *TURNED_OFF]
    subprocess.run(command, env=variables, check=True)


def copy_notebooks(site: Path, folder: Path) -> list[Path]:
    """Copy a site's notebooks, and the data that they read, over those nobody has changed.

    Parameters
    ----------
    site : Path
    folder : Path
        Gets the folder ``notebooks``, and a record of what was copied there.

    Returns
    -------
    list of Path
        The notebooks that were changed, and stay.
    """
    record, here = folder / "copied.json", folder / "notebooks"
    copied = json.loads(record.read_text("utf-8")) if record.exists() else {}
    changed = []
    for source in sorted((site / "notebooks").rglob("*.ipynb")):
        name = source.relative_to(site / "notebooks").as_posix()
        target = here / name
        if target.exists() and digest(target) not in (copied.get(name), digest(source)):
            changed.append(target)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        copied[name] = digest(source)
    shutil.unpack_archive(site / "packages" / "book-data.zip", here)
    unfinished = record.with_suffix(".part")
    unfinished.write_text(json.dumps(copied, indent=1), "utf-8")
    unfinished.replace(record)
    return changed


def digest(path: Path) -> str:
    """Return a hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Copy the notebooks and start JupyterLab."""
    for path in copy_notebooks(SITE, LAB):
        print(f"{path.relative_to(ROOT)} stays as you changed it; delete it to get the book's.")
    variables = environment()
    write_settings(variables)
    try:
        command = ["jupyter", "lab", "--ip=127.0.0.1", str(LAB / "notebooks")]
        subprocess.run(command, cwd=ROOT, env=variables, check=False)
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
