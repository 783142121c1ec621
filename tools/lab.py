"""Open the chapters in JupyterLab, as Binder does.

``python -m tools.lab`` starts it on the loopback address, with settings of its own in _build/lab;
``--settings`` writes the settings where Jupyter looks for a user's, and starts nothing (postBuild).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / "_build" / "lab"


def environment(settings: Path = SETTINGS) -> dict[str, str]:
    """Return the variables for a JupyterLab whose settings lie in a folder, and kernels like it."""
    scripts = Path(sys.executable).parent
    return os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_CONFIG_DIR": str(settings),
        "PYTHONNOUSERSITE": "1",
    }


def write_settings(variables: dict[str, str]) -> None:
    """Let Markdown chapters open as notebooks, and JupyterLab ask nobody for news."""
    news = "@jupyterlab/apputils-extension:announcements"
    for command in (
        ["jupytext-config", "set-default-viewer", "markdown"],
        ["jupyter", "labextension", "disable", "--level=user", news],
    ):
        subprocess.run(command, env=variables, check=True)


def main(arguments: list[str]) -> None:
    """Write the settings; start JupyterLab unless they are all that is asked for."""
    if arguments == ["--settings"]:
        write_settings(dict(os.environ))
        return
    variables = environment()
    write_settings(variables)
    try:
        command = ["jupyter", "lab", "--ip=127.0.0.1", "book"]
        subprocess.run(command, cwd=ROOT, env=variables, check=False)
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
