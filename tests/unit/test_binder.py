"""What Binder makes of the repository, as far as a machine without containers can tell."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the repository holds, with something to grade in it."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("assignments/ex01", "tests/assignments"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "solution.md").write_text("secret")
    return tmp_path


def test_repo2docker_finds_environment_package_and_postbuild(checkout):
    """A missing file does not make it fail: so each is looked for in what it prints."""
    done = subprocess.run(
        [
            *(SCRIPTS / "jupyter-repo2docker", "--no-build", "--debug"),
            *("--user-id", "1000", "--user-name", "reader", checkout),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    for line in (
        "COPY --chown=1000:1000 src/environment.yml ${REPO_DIR}/environment.yml",
        '--file "environment.yml"',
        "RUN ./postBuild",
        "RUN chmod +x postBuild",
    ):
        assert line in printed, line
    order = [printed.index('--file "environment.yml"'), printed.index("RUN ./postBuild")]
    assert order == sorted(order)
    assert os.access(ROOT / "postBuild", os.X_OK)


def test_post_build_installs_the_package_removes_what_is_graded_and_sets_the_viewer(checkout):
    """Run as it stands, but for pip and the chapters, which other tests run."""
    tools = checkout / "stand-ins"
    tools.mkdir()
    for name, answer in {
        "pip": 'echo "pip $*" >> "$CALLS"',
        "python": 'case "$*" in *settle*) echo "python $*" >> "$CALLS";; '
        f'*) exec "{sys.executable}" "$@";; esac',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{answer}\n")
        (tools / name).chmod(0o755)
    calls = checkout / "calls"
    variables = os.environ | {
        "PATH": f"{tools}{os.pathsep}{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(calls),
        "JUPYTER_CONFIG_DIR": str(checkout / "config"),
    }
    done = subprocess.run(
        ["./postBuild"], cwd=checkout, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert calls.read_text().splitlines() == [
        "pip install --no-deps --no-build-isolation -e .",
        "python -m tools.settle --here",
    ]
    assert not (checkout / "assignments").exists()
    assert not (checkout / "tests" / "assignments").exists()
    assert not [path for path in checkout.rglob("*.md") if "secret" in path.read_text()]
    settings = (checkout / "config/labconfig/default_setting_overrides.json").read_text()
    assert '"markdown": "Jupytext Notebook"' in settings
    news = (checkout / "config/labconfig/page_config.json").read_text()
    assert '"@jupyterlab/apputils-extension:announcements": true' in news


def test_settling_chapters_asks_whether_it_may():
    done = subprocess.run(
        [sys.executable, "-m", "tools.settle"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "--here" in done.stderr


def test_this_environment_is_binders():
    """What `make test` installed, and runs everything with, has the versions that Binder gets.

    Less the CPU builds of torch, which come from PyTorch's own index; and the lock for this Python
    on this system, where Binder's differs in it.
    """
    import importlib.metadata

    from packaging.requirements import Requirement

    from tools import lock

    pins = [Requirement(pin) for pin in lock.read_pins("run")]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    installed = {pin.name: importlib.metadata.version(pin.name) for pin in here}
    assert [
        f"{name} {installed[name]}"
        for name, pin in ((pin.name, pin) for pin in here)
        if not pin.specifier.contains(installed[name].partition("+")[0], prereleases=True)
    ] == []
